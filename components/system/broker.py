"""The message broker of a system that has a queue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, batch, core, networking, policy

from builders import environment, network_policy
from builders.broker import cluster, definitions, import_job
from builders.environment import broker as broker_name
from builders.gateway import certificates
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud import contract
from components.cloud.contract import BrokerEndpoint, Cloud, SecretStore
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
        self._args = args
        self.target = self._managed(name, args) if args.queue.placement == "managed" else self._in_cluster(name, args)
        self.register_outputs({})

    def _managed(self, name: str, args: BrokerArgs) -> Target:
        login = environment.broker_secret(args.scope.system)
        wanted = contract.BrokerArgs(
            scope=args.scope, name=name, settings=args.queue, secret=login, store=args.store, ready=args.ready
        )
        endpoint = args.cloud.broker(wanted, self)
        self._import(name, login, endpoint)
        return Target(endpoint.port, networks=endpoint.reach.networks, pods=endpoint.reach.pods)

    def _import(self, name: str, login: str, endpoint: BrokerEndpoint) -> None:
        """What the cluster's own broker reads when it starts, the cloud's is told by a Job."""
        args, scope = self._args, self._args.scope
        job = import_job.Import(
            broker=name, source=args.queue.source, login=login, digest=definitions.digest(args.queue)
        )
        content = json.dumps(definitions.topology(args.queue), sort_keys=True)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        target = Target(import_job.PORT, endpoint.reach.networks, endpoint.reach.pods)
        needed: list[pulumi.Resource] = [
            endpoint.made,
            core.v1.ConfigMap(
                scope.logical(job.group),
                metadata=scope.metadata(job.group, job.source),
                data={"definitions.json": content},
                opts=opts,
            ),
            networking.v1.NetworkPolicy(
                scope.logical(job.group),
                network_policy.of_job(scope, name=job.group, source=job.source, pods=job.pods, targets=[target]),
                opts=opts,
            ),
        ]
        after = pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, *needed])
        batch.v1.Job(scope.logical(job.group), import_job.job(scope, job), opts=after)

    def _in_cluster(self, name: str, args: BrokerArgs) -> Target:
        source, pods = args.queue.source, cluster.pods(name)
        callers = [
            {"app.kubernetes.io/name": service}
            for service, declared in args.definition.services.items()
            if uses_queue(args.definition, declared)
        ]
        policy_args = network_policy.of_broker(args.scope, name=name, source=source, pods=pods, callers=callers)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        needed: list[pulumi.Resource] = [
            *self._logins(name),
            networking.v1.NetworkPolicy(args.scope.logical(name), policy_args, opts=opts),
            self._custom(
                certificates.API_VERSION,
                "Certificate",
                cluster.certificate_secret(name),
                cluster.certificate(name, args.scope.namespace, certificates.INTERNAL),
                opts,
            ),
        ]
        image = args.scope.parts.image("rabbitmq")
        self._custom(
            cluster.API_VERSION,
            cluster.KIND,
            name,
            cluster.spec(name, args.queue, image, definitions.digest(args.queue)),
            pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, *needed]),
        )
        policy.v1.PodDisruptionBudget(
            args.scope.logical(name), cluster.disruption_budget(args.scope, name, source), opts=opts
        )
        return Target(cluster.PORT, pods=pods)

    def _logins(self, name: str) -> list[pulumi.Resource]:
        """Of the user that the services are, for them and for the broker."""
        args, user = self._args, self._args.scope.system
        password = random.RandomPassword(
            args.scope.logical(name), length=32, special=False, opts=pulumi.ResourceOptions(parent=self)
        ).result
        host = cluster.hosts(name, args.scope.namespace)[0]
        content = password.apply(lambda value: json.dumps(definitions.definitions(args.queue, user, value)))
        login: dict[str, pulumi.Input[str]] = {
            "connection_string": pulumi.Output.format(
                "amqps://{0}:{1}@{2}:{3}/{4}", user, password, host, cluster.PORT, args.queue.vhost
            ),
            "username": user,
            "password": password,
            "host": host,
            "port": str(cluster.PORT),
        }
        source = args.queue.source
        return [
            args.store.keep(environment.broker_secret(args.scope.system), source, login, self),
            args.store.keep(cluster.definitions_secret(name), source, {"definitions.json": content}, self),
        ]

    def _custom(
        self, api_version: str, kind: str, name: str, spec: dict[str, Any], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        scope = self._args.scope
        return apiextensions.CustomResource(
            scope.logical(name),
            api_version=api_version,
            kind=kind,
            metadata=scope.metadata(name, self._args.queue.source),
            spec=spec,
            opts=opts,
        )


def uses_queue(system: System, service: Service) -> bool:
    return any(isinstance(value, FromQueue) for value in {**system.environment, **service.environment}.values())
