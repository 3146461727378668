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
from settings.stacks import PlacedCluster
from settings.system import System

SECRETS, DNS = "external-secrets", "external-dns"
"""Charts whose namespaces have their names."""


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
        """By the setting that says who runs them; each only where something needs it."""
        wanted = self._args.cluster.settings.controllers
        found = {
            "gateway": self._gateway,
            "certificates": self._certificates,
            "dns": self._dns,
            "secrets": self._secrets,
            "reloading": self._reloading,
            "metrics": self._measuring,
            "queues": self._queues,
            "databases": self._databases,
            "documents": self._documents,
        }
        return [
            chart for name, charts_of in found.items() if getattr(wanted, name) == "installed" for chart in charts_of()
        ]

    @property
    def _systems(self) -> list[System]:
        return [placed.definition for placed in self._args.cluster.systems.values()]

    @property
    def _monitored(self) -> bool:
        """Whether monitors can be made: their kinds are there."""
        return self._args.cluster.settings.controllers.metrics != "absent"

    def _gateway(self) -> list[Chart]:
        return [Chart(name="envoy-gateway", namespace=names.GATEWAY_NAMESPACE, values=charts.envoy_gateway())]

    def _secrets(self) -> list[Chart]:
        values = charts.external_secrets(monitored=self._monitored)
        return [Chart(name=SECRETS, namespace=SECRETS, values=values)] if self._args.facts.keeps_secrets else []

    def _reloading(self) -> list[Chart]:
        return [Chart(name="reloader", namespace="reloader", values=charts.reloader())]

    def _measuring(self) -> list[Chart]:
        """Autoscalers ask what pods use."""
        if self._args.facts.measures_pods:
            return []
        return [Chart(name="metrics-server", namespace="metrics-server", values=charts.metrics_server())]

    def _queues(self) -> list[Chart]:
        if not any(has_queue(system) for system in self._systems):
            return []
        return [Chart(name="rabbitmq-cluster-operator", namespace="rabbitmq-system", values=charts.rabbitmq_operator())]

    def _databases(self) -> list[Chart]:
        if not self._keeps("postgres"):
            return []
        place = network_policy.DATABASE_OPERATOR
        return [
            Chart(name="cloudnative-pg", namespace=place, values=charts.cloudnative_pg()),
            Chart(name="plugin-barman-cloud", namespace=place, values=charts.barman_plugin()),
        ]

    def _documents(self) -> list[Chart]:
        if not self._keeps("documents"):
            return []
        return [Chart(name="mongodb-kubernetes", namespace="mongodb-system", values=charts.mongodb_operator())]

    def _keeps(self, engine: str) -> bool:
        """Whether a database of the engine stands in the cluster, looked after by an operator."""
        databases = [database for system in self._systems for database in system.databases.values()]
        wanted = any(each.engine == engine and each.placement == "managed" for each in databases)
        return wanted and engine in self._args.facts.engines_inside

    def _certificates(self) -> list[Chart]:
        identity = self._args.facts.identities.get("cert-manager", IdentityFacts())
        values = charts.cert_manager(identity.annotations, identity.pod.labels, monitored=self._monitored)
        place = certificates.ROOT_NAMESPACE
        return [Chart(name="cert-manager", namespace=place, values=values, needs=identity.trusted)]

    def _dns(self) -> list[Chart]:
        facts = self._args.facts
        if facts.dns is None:
            return []
        identity = facts.identities.get(DNS, IdentityFacts())
        values = charts.external_dns(
            facts.dns,
            owner=self._args.owner,
            domains=sorted({domain for system in self._systems for domain in system.domains.values()}),
            account=identity.annotations,
            labels=identity.pod.labels,
            monitored=self._monitored,
        )
        return [Chart(name=DNS, namespace=DNS, values=values, needs=identity.trusted)]

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
