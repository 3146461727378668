"""A slot: a whole copy of a system at one version, or only its Services if the slot has no version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import pulumi
from pulumi_kubernetes import apps, autoscaling, batch, core, networking, policy

from components.clouds.contract import BucketFacts, IdentityFacts
from components.manifests import environment, images, names, network_policy
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.sites.manifests import site
from components.system.broker.component import QUEUE, uses_queue
from components.system.broker.manifests import cluster
from components.system.flags import manifests as flags
from components.system.slot.manifests import deployment, scaling, schedule, service
from components.system.slot.manifests.schedule import Scheduled
from slipway.settings.services import FromDatabase, Service
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
    """Databases by name, and the queue; the services that use them wait for them."""
    changed: Sequence[pulumi.Resource] = ()
    """Resources to wait for: the migrations that the slot's version needs and, during maintenance, the closed routes.
    """
    admitted: Sequence[pulumi.Resource] = ()
    """The gate of the release whose candidate this slot is: of the slot only the Services exist before."""
    released: bool = False
    """Whether the controller of releases runs schedules, and services that are `live_only`."""


class Slot(pulumi.ComponentResource):
    """Creates the Services; Deployments and their other objects only if the slot has a version."""

    def __init__(self, name: str, args: SlotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Slot", name, opts=opts)
        self._args = args
        self._services = args.system.definition.services
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[args.namespace])
        self._running: dict[str, pulumi.Resource] = {}
        version = args.system.deployment.slot(args.slot).version
        for service_name, declared in self._services.items():
            if declared.exposed:
                self._address(service_name)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[args.namespace, *args.admitted])
        if version is not None:
            for service_name in in_order(self._services):
                needed = [self._running[other] for other in self._services[service_name].needs]
                self._running[service_name] = self._deploy(service_name, needed)
            for site_name in args.system.definition.sites:
                self._configure_site(site_name)
        self.register_outputs({})

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
                peers=self._peers(declared.service),
            ),
            opts=self._opts,
        )
        wanted = Scheduled(
            name=name,
            slot=args.slot,
            schedule=declared,
            service=service,
            image=images.of_service(
                args.system, declared.service, args.slot, registry=args.registry, pins=args.scope.pins
            ),
            pull_secrets=images.pull_secrets(args.scope.system, [service.image]),
            variables=environment.variables(args.system, declared.service, args.slot, args.buckets),
            identity=args.identities[declared.service].pod,
            authorities=self._authorities(service),
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

    def _authorities(self, service: Service) -> list[deployment.Authority]:
        """Returns the authority of the broker's certificate if the broker runs in the cluster."""
        definition = self._args.system.definition
        if definition.queue is None or definition.queue.hosting != "cluster":
            return []
        if not uses_queue(definition, service):
            return []
        signed = cluster.certificate_secret(environment.broker(self._args.scope.system))
        return [deployment.Authority("broker-ca", signed, cluster.CA_FOLDER)]

    def _peers(self, name: str) -> list[NetworkPeer]:
        """Returns what a service calls besides other services and the internet."""
        args = self._args
        used = [args.peers[each] for each in self._uses(self._services[name])]
        return [*used, *args.identities[name].peers, *self._flags()]

    def _flags(self) -> list[NetworkPeer]:
        if not self._args.system.definition.flags:
            return []
        return [NetworkPeer(port, pods=flags.PODS) for port in flags.PORTS.values()]

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
            site.public_config(
                args.scope, name=name, slot=args.slot, site=args.system.definition.sites[name], settings=settings
            ),
            opts=self._opts,
        )

    def _deploy(self, name: str, needed: list[pulumi.Resource]) -> pulumi.Resource:
        args, declared = self._args, self._services[name]
        live_only = args.released and declared.live_only
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
                peers=self._peers(name),
            ),
            opts=self._opts,
        )
        created = apps.v1.Deployment(
            full_name,
            deployment.deployment(
                args.scope,
                name=name,
                slot=args.slot,
                service=declared,
                image=images.of_service(args.system, name, args.slot, registry=args.registry, pins=args.scope.pins),
                pull_secrets=images.pull_secrets(args.scope.system, [declared.image]),
                variables=variables,
                identity=args.identities[name].pod,
                authorities=self._authorities(declared),
                live_only=live_only,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._before(declared, config_map, allowed, *needed),
                ignore_changes=None if declared.singleton and not live_only else [deployment.SCALED],
            ),
        )
        if not declared.singleton and not live_only:
            self._scale(full_name, name, declared, created)
        return created

    def _scale(self, full_name: str, name: str, declared: Service, target: pulumi.Resource) -> None:
        args = self._args
        scaler = autoscaling.v2.HorizontalPodAutoscaler(
            full_name,
            scaling.autoscaler(
                args.scope, name=name, slot=args.slot, source=declared.source, replicas=declared.replicas
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[target]),
        )
        policy.v1.PodDisruptionBudget(
            full_name,
            scaling.disruption_budget(
                args.scope, name=name, slot=args.slot, source=declared.source, replicas=declared.replicas
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[target, scaler]),
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
        """Returns the databases, by name, and the queue in a service's environment."""
        definition = self._args.system.definition
        values = {**definition.environment, **declared.environment}.values()
        used = dict.fromkeys(value.database for value in values if isinstance(value, FromDatabase))
        return [*used, *([QUEUE] if uses_queue(definition, declared) else [])]


def in_order(services: Mapping[str, Service]) -> list[str]:
    """Returns the names of the services in dependency order."""
    return list(TopologicalSorter({name: declared.needs for name, declared in services.items()}).static_order())
