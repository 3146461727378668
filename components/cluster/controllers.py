"""The controllers that a cluster runs, each only where something needs it and nobody else runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from builders import monitors, names, network_policy
from builders.charts import controllers as charts
from builders.charts import monitoring
from builders.gateway import certificates
from builders.parts import Parts
from components.cloud.contract import ControllersFacts, IdentityFacts
from components.cluster.release import after, namespace, release
from settings.stacks import LocalCluster, PlacedCluster
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class ControllersArgs:
    cluster: PlacedCluster
    facts: ControllersFacts
    parts: Parts
    owner: str
    """Of DNS records: the cluster's name in the cloud."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart to install: by its name in `parts.yaml`, where, and with what."""

    name: str
    namespace: str
    values: Mapping[str, Any]
    needs: Sequence[pulumi.Resource] = ()
    """Zones grant more to an identity later: a controller waits for the identity, not for its grants."""


class Controllers(pulumi.ComponentResource):
    """CRDs are Releases of their own and stand before their users."""

    def __init__(self, name: str, args: ControllersArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:cluster:Controllers", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args = name, args
        self._source = args.cluster.settings.controllers.source or args.cluster.settings.source
        self._namespaces: dict[str, pulumi.Resource] = {}
        for place in self._shared_places():
            self._place(place)
        kinds = self._kinds_of_metrics()
        for chart in self._charts():
            self._install(chart, kinds)
        self.register_outputs({})

    def _shared_places(self) -> list[str]:
        """Where objects of ours stand besides charts: there also while nobody runs the controller."""
        wanted = self._args.cluster.settings.controllers
        places = {monitors.NAMESPACE: wanted.metrics, certificates.ROOT_NAMESPACE: wanted.certificates}
        return [place for place, presence in places.items() if presence != "present"]

    def _place(self, place: str) -> pulumi.Resource:
        if place not in self._namespaces:
            # The exporter of nodes reads their own files.
            level = "privileged" if place == monitors.NAMESPACE else "restricted"
            self._namespaces[place] = namespace(f"{self._name}/{place}", self._source, level, after(self))
        return self._namespaces[place]

    def _kinds_of_metrics(self) -> pulumi.Resource | None:
        """Of monitors and rules, which every other chart and system brings along."""
        if self._args.cluster.settings.controllers.metrics != "installed":
            return None
        return self._release("prometheus-operator-crds", monitors.NAMESPACE, monitoring.operator_crds())

    def _charts(self) -> list[Chart]:
        args, wanted = self._args, self._args.cluster.settings.controllers
        systems = [placed.definition for placed in args.cluster.systems.values()]
        identities = args.facts.identities
        charts_by_controller = {
            "gateway": [Chart(name="envoy-gateway", namespace=names.GATEWAY_NAMESPACE, values=charts.envoy_gateway())],
            "certificates": [self._cert_manager(identities.get("cert-manager", IdentityFacts()))],
            "dns": self._external_dns(systems, identities.get("external-dns", IdentityFacts())),
            "metrics": []
            if args.facts.measures_pods
            else [Chart(name="metrics-server", namespace="metrics-server", values=charts.metrics_server())],
            "secrets": [Chart(name="external-secrets", namespace="external-secrets", values=charts.external_secrets())]
            if self._has_cloud
            else [],
            "reloading": [Chart(name="reloader", namespace="reloader", values=charts.reloader())],
            "queues": [
                Chart(name="rabbitmq-cluster-operator", namespace="rabbitmq-system", values=charts.rabbitmq_operator())
            ]
            if any(has_queue(system) for system in systems)
            else [],
            "databases": [
                Chart(
                    name="cloudnative-pg", namespace=network_policy.DATABASE_OPERATOR, values=charts.cloudnative_pg()
                ),
                Chart(
                    name="plugin-barman-cloud",
                    namespace=network_policy.DATABASE_OPERATOR,
                    values=charts.barman_plugin(),
                ),
            ]
            if self._keeps(systems, "postgres")
            else [],
            "documents": [
                Chart(name="mongodb-kubernetes", namespace="mongodb-system", values=charts.mongodb_operator())
            ]
            if self._keeps(systems, "documents")
            else [],
        }
        return [
            chart
            for controller, found in charts_by_controller.items()
            if getattr(wanted, controller) == "installed"
            for chart in found
        ]

    @property
    def _has_cloud(self) -> bool:
        return not isinstance(self._args.cluster.settings, LocalCluster)

    def _keeps(self, systems: Sequence[System], engine: str) -> bool:
        """Whether databases of the engine stand in the cluster, looked after by an operator."""
        settings = self._args.cluster.settings
        if not isinstance(settings, LocalCluster) or (engine == "postgres" and settings.postgres == "pod"):
            return False
        databases = [database for system in systems for database in system.databases.values()]
        return any(each.engine == engine and each.placement == "managed" for each in databases)

    def _cert_manager(self, identity: IdentityFacts) -> Chart:
        return Chart(
            name="cert-manager",
            namespace=certificates.ROOT_NAMESPACE,
            values=charts.cert_manager(identity.annotations, identity.pod.labels),
            needs=identity.trusted,
        )

    def _external_dns(self, systems: Sequence[System], identity: IdentityFacts) -> list[Chart]:
        facts = self._args.facts
        if facts.dns is None:
            return []
        values = charts.external_dns(
            facts.dns,
            owner=self._args.owner,
            domains=sorted({domain for system in systems for domain in system.domains.values()}),
            account=identity.annotations,
            labels=identity.pod.labels,
        )
        return [Chart(name="external-dns", namespace="external-dns", values=values, needs=identity.trusted)]

    def _install(self, chart: Chart, kinds: pulumi.Resource | None) -> None:
        self._release(chart.name, chart.namespace, chart.values, kinds, *chart.needs)

    def _release(
        self, chart: str, place: str, values: Mapping[str, Any], *needed: pulumi.Resource | None
    ) -> pulumi.Resource:
        return release(
            f"{self._name}/{chart}",
            chart,
            place,
            values,
            self._args.parts,
            after(self, self._place(place), *needed),
        )


def has_queue(system: System) -> bool:
    """Whether its broker stands in the cluster."""
    return system.queue is not None and system.queue.placement == "cluster"
