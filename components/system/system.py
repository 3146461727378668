"""One system, in the order in which its parts need each other."""

from __future__ import annotations

import pulumi

from builders.scope import Scope
from components.cloud.contract import BucketArgs, ClusterFacts
from components.system.broker import QUEUE, Broker, BrokerArgs
from components.system.database import Database, DatabaseArgs
from components.system.namespace import Namespace, NamespaceArgs
from components.system.secrets import Secrets, SecretsArgs
from components.system.slot import Slot, SlotArgs
from settings.stacks import PlacedSystem
from settings.system import System as Definition

SLOTS = ("blue", "green")


class System(pulumi.ComponentResource):
    """Everything that `placed` says, on the cluster of which `facts` tell. It needs nothing else, so a test builds it
    from literal facts, and a later stack from facts that another one exported."""

    def __init__(self, facts: ClusterFacts, placed: PlacedSystem, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "slipway:system:System",
            placed.name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[facts.access.provider]), opts),
        )
        scope = Scope(placed.name, placed.namespace)
        definition = placed.definition

        namespace = Namespace(placed.name, NamespaceArgs(scope=scope, definition=definition), self)
        ready: list[pulumi.Resource] = [namespace]
        databases = {
            name: Database(name, DatabaseArgs(scope=scope, cloud=facts.cloud, settings=database, ready=ready), self)
            for name, database in definition.databases.items()
            if database.placement == "managed"
        }
        buckets = {
            name: facts.cloud.bucket(BucketArgs(system=placed.name, name=name, settings=bucket), self)
            for name, bucket in definition.buckets.items()
        }
        secrets = Secrets(placed.name, SecretsArgs(scope=scope, definition=definition, ready=ready), self)
        brokers = self._brokers(scope, definition, ready)
        keepers = {**databases, **brokers}
        for slot in SLOTS:
            args = SlotArgs(
                scope=scope,
                system=placed,
                slot=slot,
                registry=facts.registry,
                targets={name: keeper.target for name, keeper in keepers.items()},
                buckets=buckets,
                namespace=namespace,
                secrets=secrets,
                keepers=keepers,
            )
            Slot(f"{placed.name}-{slot}", args, self)

        self.databases = {name: database.server for name, database in databases.items()}
        self.endpoints = {name: f"https://{domain}" for name, domain in definition.domains.items()}
        self.register_outputs({"endpoints": self.endpoints, "databases": self.databases})

    def _brokers(self, scope: Scope, definition: Definition, ready: list[pulumi.Resource]) -> dict[str, Broker]:
        """The broker under the name of the queue, where the system declares one."""
        if definition.queue is None:
            return {}
        return {
            QUEUE: Broker(BrokerArgs(scope=scope, definition=definition, queue=definition.queue, ready=ready), self)
        }
