"""Prometheus, Alertmanager and Grafana of a cluster, and the receivers of their alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, core, meta, rbac

from components.clouds.contract import Cloud, SecretStoreArgs
from components.cluster.helm_release import after, release
from components.cluster.monitoring.manifests import charts, monitors
from components.cluster.monitoring.manifests.alerting import routing, slots
from components.cluster.monitoring.manifests.dashboards import cluster_dashboard as dashboards
from components.manifests import names, role_bindings
from components.manifests.scope import Scope
from components.manifests.versions import Pins
from slipway.settings.cluster_services import HomeOfMetrics
from slipway.settings.services import rotations
from slipway.settings.stacks import StackCluster
from slipway.settings.store_names import supplied_secret


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    cluster: StackCluster
    stack: str
    pins: Pins
    cloud: Cloud
    storage_class: str | None
    depends_on: Sequence[pulumi.Resource]


class Monitoring(pulumi.ComponentResource):
    """Creates the cluster's monitoring stack, which evaluates the rules that each system creates."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Monitoring", name, opts=opts)
        self._name, self._args = name, args
        self._settings, self._homes = args.cluster.settings.monitoring, args.cluster.settings.homes
        self._source = self._settings.source or args.cluster.settings.source
        if args.cluster.settings.controllers.metrics == "installed":
            configured = [self._routes(), *self._receivers(), self._login()]
            values = charts.stack(
                self._settings,
                args.storage_class,
                outside=f"{args.stack}-{name}",
                receivers=self._receiver_secrets(),
            )
            stack = self._release("kube-prometheus-stack", values, *configured)
            self._release("prometheus-blackbox-exporter", charts.blackbox(), stack)
        self._open_to_operators()
        if self._homes.gateway is not None:
            self._custom("PodMonitor", "gateway", self._homes.gateway.namespace, monitors.gateway(self._interval))
        for file, content in dashboards.cluster(list(args.cluster.served.values()), self._homes).items():
            self._dashboard(file, content)
        self.register_outputs({})

    def _routes(self) -> pulumi.Resource:
        """Creates the Secret from which the operator reads Alertmanager's configuration; the configuration contains no
        secrets."""
        return core.v1.Secret(
            f"{self._name}/{charts.CONFIG_SECRET}",
            metadata=self._metadata(charts.CONFIG_SECRET),
            string_data={"alertmanager.yaml": routing.of_cluster(self._args.cluster)},
            opts=self._opts(),
        )

    def _open_to_operators(self) -> None:
        """Lets the operators of every system reach Prometheus and Alertmanager, which the alert pages link to."""
        scope, cluster = self._scope, self._args.cluster
        if not cluster.served:
            return
        made = rbac.v1.Role(
            f"{self._name}/{role_bindings.OBSERVABILITY}",
            role_bindings.observability_role(scope, source=self._source),
            opts=self._opts(),
        )
        rbac.v1.RoleBinding(
            f"{self._name}/{role_bindings.OBSERVABILITY}",
            role_bindings.observability_binding(
                scope, list(cluster.served), cluster.settings.rbac, source=self._source
            ),
            opts=after(self, *self._args.depends_on, made),
        )

    @property
    def _interval(self) -> str:
        """The interval of the gateway's figures, from which the controller of releases takes samples."""
        released = self._args.cluster.settings.controllers.releases != "absent"
        return f"{slots.SCRAPE_SECONDS}s" if released else "15s"

    @property
    def _scope(self) -> Scope:
        return Scope(self._args.cluster.monitoring.name, self._home.namespace, self._args.pins, self._homes)

    @property
    def _home(self) -> HomeOfMetrics:
        assert self._homes.metrics is not None, "nothing is monitored where metrics are absent"
        return self._homes.metrics

    def _receiver_secrets(self) -> dict[str, str]:
        """Returns one Secret name per key, so that a missing value affects no other receiver."""
        monitoring = self._args.cluster.monitoring
        return {key: supplied_secret(monitoring.name, key) for key in monitoring.definition.secrets}

    def _receivers(self) -> list[pulumi.Resource]:
        """Creates empty Secrets, which their owner fills with `slipway secrets set … --system monitoring-main`."""
        stands_for = self._args.cluster.monitoring
        wanted = stands_for.definition.secrets
        if not wanted:
            return []
        store = self._args.cloud.secret_store(
            SecretStoreArgs(scope=self._scope, source=self._source, rotations=rotations(wanted)),
            self._opts(),
        )
        return [store.declare(name, self._source, [key], self) for key, name in self._receiver_secrets().items()]

    def _login(self) -> pulumi.Resource:
        """Creates the login of Grafana's administrator; other people use the cluster's login."""
        password = random.RandomPassword(
            f"{self._name}/grafana", length=32, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        return core.v1.Secret(
            f"{self._name}/{charts.GRAFANA_SECRET}",
            metadata=self._metadata(charts.GRAFANA_SECRET),
            string_data={"username": "admin", "password": password.result},
            opts=self._opts(),
        )

    def _dashboard(self, file: str, content: str) -> None:
        name = f"dashboard-{file.removesuffix('.json')}"
        metadata = self._metadata(name)
        metadata.labels = {**names.labels(names.CLUSTER), charts.DASHBOARD_LABEL: "1"}
        core.v1.ConfigMap(f"{self._name}/{name}", metadata=metadata, data={file: content}, opts=self._opts())

    def _release(self, chart: str, values: Mapping[str, Any], *needed: pulumi.Resource | None) -> pulumi.Resource:
        opts = after(self, *self._args.depends_on, *needed)
        return release(f"{self._name}/{chart}", chart, monitors.NAMESPACE, values, self._args.pins, opts)

    def _custom(self, kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> None:
        metadata = self._metadata(name, namespace)
        metadata.labels = {**self._home.labels, **names.labels(names.CLUSTER)}
        apiextensions.CustomResource(
            f"{self._name}/{name}",
            api_version=monitors.API_VERSION,
            kind=kind,
            metadata=metadata,
            spec=dict(spec),
            opts=self._opts(),
        )

    def _metadata(self, name: str, namespace: str | None = None) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=namespace or self._home.namespace,
            labels=names.labels(names.CLUSTER),
            annotations=names.source_annotation(self._source),
        )

    def _opts(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on))
