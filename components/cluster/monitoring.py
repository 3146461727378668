"""Prometheus, Alertmanager and Grafana of a cluster, and whom their alerts reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, core, meta

from builders import monitors, names
from builders.alerting import routing
from builders.charts import monitoring as charts
from builders.dashboards import cluster as dashboards
from builders.parts import Parts
from builders.scope import Scope
from components.cloud.contract import Cloud, SecretStoreArgs
from components.cluster.release import after, release
from settings.services import rotations
from settings.stacks import PlacedCluster
from settings.store_names import supplied_secret


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    cluster: PlacedCluster
    stack: str
    parts: Parts
    cloud: Cloud
    storage_class: str | None
    ready: Sequence[pulumi.Resource]


class Monitoring(pulumi.ComponentResource):
    """The rules of systems stand beside the systems; here is what evaluates them."""

    def __init__(self, name: str, args: MonitoringArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:cluster:Monitoring", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args = name, args
        self._settings = args.cluster.settings.monitoring
        self._source = self._settings.source or args.cluster.settings.source
        receivers = self._receivers()
        configured = [self._routes(), receivers, self._login()]
        if args.cluster.settings.controllers.metrics == "installed":
            values = charts.stack(
                self._settings,
                args.storage_class,
                outside=f"{args.stack}-{name}",
                receivers=supplied_secret(args.cluster.monitoring.name) if receivers else None,
            )
            stack = self._release("kube-prometheus-stack", values, *configured)
            self._release("prometheus-blackbox-exporter", charts.blackbox(), stack)
        self._custom("PodMonitor", "gateway", names.GATEWAY_NAMESPACE, monitors.gateway())
        for file, content in dashboards.cluster(list(args.cluster.systems.values())).items():
            self._dashboard(file, content)
        self.register_outputs({})

    def _routes(self) -> pulumi.Resource:
        """Its operator reads them from a Secret; nothing in them is one."""
        alerting = self._settings.alerting
        audiences = [routing.audience(placed, alerting) for placed in self._args.cluster.systems.values()]
        return core.v1.Secret(
            f"{self._name}/{charts.CONFIG_SECRET}",
            metadata=self._metadata(charts.CONFIG_SECRET),
            string_data={"alertmanager.yaml": routing.configuration(alerting, audiences)},
            opts=self._opts(),
        )

    def _receivers(self) -> pulumi.Resource | None:
        """Empty until their owner fills them with `slipway secrets set … --system monitoring-main`."""
        stands_for = self._args.cluster.monitoring
        wanted = stands_for.definition.secrets
        if not wanted:
            return None
        scope = Scope(stands_for.name, monitors.NAMESPACE, self._args.parts)
        store = self._args.cloud.secret_store(
            SecretStoreArgs(scope=scope, source=self._source, ready=self._args.ready, rotations=rotations(wanted)),
            self,
        )
        return store.expect(supplied_secret(stands_for.name), self._source, list(wanted), self)

    def _login(self) -> pulumi.Resource:
        """Of Grafana's administrator; people log in by the cluster's own way in."""
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
        opts = after(self, *self._args.ready, *needed)
        return release(f"{self._name}/{chart}", chart, monitors.NAMESPACE, values, self._args.parts, opts)

    def _custom(self, kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> None:
        apiextensions.CustomResource(
            f"{self._name}/{name}",
            api_version=monitors.API_VERSION,
            kind=kind,
            metadata=self._metadata(name, namespace),
            spec=dict(spec),
            opts=self._opts(),
        )

    def _metadata(self, name: str, namespace: str = monitors.NAMESPACE) -> meta.v1.ObjectMetaArgs:
        return meta.v1.ObjectMetaArgs(
            name=name,
            namespace=namespace,
            labels=names.labels(names.CLUSTER),
            annotations=names.source_annotation(self._source),
        )

    def _opts(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(self._args.ready))
