"""Monitoring of a system: rules, monitors, probes and dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.cluster.monitoring.manifests import monitors
from components.cluster.monitoring.manifests.alerting import rule, system_alerts
from components.cluster.monitoring.manifests.dashboards import system_dashboards as dashboards
from components.manifests import environment, names, probes
from components.manifests.scope import Scope
from slipway.settings.cluster_services import Controllers
from slipway.settings.stacks import DeployedSystem

DASHBOARDS = {"grafana_dashboard": "1"}
SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    scope: Scope
    deployed: DeployedSystem
    runbooks: str
    """Base URL of the pages that alerts link to."""
    controllers: Controllers
    """Who runs Alertmanager, and whatever exports series."""
    caches_scraped: bool
    """Whether Prometheus reads the figures of caches."""
    depends_on: Sequence[pulumi.Resource]


class Observability(pulumi.ComponentResource):
    """Creates all monitoring from the definition, so that a new service is monitored from its first release on."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Observability", name, opts=opts)
        self._args, self._scope, self._definition = args, args.scope, args.deployed.definition
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        source = self._definition.objectives.source or self._definition.source
        spec = system_alerts.prometheus_rule(
            args.deployed, args.runbooks, args.controllers, caches_scraped=args.caches_scraped
        )
        reported = {names.ALERTMANAGER: "present"} if args.controllers.metrics == "present" else {}
        self._custom(rule.KIND, name, spec, source, {**_promised(args.deployed), **reported})
        self._monitor_services()
        self._monitor_broker()
        self._probe_pages(name)
        for file, content in dashboards.of_system(args.deployed).items():
            self._dashboard(file, content)
        self.register_outputs({})

    def _monitor_services(self) -> None:
        for name, service in self._definition.services.items():
            if service.metrics is not None:
                self._custom(
                    "PodMonitor", name, monitors.service(name, service), service.metrics.source or service.source
                )

    def _monitor_broker(self) -> None:
        queue = self._definition.queue
        if queue is not None and queue.hosting == "cluster":
            name = environment.broker(self._scope.system)
            self._custom("PodMonitor", name, monitors.broker(name, self._scope.namespace), queue.source)

    def _probe_pages(self, name: str) -> None:
        """Creates probes of each page, and of each service's health, that visitors can reach."""
        found, home = probes.of_system(self._args.deployed), self._scope.homes.metrics
        for module, strict in ((monitors.PAGE, True), (monitors.ANSWER, False)):
            addresses = [probe.address for probe in found if probe.strict is strict]
            if addresses and home is not None and home.prober is not None:
                spec = monitors.pages(name, addresses, module, home.prober)
                self._custom("Probe", name if strict else f"{name}-{module}", spec, f"{self._definition.source}domains")

    def _dashboard(self, file: str, content: str) -> None:
        name = f"dashboard-{file.removesuffix('.json')}"
        metadata = self._scope.metadata(
            name,
            self._definition.source,
            annotations={"grafana_dashboard_folder": dashboards.folder(self._definition.title)},
        )
        metadata.labels = {**names.labels(self._scope.system), **DASHBOARDS}
        core.v1.ConfigMap(self._scope.logical(name), metadata=metadata, data={file: content}, opts=self._opts)

    def _custom(
        self,
        kind: str,
        name: str,
        spec: Mapping[str, Any],
        source: str,
        annotations: Mapping[str, str] | None = None,
    ) -> None:
        apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=monitors.API_VERSION,
            kind=kind,
            metadata=self._scope.selected(name, source, annotations=annotations),
            spec=dict(spec),
            opts=self._opts,
        )


def _promised(deployed: DeployedSystem) -> dict[str, str]:
    """Returns the promised percentages, against which the policy pack checks burn rates: successful requests, fast
    requests, and successful external probes of what visitors can reach."""
    objectives = deployed.definition.objectives
    promised: dict[str, float] = {"errors": 100 - objectives.error_percent, "latency": 95}
    if probes.of_system(deployed):
        promised["availability"] = objectives.availability_percent
    return {f"slipway.dev/objective-{name}": f"{percent:.6g}" for name, percent in promised.items()}
