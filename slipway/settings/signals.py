"""Check that every metric in alerts, panels and triggers is exported and scraped."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from slipway.settings.finding import Finding, Found
from slipway.settings.kinds import SCRAPING
from slipway.settings.manifests import Manifest
from slipway.settings.operations import Alert
from slipway.settings.pointers import Path
from slipway.settings.system import System
from slipway.settings.triggers import MetricTrigger

RECORDED_WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Windows over which the gateway's error ratios are recorded."""
LATENCY_WINDOW = "5m"
"""Window over which the gateway's percentiles are recorded."""

_OF_PLATFORM = re.compile(r"(envoy_(cluster|server|http|listener)|node_(cpu|memory|filesystem|disk|network)|kubelet)_")
"""Metrics of the cluster's own components: these series are in no system's namespace."""
_OF_NAMESPACE: tuple[tuple[re.Pattern[str], str, Callable[[System], bool]], ...] = (
    (re.compile(r"(kube|container|probe|certmanager)_"), "Kubernetes", lambda _: True),
    (
        re.compile(r"pg_"),
        "the exporter of a managed PostgreSQL database",
        lambda system: any(d.engine == "postgres" and d.hosting == "managed" for d in system.databases.values()),
    ),
    (
        re.compile(r"rabbitmq_"),
        "the broker in the cluster",
        lambda system: system.queue is not None and system.queue.hosting == "cluster",
    ),
    (re.compile(r"flagd_|feature_flag_"), "the server of feature flags", lambda system: bool(system.flags)),
)
"""Metrics that do not come from services, their exporters, and whether the system has them."""


def findings(system: System, manifests: Collection[Manifest] = ()) -> Found:
    """Yield what is wrong with the metrics of a system, whose own monitors are among its `manifests`."""
    for path, metric in _named(system):
        problem = _unscraped(system, metric, manifests)
        if problem is not None:
            yield Finding(path, problem)
    for index, alert in enumerate(system.alerts):
        yield from _alert(("alerts", index), alert)


def _named(system: System) -> Iterator[tuple[Path, str]]:
    """Yield every metric that the system names, and its path."""
    for index, alert in enumerate(system.alerts):
        if alert.metric is not None:
            yield ("alerts", index, "metric"), alert.metric
    for index, metric in enumerate(system.metrics):
        yield ("metrics", index, "metric"), metric.metric
    for name, service in system.services.items():
        for index, trigger in enumerate(service.replicas.triggers):
            if isinstance(trigger, MetricTrigger):
                yield ("services", name, "replicas", "triggers", index, "metric"), trigger.metric


def _unscraped(system: System, metric: str, manifests: Collection[Manifest]) -> str | None:
    """Return why no series of `metric` can exist in the system's namespace."""
    platform = _OF_PLATFORM.match(metric)
    if platform is not None:
        return (
            f"is a metric of the platform ({platform[0]}…), not of a system: remove 'metric', and the "
            "gateway's counts of this system are read"
        )
    for pattern, exporter, there in _OF_NAMESPACE:
        if pattern.match(metric):
            return None if there(system) else f"is exported by {exporter}, which the system does not have"
    if any(service.metrics is not None for service in system.services.values()):
        return None
    if any(each.identity in SCRAPING for each in manifests):
        return None
    example = next(iter(system.services), "api")
    return (
        "is not scraped, so there would never be data: set 'metrics' on the service that exports it, for example "
        f"services.{example}.metrics: {{port: 9464}}, or declare a PodMonitor among 'manifests'"
    )


def _alert(path: Path, alert: Alert) -> Found:
    if alert.kind == "logs":
        if alert.pattern is None:
            yield Finding(path, "counts log lines: set 'pattern'")
        for key, value in (("metric", alert.metric), ("paths", alert.paths)):
            if value:
                yield Finding((*path, key), "is not allowed for kind 'logs', which counts lines: remove it")
        return
    if alert.pattern is not None:
        yield Finding((*path, "pattern"), f"is only for alerts of kind 'logs', not '{alert.kind}': remove it")
    if alert.kind == "rate" and alert.metric is None:
        yield Finding(path, "counts events: set 'metric' to the counter that it reads")
    if alert.metric is None and alert.paths:
        rule = "requires 'metric': the gateway's counts, the default, have no path"
        yield Finding((*path, "paths"), rule)
    if alert.kind == "latency" and alert.metric is not None and not alert.metric.endswith("_bucket"):
        yield Finding((*path, "metric"), "is not a histogram: a percentile needs buckets, for example x_seconds_bucket")
    if alert.metric is None and alert.kind != "rate":
        known = RECORDED_WINDOWS if alert.kind == "error-ratio" else (LATENCY_WINDOW,)
        if alert.window not in known:
            rule = f"is not a window of the gateway's recorded counts: choose {', '.join(known)}"
            yield Finding((*path, "window"), rule)
