"""The message broker of a system that has a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, networking

from builders import broker, environment, network_policy
from builders.environment import broker as broker_name
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud import contract
from components.cloud.contract import Cloud, SecretStore
from settings.databases import Queue
from settings.services import FromQueue, Service
from settings.system import System

QUEUE = "queue"
"""The broker's name among what services use."""


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    scope: Scope
    definition: System
    queue: Queue
    cloud: Cloud
    store: SecretStore
    ready: Sequence[pulumi.Resource]


class Broker(pulumi.ComponentResource):
    """RabbitMQ by its operator or by the cloud, open to the services that use it."""

    target: Target
    """What network policies open for them."""

    def __init__(self, args: BrokerArgs, parent: pulumi.Resource) -> None:
        name = broker_name(args.scope.system)
        super().__init__("slipway:system:Broker", args.scope.logical(name), opts=pulumi.ResourceOptions(parent=parent))
        self.target = self._managed(name, args) if args.queue.placement == "managed" else self._in_cluster(name, args)
        self.register_outputs({})

    def _managed(self, name: str, args: BrokerArgs) -> Target:
        wanted = contract.BrokerArgs(
            scope=args.scope,
            name=name,
            settings=args.queue,
            secret=environment.broker_secret(args.scope.system),
            store=args.store,
            ready=args.ready,
        )
        endpoint = args.cloud.broker(wanted, self)
        return Target(endpoint.port, networks=endpoint.reach.networks, pods=endpoint.reach.pods)

    def _in_cluster(self, name: str, args: BrokerArgs) -> Target:
        scope, source, pods = args.scope, args.queue.source, broker.pods(name)
        callers = [
            {"app.kubernetes.io/name": service}
            for service, declared in args.definition.services.items()
            if uses_queue(args.definition, declared)
        ]
        policy = networking.v1.NetworkPolicy(
            scope.logical(name),
            network_policy.of_broker(scope, name=name, source=source, pods=pods, callers=callers),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.ready)),
        )
        apiextensions.CustomResource(
            scope.logical(name),
            api_version=broker.API_VERSION,
            kind=broker.KIND,
            metadata=scope.metadata(name, source),
            spec=broker.spec(args.queue),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, policy]),
        )
        return Target(broker.PORT, pods=pods)


def uses_queue(system: System, service: Service) -> bool:
    return any(isinstance(value, FromQueue) for value in {**system.environment, **service.environment}.values())
