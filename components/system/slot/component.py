"""A slot: a whole copy of a system at one version, or only its Services if the slot has no version. What both slots use
runs in a third one, `shared`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

import pulumi
from pulumi_kubernetes import apiextensions, apps, autoscaling, batch, core, networking, policy

from components.clouds.contract import BucketFacts, IdentityFacts
from components.manifests import egress, environment, names, network_policy, service_images
from components.manifests.network_policy import NetworkPeer
from components.manifests.placement import NodePools
from components.manifests.scope import Scope
from components.sites.manifests import run_time_settings
from components.system import cache
from components.system.broker.component import QUEUE, uses_queue
from components.system.broker.manifests import rabbitmq_cluster
from components.system.flags import manifests as flags
from components.system.slot.manifests import (
    companions,
    container_files,
    deployment,
    event_scaling,
    scaling,
    schedule,
    service,
    stateful_set,
)
from components.system.slot.manifests.companions import Beside
from components.system.slot.manifests.container_files import PodFiles
from components.system.slot.manifests.schedule import Scheduled
from components.system.slot.manifests.workload import Authority, Workload
from components.system.system_scaling import Scaling
from slipway.settings.calls import calls
from slipway.settings.references import FromDatabase
from slipway.settings.services import SHARED, Service
from slipway.settings.stacks import DeployedSystem


@dataclass(frozen=True, kw_only=True)
class SlotArgs:
    scope: Scope
    system: DeployedSystem
    slot: str
    registry: str
    peers: Mapping[str, NetworkPeer]
    """Peers of the databases by name, and of the queue."""
    buckets: Mapping[str, BucketFacts]
    identities: Mapping[str, IdentityFacts]
    """Identities by service."""
    accounts: pulumi.Resource
    """The service accounts."""
    namespace: pulumi.Resource
    secrets: pulumi.Resource
    data_stores: Mapping[str, pulumi.Resource]
    """Databases and caches by name, and the queue; the services that use them wait for them."""
    cache_authorities: Mapping[str, str]
    """Secrets with the CA of caches that no public authority signed, by server."""
    changed: Sequence[pulumi.Resource] = ()
    """Resources to wait for: the migrations that the slot's version needs and, during maintenance, the closed routes.
    """
    admitted: Sequence[pulumi.Resource] = ()
    """The gate of the release whose candidate this slot is: of the slot only the Services exist before."""
    nodes: NodePools = field(default_factory=NodePools)
    """Nodes of the cluster for services that ask for them."""
    released: bool = False
    """Whether the controller of releases runs schedules, and services that are `live_only`."""
    shared: Mapping[str, pulumi.Resource] = field(default_factory=dict)
    """The services outside the slots, by name."""
    claims: Mapping[str, pulumi.Resource] = field(default_factory=dict)
    """The claims of volumes, by name."""
    scaling: Scaling | None = None
    """The triggers of services that have some."""


class Slot(pulumi.ComponentResource):
    """Creates the Services; Deployments and their other objects only if the slot has a version."""

    running: Mapping[str, pulumi.Resource]
    """Deployments and StatefulSets of the slot, by service."""

    def __init__(self, name: str, args: SlotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Slot", name, opts=opts)
        self._args = args
        self._services = args.system.definition.services
        self._calls = calls(args.system.definition)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[args.namespace])
        self._running: dict[str, pulumi.Resource] = dict(args.shared)
        version = args.system.deployment.slot(args.slot).version
        for service_name, declared in self._services.items():
            if declared.exposed and (self._is_here(service_name) or (declared.is_routed and args.slot != SHARED)):
                self._address(service_name)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[args.namespace, *args.admitted])
        if version is not None:
            for service_name in in_order(self._services):
                if self._is_here(service_name):
                    needed = [self._running[other] for other in self._services[service_name].needs]
                    self._running[service_name] = self._deploy(service_name, needed)
            for site_name in args.system.definition.sites if args.slot != SHARED else ():
                self._configure_site(site_name)
        self.running = self._running
        self.register_outputs({})

    def _is_here(self, name: str) -> bool:
        """Returns whether the pods of a service are in this slot, and not outside of both."""
        return self._services[name].is_shared == (self._args.slot == SHARED)

    def schedule(self, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Creates the CronJobs of a slot with a version, once their services and `after` are ready. Without the
        controller of releases, those of the active slot run unless the system is closed."""
        args, deployed = self._args, self._args.system.deployment
        if deployed.slot(args.slot).version is None:
            return []
        suspended = args.released or args.slot != deployed.active or deployed.maintenance
        return [self._schedule(name, suspended, after) for name in args.system.definition.schedules]

    def _schedule(self, name: str, suspended: bool, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args, declared = self._args, self._args.system.definition.schedules[name]
        service = self._services[declared.service]
        full_name = args.scope.logical(names.in_slot(name, args.slot))
        allowed = networking.v1.NetworkPolicy(
            full_name,
            network_policy.of_schedule(
                args.scope,
                name=name,
                slot=args.slot,
                schedule=declared,
                services=self._services,
                calls=self._calls,
                peers=self._peers(declared.service),
                internet=egress.internet(service),
            ),
            opts=self._opts,
        )
        wanted = Scheduled(
            name=name,
            slot=args.slot,
            schedule=declared,
            service=service,
            image=service_images.of_service(
                args.system, declared.service, args.slot, registry=args.registry, pins=args.scope.pins
            ),
            pull_secrets=service_images.pull_secrets(args.scope.system, service.images),
            variables=environment.variables(args.system, declared.service, args.slot, args.buckets),
            identity=args.identities[declared.service].pod,
            authorities=self._authorities(service),
            companions=self._companions(declared.service),
            files=container_files.of_service(args.system, declared.service, args.slot, args.buckets),
            nodes=args.nodes,
            suspended=suspended,
        )
        return batch.v1.CronJob(
            full_name,
            schedule.cron_job(args.scope, wanted),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._before(service, allowed, self._running[declared.service], *after),
                ignore_changes=[schedule.SUSPENDED] if args.released else None,
            ),
        )

    def _authorities(self, service: Service) -> list[Authority]:
        """Returns the authorities of the certificates of the broker and of caches that run in the cluster."""
        definition = self._args.system.definition
        found = []
        if definition.queue is not None and definition.queue.hosting == "cluster" and uses_queue(definition, service):
            signed = rabbitmq_cluster.certificate_secret(environment.broker(self._args.scope.system))
            found.append(Authority("broker-ca", signed, rabbitmq_cluster.CA_FOLDER))
        return [*found, *self._cache_authorities(service)]

    def _cache_authorities(self, service: Service) -> list[Authority]:
        args = self._args
        return [
            Authority(f"{name}-ca", args.cache_authorities[server], f"{cache.CA_FOLDER}/{name}")
            for name, server in cache.servers_of(args.system.definition, service, args.slot).items()
            if server in args.cache_authorities
        ]

    def _companions(self, name: str) -> list[Beside]:
        args = self._args
        return companions.of_service(
            args.system, name, args.slot, registry=args.registry, pins=args.scope.pins, buckets=args.buckets
        )

    def _peers(self, name: str) -> list[NetworkPeer]:
        """Returns what a service calls besides other services and the internet."""
        args = self._args
        used = [args.peers[each] for each in self._uses(self._services[name])]
        return [*used, *egress.peers(args.system, name), *args.identities[name].peers, *self._flags()]

    def _flags(self) -> list[NetworkPeer]:
        ports = flags.ports_of(self._args.system.definition, self._args.slot)
        return [NetworkPeer(port, pods=flags.PODS) for port in ports]

    def _address(self, name: str) -> None:
        args = self._args
        core.v1.Service(
            args.scope.logical(names.in_slot(name, args.slot)),
            service.service(args.scope, name=name, slot=args.slot, service=self._services[name]),
            opts=self._opts,
        )

    def _configure_site(self, name: str) -> None:
        args = self._args
        settings = environment.public_settings(args.system, name, args.slot, args.buckets)
        core.v1.ConfigMap(
            args.scope.logical(names.in_slot(name, args.slot)),
            run_time_settings.public_config(
                args.scope, name=name, slot=args.slot, site=args.system.definition.sites[name], settings=settings
            ),
            opts=self._opts,
        )

    def _deploy(self, name: str, needed: list[pulumi.Resource]) -> pulumi.Resource:
        args, declared = self._args, self._services[name]
        full_name = args.scope.logical(names.in_slot(name, args.slot))
        variables = environment.variables(args.system, name, args.slot, args.buckets)
        config_map = core.v1.ConfigMap(
            full_name,
            service.config_map(args.scope, name=name, slot=args.slot, service=declared, variables=variables),
            opts=self._opts,
        )
        allowed = networking.v1.NetworkPolicy(
            full_name,
            network_policy.of_service(
                args.scope,
                name=name,
                slot=args.slot,
                services=self._services,
                schedules=args.system.definition.schedules,
                calls=self._calls,
                peers=self._peers(name),
                internet=egress.internet(self._services[name]),
                foreign=egress.callers(args.system, name),
            ),
            opts=self._opts,
        )
        pod_files = container_files.of_service(args.system, name, args.slot, args.buckets)
        if pod_files.data:
            needed = [*needed, self._write_files(name, pod_files)]
        wanted = Workload(
            name=name,
            slot=args.slot,
            service=declared,
            image=service_images.of_service(args.system, name, args.slot, registry=args.registry, pins=args.scope.pins),
            pull_secrets=service_images.pull_secrets(args.scope.system, declared.images),
            variables=variables,
            identity=args.identities[name].pod,
            authorities=self._authorities(declared),
            companions=self._companions(name),
            files=pod_files,
            nodes=args.nodes,
        )
        before = self._before(declared, config_map, allowed, *needed)
        return self._store(full_name, wanted, before) if declared.volumes else self._serve(full_name, wanted, before)

    def _store(self, full_name: str, wanted: Workload, before: list[pulumi.Resource]) -> pulumi.Resource:
        """Creates the StatefulSet of a service with volumes."""
        args = self._args
        created = apps.v1.StatefulSet(
            full_name,
            stateful_set.stateful_set(args.scope, wanted),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*before, *(args.claims[each] for each in wanted.claims.values())]
            ),
        )
        policy.v1.PodDisruptionBudget(
            full_name,
            stateful_set.disruption_budget(args.scope, wanted),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[created]),
        )
        return created

    def _serve(self, full_name: str, wanted: Workload, before: list[pulumi.Resource]) -> pulumi.Resource:
        args, declared = self._args, wanted.service
        live_only = args.released and declared.live_only
        created = apps.v1.Deployment(
            full_name,
            deployment.deployment(args.scope, wanted, live_only=live_only),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                ignore_changes=[deployment.SCALED] if live_only or deployment.is_scaled(declared) else None,
            ),
        )
        guarded: list[pulumi.Resource] = [created]
        if declared.replicas.triggers:
            guarded.append(self._scale_by_triggers(full_name, wanted.name, declared, created))
        elif deployment.is_scaled(declared) and not live_only:
            guarded.append(self._scale(full_name, wanted.name, declared, created))
        if not declared.singleton:
            self._guard(full_name, wanted.name, declared, guarded)
        return created

    def _write_files(self, name: str, wanted: PodFiles) -> pulumi.Resource:
        args = self._args
        return core.v1.ConfigMap(
            args.scope.logical(wanted.config_map),
            container_files.config_map(
                args.scope, name=name, slot=args.slot, service=self._services[name], files=wanted
            ),
            opts=self._opts,
        )

    def _scale(self, full_name: str, name: str, declared: Service, target: pulumi.Resource) -> pulumi.Resource:
        args = self._args
        return autoscaling.v2.HorizontalPodAutoscaler(
            full_name,
            scaling.autoscaler(
                args.scope, name=name, slot=args.slot, source=declared.source, replicas=declared.replicas
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[target]),
        )

    def _scale_by_triggers(
        self, full_name: str, name: str, declared: Service, target: pulumi.Resource
    ) -> pulumi.Resource:
        """Creates KEDA's autoscaler. What works in the live slot alone is paused in the other, by the controller of releases
        or by the plan."""
        args, deployed = self._args, self._args.system.deployment
        assert args.scaling is not None, "a system with triggers has it"
        notes = event_scaling.pausing(
            live_only=declared.live_only,
            released=args.released,
            runs=args.slot == deployed.active and not deployed.maintenance,
        )
        return apiextensions.CustomResource(
            full_name,
            api_version=event_scaling.API_VERSION,
            kind=event_scaling.KIND,
            metadata=event_scaling.metadata(args.scope, name, args.slot, declared.replicas.source, notes),
            spec=event_scaling.spec(name, args.slot, declared.replicas, args.scaling.triggers(declared)),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[target, args.scaling],
                ignore_changes=[event_scaling.PAUSES] if declared.live_only and args.released else None,
            ),
        )

    def _guard(self, full_name: str, name: str, declared: Service, after: Sequence[pulumi.Resource]) -> None:
        args = self._args
        policy.v1.PodDisruptionBudget(
            full_name,
            scaling.disruption_budget(
                args.scope, name=name, slot=args.slot, source=declared.source, replicas=declared.replicas
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _before(self, declared: Service, *more: pulumi.Resource) -> list[pulumi.Resource]:
        data_stores = [self._args.data_stores[used] for used in self._uses(declared)]
        return [
            self._args.namespace,
            self._args.accounts,
            self._args.secrets,
            *data_stores,
            *self._args.changed,
            *self._args.admitted,
            *more,
        ]

    def _uses(self, declared: Service) -> list[str]:
        """Returns the databases and the caches, by name, and the queue in a service's environment."""
        definition = self._args.system.definition
        values = definition.uses(declared)
        used = dict.fromkeys(value.database for value in values if isinstance(value, FromDatabase))
        caches = cache.servers_of(definition, declared, self._args.slot).values()
        return [*used, *([QUEUE] if uses_queue(definition, declared) else []), *caches]


def in_order(services: Mapping[str, Service]) -> list[str]:
    """Returns the names of the services in dependency order."""
    return list(TopologicalSorter({name: declared.needs for name, declared in services.items()}).static_order())
