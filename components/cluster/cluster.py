"""Services of a cluster, in the order of their dependencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_kubernetes import scheduling

from components.clouds.contract import ClusterFacts
from components.clouds.kubernetes_provider import kubernetes_provider
from components.cluster.controllers.component import Controllers, ControllersArgs
from components.cluster.gateway.component import Gateway, GatewayArgs
from components.cluster.logs.component import Logs, LogsArgs
from components.cluster.monitoring.component import Monitoring, MonitoringArgs
from components.cluster.monitoring.manifests.alerting import routing
from components.cluster.releases.component import Releases, ReleasesArgs
from components.manifests import names, priorities
from components.manifests.versions import pins_of
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.fields import seconds
from slipway.settings.stacks import StackCluster


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    facts: ClusterFacts
    cluster: StackCluster


class Cluster(pulumi.ComponentResource):
    """Creates the services of a cluster. `facts` are the cluster's facts with an access that waits for everything here,
    so that no object of a system is created before its controller."""

    facts: ClusterFacts

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        facts, deployed = args.facts, args.cluster
        own = pulumi.ResourceOptions(providers=[facts.access.provider])
        super().__init__("slipway:cluster:Cluster", name, opts=pulumi.ResourceOptions.merge(own, opts))
        self._name, settings = name, deployed.settings
        pins = pins_of(settings.mirrors)
        controllers = Controllers(
            name,
            ControllersArgs(
                cluster=deployed,
                facts=facts.controllers,
                identities=facts.cloud.controllers,
                pins=pins,
                owner=facts.cluster_name,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        classes = self._priorities(settings.source)
        after = pulumi.ResourceOptions(parent=self, depends_on=[controllers, *classes])
        latencies = {round(seconds(system.definition.objectives.p95) * 1000) for system in deployed.served.values()}
        Gateway(
            name,
            GatewayArgs(settings=settings, facts=facts.controllers, pins=pins, latencies=sorted(latencies)),
            after,
        )
        if settings.controllers.metrics != "absent":
            Monitoring(
                name,
                MonitoringArgs(
                    cluster=deployed,
                    stack=facts.stack,
                    pins=pins,
                    cloud=facts.cloud,
                    storage_class=facts.controllers.storage_class,
                    depends_on=[controllers],
                ),
                pulumi.ResourceOptions(parent=self),
            )
        if settings.controllers.logs != "absent" and (deployed.served or settings.homes.gateway is not None):
            Logs(
                name,
                LogsArgs(
                    cluster=deployed,
                    environment=facts.environment,
                    label=names.cluster(facts.prefix, facts.stack, name),
                    pins=pins,
                    facts=facts.controllers,
                    cloud=facts.cloud,
                ),
                after,
            )
        needed: list[pulumi.Resource] = [controllers, *classes]
        if settings.controllers.releases != "absent":
            needed.append(
                Releases(
                    name,
                    ReleasesArgs(cluster=deployed, cloud=facts.cloud, pins=pins, depends_on=[controllers, *classes]),
                    pulumi.ResourceOptions(parent=self),
                )
            )
        self.facts = with_systems_provider(facts, pulumi.ResourceOptions(parent=self, depends_on=needed))
        self.register_outputs({})

    def _priorities(self, source: str) -> list[pulumi.Resource]:
        """Creates the priority classes before all pods, because a pod that names a missing class is rejected."""
        return [
            scheduling.v1.PriorityClass(
                f"{self._name}/{name}",
                priorities.priority_class(name, source),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for name in priorities.CLASSES
        ]


class ReferencedCluster(pulumi.ComponentResource):
    """A cluster that another stack has, with its services. Its type is that of `Cluster`, so that the provider of its
    systems has the same URN: Pulumi replaces what gets another provider."""

    facts: ClusterFacts

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Cluster", name, _services(args), opts=opts)
        self.facts = with_systems_provider(args.facts, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


def _services(args: ClusterArgs) -> dict[str, Any]:
    """Returns what the other stack does for the systems of this one, by which the policy pack judges them."""
    settings, controllers = args.cluster.settings, args.cluster.settings.controllers
    managed = settings if isinstance(settings, ManagedCluster) else None
    notified = managed is not None and bool(managed.billing_contacts)
    return {
        "tags": names.source_annotation(settings.monitoring.source or settings.source),
        "alertmanager": routing.of_cluster(args.cluster) if controllers.metrics == "installed" else None,
        "collectsLogs": controllers.logs != "absent",
        "immutableImages": list(args.facts.immutable_images),
        "monthlyBudget": managed.monthly_budget if managed is not None and notified else None,
    }


def with_systems_provider(facts: ClusterFacts, opts: pulumi.ResourceOptions) -> ClusterFacts:
    """Returns the facts with the provider of systems, whose objects wait for what it waits for."""
    access = facts.access
    provider = kubernetes_provider(
        f"{facts.name}-systems", kubeconfig=access.kubeconfig, context=access.context, opts=opts
    )
    return replace(facts, access=replace(access, provider=provider))
