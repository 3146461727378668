"""The message broker of a system with a queue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, batch, core, networking, policy

from components.clouds import contract
from components.clouds.contract import BrokerEndpoint, Cloud, SecretStore
from components.cluster.gateway.manifests import certificates
from components.manifests import environment, network_policy
from components.manifests.environment import broker as broker_name
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.system.broker.manifests import import_job, rabbitmq_cluster, rabbitmq_definitions
from slipway.settings.databases import Queue
from slipway.settings.references import FromQueue
from slipway.settings.scaled_services import reads_broker
from slipway.settings.services import Service
from slipway.settings.system import System

QUEUE = "queue"
"""Name of the broker in a service's list of data stores."""


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    scope: Scope
    definition: System
    queue: Queue
    cloud: Cloud
    store: SecretStore
    depends_on: Sequence[pulumi.Resource]


class Broker(pulumi.ComponentResource):
    """RabbitMQ, run by its operator or by the cloud and reachable by the services that use it."""

    peer: NetworkPeer
    """Peer in the network policies of those services."""

    def __init__(self, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Broker", name, opts=opts)
        self._args, broker = args, broker_name(args.scope.system)
        self.peer = self._managed(broker, args) if args.queue.hosting == "managed" else self._in_cluster(broker, args)
        self.register_outputs({})

    def _managed(self, name: str, args: BrokerArgs) -> NetworkPeer:
        endpoint = args.cloud.broker(
            contract.BrokerArgs(scope=args.scope, name=name, settings=args.queue), pulumi.ResourceOptions(parent=self)
        )
        self._import(name, endpoint)
        return NetworkPeer(endpoint.port, networks=endpoint.peers.networks, pods=endpoint.peers.pods)

    def _import(self, name: str, endpoint: BrokerEndpoint) -> None:
        """Runs a Job that imports the definitions into a managed broker; a broker in the cluster reads them at start."""
        args, scope = self._args, self._args.scope
        login = environment.broker_secret(scope.system)
        job = import_job.Import(
            broker=name, source=args.queue.source, login=login, digest=rabbitmq_definitions.digest(args.queue)
        )
        content = json.dumps(rabbitmq_definitions.topology(args.queue), sort_keys=True)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        peer = NetworkPeer(import_job.PORT, endpoint.peers.networks, endpoint.peers.pods)
        needed: list[pulumi.Resource] = [
            args.store.put(login, args.queue.source, endpoint.login, self),
            core.v1.ConfigMap(
                scope.logical(job.group),
                metadata=scope.metadata(job.group, job.source),
                data={"definitions.json": content},
                opts=opts,
            ),
            networking.v1.NetworkPolicy(
                scope.logical(job.group),
                network_policy.of_job(scope, name=job.group, source=job.source, pods=job.pods, peers=[peer]),
                opts=opts,
            ),
        ]
        after = pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, *needed])
        batch.v1.Job(scope.logical(job.group), import_job.job(scope, job), opts=after)

    def _in_cluster(self, name: str, args: BrokerArgs) -> NetworkPeer:
        source, pods = args.queue.source, rabbitmq_cluster.pods(name)
        users = [
            service for service, declared in args.definition.services.items() if uses_queue(args.definition, declared)
        ]
        users += [each for each, declared in args.definition.schedules.items() if declared.service in users]
        callers = [{"app.kubernetes.io/name": user} for user in users]
        policy_args = network_policy.of_broker(
            args.scope, name=name, source=source, pods=pods, callers=callers, counted=reads_broker(args.definition)
        )
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        needed: list[pulumi.Resource] = [
            *self._logins(name),
            networking.v1.NetworkPolicy(args.scope.logical(name), policy_args, opts=opts),
            self._custom(
                certificates.API_VERSION,
                "Certificate",
                rabbitmq_cluster.certificate_secret(name),
                rabbitmq_cluster.certificate(name, args.scope.namespace, certificates.INTERNAL),
                opts,
            ),
        ]
        image = args.scope.pins.image("rabbitmq")
        self._custom(
            rabbitmq_cluster.API_VERSION,
            rabbitmq_cluster.KIND,
            name,
            rabbitmq_cluster.spec(name, args.queue, image, rabbitmq_definitions.digest(args.queue)),
            pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, *needed]),
        )
        policy.v1.PodDisruptionBudget(
            args.scope.logical(name), rabbitmq_cluster.disruption_budget(args.scope, name, source), opts=opts
        )
        return NetworkPeer(rabbitmq_cluster.PORT, pods=pods)

    def _logins(self, name: str) -> list[pulumi.Resource]:
        """Creates the Secrets with the services' login, for the services and for the broker."""
        args, user = self._args, self._args.scope.system
        password = random.RandomPassword(
            args.scope.logical(name), length=32, special=False, opts=pulumi.ResourceOptions(parent=self)
        ).result
        host = rabbitmq_cluster.hosts(name, args.scope.namespace)[0]
        content = password.apply(lambda value: json.dumps(rabbitmq_definitions.definitions(args.queue, user, value)))
        login: dict[str, pulumi.Input[str]] = {
            "connection_string": pulumi.Output.format(
                "amqps://{0}:{1}@{2}:{3}/{4}", user, password, host, rabbitmq_cluster.PORT, args.queue.vhost
            ),
            "username": user,
            "password": password,
            "host": host,
            "port": str(rabbitmq_cluster.PORT),
        }
        source = args.queue.source
        return [
            args.store.put(environment.broker_secret(args.scope.system), source, login, self),
            args.store.put(rabbitmq_cluster.definitions_secret(name), source, {"definitions.json": content}, self),
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
    return any(isinstance(value, FromQueue) for value in system.uses(service))
