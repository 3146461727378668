"""The message broker of a system that has a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions, networking

from builders import broker, network_policy
from builders.environment import broker as broker_name
from builders.network_policy import Target
from builders.scope import Scope
from settings.databases import Queue
from settings.services import FromQueue, Service
from settings.system import System

QUEUE = "queue"
"""The broker's name among a system's targets."""


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    scope: Scope
    definition: System
    ready: Sequence[pulumi.Resource]


class Broker(pulumi.ComponentResource):
    """RabbitMQ by its operator, or nothing where the system declares no queue."""

    targets: dict[str, Target]
    """What network policies open for the services that use it."""

    def __init__(self, name: str, args: BrokerArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Broker", name, opts=pulumi.ResourceOptions(parent=parent))
        queue = args.definition.queue
        self.targets = {} if queue is None else self._run(broker_name(name), args, queue)
        self.register_outputs({})

    def _run(self, name: str, args: BrokerArgs, queue: Queue) -> dict[str, Target]:
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        pods = broker.pods(name)
        callers = [
            {"app.kubernetes.io/name": service}
            for service, declared in args.definition.services.items()
            if uses_queue(args.definition, declared)
        ]
        policy = networking.v1.NetworkPolicy(
            args.scope.logical(name),
            network_policy.of_broker(args.scope, name=name, source=queue.source, pods=pods, callers=callers),
            opts=opts,
        )
        apiextensions.CustomResource(
            args.scope.logical(name),
            api_version=broker.API_VERSION,
            kind=broker.KIND,
            metadata=args.scope.metadata(name, queue.source),
            spec=broker.spec(queue),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, policy]),
        )
        return {QUEUE: Target(5672, pods=pods)}


def uses_queue(system: System, service: Service) -> bool:
    return any(isinstance(value, FromQueue) for value in {**system.environment, **service.environment}.values())
