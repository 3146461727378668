"""A slot: one whole copy of a system at one version, or the addresses of one that is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import pulumi
from pulumi_kubernetes import apps, autoscaling, core, networking, policy

from builders import deployment, environment, flags, names, network_policy, scaling, service, site
from builders.broker import cluster
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud.contract import BucketFacts, IdentityFacts
from components.system.broker import QUEUE, uses_queue
from settings.services import FromDatabase, Service
from settings.stacks import PlacedSystem


@dataclass(frozen=True, kw_only=True)
class SlotArgs:
    scope: Scope
    system: PlacedSystem
    slot: str
    registry: str
    targets: Mapping[str, Target]
    """Databases by name, and the queue."""
    buckets: Mapping[str, BucketFacts]
    identities: Mapping[str, IdentityFacts]
    """By service."""
    accounts: pulumi.Resource
    """The service accounts."""
    namespace: pulumi.Resource
    secrets: pulumi.Resource
    keepers: Mapping[str, pulumi.Resource]
    """Databases by name, and the queue: what a service that uses them waits for."""
    migrations: Sequence[pulumi.Resource] = ()
    """Those that the slot's version needs."""


class Slot(pulumi.ComponentResource):
    """Services always; Deployments and what belongs to them only while the slot has a version."""

    def __init__(self, name: str, args: SlotArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Slot", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args = args
        self._services = args.system.definition.services
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[args.namespace])
        version = args.system.placement.slot(args.slot).version
        for service_name in self._services:
            self._address(service_name)
        if version is not None:
            deployed: dict[str, pulumi.Resource] = {}
            for service_name in in_order(self._services):
                needed = [deployed[other] for other in self._services[service_name].needs]
                deployed[service_name] = self._deploy(service_name, version, needed)
            for site_name in args.system.definition.sites:
                self._configure_site(site_name)
        self.register_outputs({})

    def _authorities(self, service: Service) -> list[deployment.Authority]:
        """The broker's, where it stands in the cluster."""
        definition = self._args.system.definition
        if definition.queue is None or definition.queue.placement != "cluster":
            return []
        if not uses_queue(definition, service):
            return []
        signed = cluster.certificate_secret(environment.broker(self._args.scope.system))
        return [deployment.Authority("broker-ca", signed, cluster.CA_FOLDER)]

    def _flags(self) -> list[Target]:
        if not self._args.system.definition.flags:
            return []
        return [Target(port, pods=flags.PODS) for port in flags.PORTS.values()]

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

    def _deploy(self, name: str, version: str, needed: list[pulumi.Resource]) -> pulumi.Resource:
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
                targets=[
                    *(args.targets[used] for used in self._uses(declared)),
                    *args.identities[name].targets,
                    *self._flags(),
                ],
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
                image=f"{args.registry}/{declared.image}:{version}",
                variables=variables,
                identity=args.identities[name].pod,
                authorities=self._authorities(declared),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=self._before(declared, config_map, allowed, *args.identities[name].made, *needed),
            ),
        )
        self._scale(full_name, name, declared, created)
        return created

    def _scale(self, full_name: str, name: str, declared: Service, target: pulumi.Resource) -> None:
        args = self._args
        opts = pulumi.ResourceOptions(parent=self, depends_on=[target])
        autoscaling.v2.HorizontalPodAutoscaler(
            full_name,
            scaling.autoscaler(
                args.scope, name=name, slot=args.slot, source=declared.source, replicas=declared.replicas
            ),
            opts=opts,
        )
        policy.v1.PodDisruptionBudget(
            full_name,
            scaling.disruption_budget(args.scope, name=name, slot=args.slot, source=declared.source),
            opts=opts,
        )

    def _before(self, declared: Service, *more: pulumi.Resource) -> list[pulumi.Resource]:
        keepers = [self._args.keepers[used] for used in self._uses(declared)]
        return [self._args.namespace, self._args.accounts, self._args.secrets, *keepers, *self._args.migrations, *more]

    def _uses(self, declared: Service) -> list[str]:
        """The databases, by name, and the queue that a service finds in its environment."""
        definition = self._args.system.definition
        values = {**definition.environment, **declared.environment}.values()
        used = dict.fromkeys(value.database for value in values if isinstance(value, FromDatabase))
        return [*used, *([QUEUE] if uses_queue(definition, declared) else [])]


def in_order(services: Mapping[str, Service]) -> list[str]:
    """Names of the services, each after those that it needs."""
    return list(TopologicalSorter({name: declared.needs for name, declared in services.items()}).static_order())
