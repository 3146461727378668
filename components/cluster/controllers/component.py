"""The controllers of a cluster; each is installed only if something needs it and the cluster does not already run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.clouds.contract import ControllersFacts, NoIdentity, WorkloadIdentity
from components.cluster.controllers import manifests as charts
from components.cluster.helm_release import after, namespace, release
from components.cluster.monitoring.manifests import charts as monitoring
from components.cluster.monitoring.manifests import monitors
from components.manifests.domains import nearest_zone
from components.manifests.versions import Pins
from slipway.settings.cluster_services import NAMESPACES
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.hosts import bare, is_wildcard
from slipway.settings.scaled_services import reads_broker, triggers
from slipway.settings.stacks import StackCluster
from slipway.settings.system import System

SECRETS, DNS = "external-secrets", "external-dns"
"""Charts whose namespaces have the same names."""


@dataclass(frozen=True, kw_only=True)
class ControllersArgs:
    cluster: StackCluster
    facts: ControllersFacts
    identities: Mapping[str, WorkloadIdentity]
    """Identities of the controllers that write DNS records, and of KEDA."""
    pins: Pins
    owner: str
    """Owner of DNS records: the cluster's name in the cloud."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart to install: its name in `versions.yaml`, its namespace and its values."""

    name: str
    namespace: str
    release: str | None = None
    """The name of its Release; by default the chart's name."""
    values: Mapping[str, Any]
    needs: Sequence[pulumi.Resource] = ()
    """Resources to wait for. A controller waits for its identity, not for its grants: zones add grants later."""
    skip_crds: bool = False


class Controllers(pulumi.ComponentResource):
    """Installs the controllers of a cluster. CRDs are separate Releases, installed before the charts that use them."""

    def __init__(self, name: str, args: ControllersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Controllers", name, opts=opts)
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
        """Returns the namespaces of installed controllers that Slipway's own objects need too."""
        wanted = self._args.cluster.settings.controllers
        shared = ("gateway", "metrics", "certificates")
        return [NAMESPACES[name] for name in shared if getattr(wanted, name) == "installed"]

    def _place(self, place: str) -> pulumi.Resource:
        if place not in self._namespaces:
            # The node exporter reads files of the node.
            level = "privileged" if place == monitors.NAMESPACE else "restricted"
            self._namespaces[place] = namespace(f"{self._name}/{place}", self._source, level, after(self))
        return self._namespaces[place]

    def _kinds_of_metrics(self) -> pulumi.Resource | None:
        """Installs the CRDs of monitors and rules, which all other charts and systems use."""
        if self._args.cluster.settings.controllers.metrics != "installed":
            return None
        return self._release("prometheus-operator-crds", monitors.NAMESPACE, monitoring.operator_crds())

    def _charts(self) -> list[Chart]:
        """Returns the charts whose setting is `installed` and that something needs."""
        wanted = self._args.cluster.settings.controllers
        charts_of_metrics = self._measuring() if wanted.metrics != "present" else []
        found = {
            "gateway": self._gateway,
            "certificates": self._certificates,
            "dns": self._dns,
            "secrets": self._secrets,
            "reloading": self._reloading,
            "queues": self._queues,
            "databases": self._databases,
            "mongodb": self._documents,
            "scaling": self._scaling,
        }
        installed = [name for name in found if getattr(wanted, name) == "installed"]
        return [*charts_of_metrics, *(chart for name in installed for chart in found[name]())]

    @property
    def _systems(self) -> list[System]:
        return [deployed.definition for deployed in self._args.cluster.served.values()]

    @property
    def _monitored(self) -> Mapping[str, str] | None:
        """Returns the labels by which Prometheus selects monitors; None where nobody knows that kind."""
        home = self._args.cluster.settings.homes.metrics
        return home.labels if home is not None else None

    def _gateway(self) -> list[Chart]:
        return [Chart(name="envoy-gateway", namespace=NAMESPACES["gateway"], values=charts.envoy_gateway())]

    def _secrets(self) -> list[Chart]:
        values = charts.external_secrets(monitored=self._monitored)
        return [Chart(name=SECRETS, namespace=SECRETS, values=values)] if self._args.facts.keeps_secrets else []

    def _reloading(self) -> list[Chart]:
        return [Chart(name="reloader", namespace="reloader", values=charts.reloader())]

    def _measuring(self) -> list[Chart]:
        """Returns the metrics server, from which autoscalers read the usage of pods, also where nobody watches systems."""
        if self._args.facts.measures_pods:
            return []
        return [Chart(name="metrics-server", namespace="metrics-server", values=charts.metrics_server())]

    def _queues(self) -> list[Chart]:
        if not any(has_queue(system) for system in self._systems):
            return []
        return [Chart(name="rabbitmq-cluster-operator", namespace="rabbitmq-system", values=charts.rabbitmq_operator())]

    def _databases(self) -> list[Chart]:
        if not self._needs_operator("postgres"):
            return []
        place = NAMESPACES["databases"]
        return [
            Chart(name="cloudnative-pg", namespace=place, values=charts.cloudnative_pg()),
            Chart(name="plugin-barman-cloud", namespace=place, values=charts.barman_plugin()),
        ]

    def _documents(self) -> list[Chart]:
        if not self._needs_operator("mongodb"):
            return []
        return [Chart(name="mongodb-kubernetes", namespace="mongodb-system", values=charts.mongodb_operator())]

    def _scaling(self) -> list[Chart]:
        """Returns KEDA, unless the cloud runs it as part of its cluster."""
        facts = self._args.facts
        if facts.scales_pods or not any(True for system in self._systems for _ in triggers(system)):
            return []
        values = charts.keda(facts.keda, reads_secrets=any(map(reads_broker, self._systems)), monitored=self._monitored)
        needs = self._args.identities.get("keda", NoIdentity()).bindings
        return [Chart(name="keda", namespace=NAMESPACES["scaling"], values=values, needs=needs)]

    def _needs_operator(self, engine: str) -> bool:
        """Returns whether an operator runs a database of the engine in the cluster."""
        databases = [database for system in self._systems for database in system.databases.values()]
        wanted = any(each.engine == engine and each.hosting == "managed" for each in databases)
        return wanted and engine in self._args.facts.engines_inside

    def _certificates(self) -> list[Chart]:
        identity = self._args.identities.get("cert-manager", NoIdentity())
        facts = identity.facts
        values = charts.cert_manager(
            facts.annotations,
            facts.pod.labels,
            monitored=self._monitored,
            routed=self._args.cluster.settings.controllers.gateway != "absent",
        )
        place = NAMESPACES["certificates"]
        return [Chart(name="cert-manager", namespace=place, values=values, needs=identity.bindings)]

    def _dns(self) -> list[Chart]:
        """Returns external-dns, which reads the routes of a gateway."""
        facts = self._args.facts
        if facts.dns is None or self._args.cluster.settings.controllers.gateway == "absent":
            return []
        identity = self._args.identities.get(DNS, NoIdentity())
        own, existing = self._zones()
        elsewhere = {zone: facts.dns_elsewhere[zone] for zone in existing if zone in facts.dns_elsewhere}
        places: list[tuple[str, Mapping[str, Any], list[str]]] = [
            (DNS, facts.dns, [*own, *(zone for zone in existing if zone not in elsewhere)]),
            *(("-".join((DNS, *zone.split("."))), values, [zone]) for zone, values in elsewhere.items()),
        ]
        return [
            Chart(
                name=DNS,
                release=release,
                namespace=DNS,
                values=charts.external_dns(
                    values,
                    owner=self._args.owner,
                    zones=zones,
                    wildcards=self._wildcards,
                    routes=self._connection_routes,
                    account=identity.facts.annotations if release == DNS else None,
                    labels=identity.facts.pod.labels,
                    monitored=self._monitored,
                ),
                needs=identity.bindings,
                skip_crds=True,
            )
            for release, values, zones in places
        ]

    @property
    def _wildcards(self) -> bool:
        """Whether a system has a wildcard, for which a record is needed."""
        return any(is_wildcard(domain) for system in self._systems for domain in system.domains.values())

    @property
    def _connection_routes(self) -> set[str]:
        """The further kinds of routes that a system has. external-dns does not start where a kind is not installed, such as
        in a cluster whose owner runs another version of the Gateway API."""
        services = [service for system in self._systems for service in system.services.values()]
        kinds = {"tlsroute": [each.tls_routes for each in services], "tcproute": [each.tcp_routes for each in services]}
        return {kind for kind, declared in kinds.items() if any(declared)}

    def _zones(self) -> tuple[list[str], list[str]]:
        """Returns the names of the systems' zones: their own zones, and existing zones that contain some of their
        domains.

        external-dns ignores zones that are not passed by name."""
        settings = self._args.cluster.settings
        known = settings.dns_zones if isinstance(settings, ManagedCluster) else {}
        domains = {bare(domain) for system in self._systems for domain in system.domains.values()}
        held = {domain: nearest_zone(domain, known) for domain in domains}
        return sorted(d for d, zone in held.items() if zone is None), sorted({z for z in held.values() if z})

    def _install(self, chart: Chart, kinds: pulumi.Resource | None) -> None:
        self._release(
            chart.name,
            chart.namespace,
            chart.values,
            kinds,
            *chart.needs,
            name=chart.release,
            skip_crds=chart.skip_crds,
        )

    def _release(
        self,
        chart: str,
        place: str,
        values: Mapping[str, Any],
        *needed: pulumi.Resource | None,
        name: str | None = None,
        skip_crds: bool = False,
    ) -> pulumi.Resource:
        return release(
            f"{self._name}/{name or chart}",
            chart,
            place,
            values,
            self._args.pins,
            after(self, self._place(place), *needed),
            skip_crds=skip_crds,
        )


def has_queue(system: System) -> bool:
    """Returns whether the system's broker runs in the cluster."""
    return system.queue is not None and system.queue.hosting == "cluster"
