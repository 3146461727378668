"""How a system is watched: rules, monitors, probes and dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from builders import environment, monitors, names
from builders.alerting import catalogue, rule
from builders.dashboards import catalogue as dashboards
from builders.scope import Scope
from settings.operations import Objectives
from settings.stacks import PlacedSystem

DASHBOARDS = {"grafana_dashboard": "1"}
SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class WatchingArgs:
    scope: Scope
    placed: PlacedSystem
    runbooks: str
    """Address of the pages that alerts link to."""
    ready: Sequence[pulumi.Resource]


class Watching(pulumi.ComponentResource):
    """Everything is made from the definition: a new service is watched with its first release."""

    def __init__(self, name: str, args: WatchingArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Watching", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args, self._scope, self._definition = args, args.scope, args.placed.definition
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        source = self._definition.objectives.source or self._definition.source
        spec = catalogue.prometheus_rule(args.placed, args.runbooks)
        self._custom(rule.KIND, name, spec, source, _promised(self._definition.objectives))
        self._monitor_services()
        self._monitor_broker()
        self._probe_pages(name)
        for file, content in dashboards.of_system(args.placed).items():
            self._dashboard(file, content)
        self.register_outputs({})

    def _monitor_services(self) -> None:
        for name, service in self._definition.services.items():
            if service.metrics is not None:
                spec = monitors.pods(
                    {"app.kubernetes.io/name": name},
                    "http" if service.metrics.port in (None, service.port) else "metrics",
                    service.metrics.path,
                    service=name,
                )
                self._custom("PodMonitor", name, spec, service.metrics.source or service.source)

    def _monitor_broker(self) -> None:
        queue = self._definition.queue
        if queue is not None and queue.placement == "cluster":
            name = environment.broker(self._scope.system)
            self._custom("PodMonitor", name, monitors.broker(name, self._scope.namespace), queue.source)

    def _probe_pages(self, name: str) -> None:
        """Each domain that shows a page at its root."""
        pages = [site.domain for site in self._definition.sites.values()]
        for service in self._definition.services.values():
            pages += [route.domain for route in service.routes if route.path == "/"]
        addresses = [f"https://{self._definition.domains[page]}/" for page in dict.fromkeys(pages)]
        if addresses:
            self._custom("Probe", name, monitors.pages(name, addresses), f"{self._definition.source}domains")

    def _dashboard(self, file: str, content: str) -> None:
        name = f"dashboard-{file.removesuffix('.json')}"
        metadata = self._scope.metadata(
            name, self._definition.source, annotations={"grafana_dashboard_folder": self._definition.title}
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
            metadata=self._scope.metadata(name, source, annotations=annotations),
            spec=dict(spec),
            opts=self._opts,
        )


def _promised(objectives: Objectives) -> dict[str, str]:
    """The percent that must be good, which the policy pack holds burn rates to: of requests, of requests that are in
    time, of tries from outside."""
    promised = {
        "errors": 100 - objectives.error_percent,
        "latency": 95,
        "availability": objectives.availability_percent,
    }
    return {f"slipway.dev/objective-{name}": f"{percent:.6g}" for name, percent in promised.items()}
