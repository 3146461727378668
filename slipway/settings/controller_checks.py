"""Checks who runs the controllers of a cluster against what its systems need of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from slipway.settings import scaled_services
from slipway.settings.clouds import CLOUDS, is_able
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.stacks import StackCluster
from slipway.settings.system import System
from slipway.settings.triggers import MetricTrigger

UNWATCHED = "local"
"""The environment in which nobody has to say who watches, or collects logs, where no controller does."""
CHOOSE = "set installed or present"

Needs = Iterator[tuple[Path, str]]
"""What a system needs of a controller, each with the key that says so."""


def findings(path: Path, cluster: StackCluster, environment: str) -> Found:
    """Yield what systems of a cluster need of controllers that are absent, and settings that speak of controllers that
    are not there."""
    settings = cluster.settings
    for name, needs in NEEDS.items():
        if getattr(settings.controllers, name) == "absent":
            for system in cluster.systems.values():
                for below, need in needs(system.definition, settings):
                    rule = f"{need}, but 'controllers.{name}' is absent: {CHOOSE}"
                    yield Finding((*path, "systems", system.name, *below), rule, ((*path, "controllers", name),))
    if settings.controllers.secrets == "absent" and any(each.definition.secrets for each in cluster.services):
        for _, need in _stored(System.model_construct(), settings):
            rule = f"is absent, but the cluster {need} for its own services: {CHOOSE}"
            yield Finding((*path, "controllers", "secrets"), rule)
    yield from _placed(path, cluster)
    yield from _measured(path, cluster)
    wanted = bool(cluster.systems) and environment not in ("", UNWATCHED)
    yield from _elsewhere(path, settings, "metrics", "monitoring", wanted=wanted)
    yield from _elsewhere(path, settings, "logs", "logging", wanted=wanted)
    yield from _receivers(path, settings)


def _routed(definition: System, settings: ClusterSettings) -> Needs:
    for name, service in definition.services.items():
        if service.is_routed:
            yield ("services", name), f"has a service '{name}' with routes, which Envoy Gateway serves"
    if "edge" in CLOUDS[settings.cloud].lacks:
        for name in definition.sites:
            yield ("sites", name), f"has a site '{name}', which Envoy Gateway serves on this cloud"
    for index, redirect in enumerate(definition.redirects):
        yield ("redirects", index), f"redirects {redirect.domain}, which Envoy Gateway does"


def _signed(definition: System, settings: ClusterSettings) -> Needs:
    for below, need in _brokered(definition, settings):
        yield below, f"{need}; cert-manager signs its certificate"
    if "cache" in CLOUDS[settings.cloud].inside(settings):
        for name in definition.caches:
            yield ("caches", name), f"has a cache '{name}', whose certificate cert-manager signs on this cloud"


def _stored(_definition: System, settings: ClusterSettings) -> Needs:
    if "secrets" not in CLOUDS[settings.cloud].lacks:
        yield (), "has secrets in the cloud's store, from which External Secrets copies them"


def _brokered(definition: System, _settings: ClusterSettings) -> Needs:
    if definition.queue is not None and definition.queue.hosting == "cluster":
        yield ("queue",), "has a broker in the cluster, which RabbitMQ's operator runs"


def _operated(engine: str) -> Callable[[System, ClusterSettings], Needs]:
    def found(definition: System, settings: ClusterSettings) -> Needs:
        if engine in CLOUDS[settings.cloud].inside(settings):
            for name, database in definition.databases.items():
                if database.engine == engine and database.hosting == "managed":
                    yield ("databases", name), f"has a database '{name}' in the cluster, which an operator runs"

    return found


def _triggered(definition: System, _settings: ClusterSettings) -> Needs:
    for path, *_ in scaled_services.triggers(definition):
        yield path, "has a trigger, which KEDA looks at"


def _counted(definition: System, _settings: ClusterSettings) -> Needs:
    for index, alert in enumerate(definition.alerts):
        if alert.kind == "logs":
            yield ("alerts", index), f"has an alert '{alert.name}' that counts log lines"


NEEDS: Mapping[str, Callable[[System, ClusterSettings], Needs]] = {
    "gateway": _routed,
    "certificates": _signed,
    "secrets": _stored,
    "queues": _brokered,
    "databases": _operated("postgres"),
    "mongodb": _operated("mongodb"),
    "scaling": _triggered,
    "logs": _counted,
}
"""What systems need, by controller; nothing needs the others."""
_DOES = {"metrics": "watches its systems", "logs": "collects the logs of its systems"}
_EXAMPLES = {"metrics": "'Datadog, by the platform team'", "logs": "'Loki, by the platform team'"}


_WHERE = {
    "gateway": "{namespace: gateway-system}",
    "certificates": "{namespace: certificates}",
    "dns": "{namespace: records, account: external-dns}",
    "metrics": "{namespace: observability, labels: {release: kube-prometheus-stack}}",
    "databases": "{namespace: operators}",
    "scaling": "{namespace: keda}",
}
"""Examples of where an owner's controllers run."""
_SET_BY_PROGRAM = ("app.kubernetes.io/part-of", "app.kubernetes.io/managed-by")


def _placed(path: Path, cluster: StackCluster) -> Found:
    """Check that it is said where the owner's controllers run to which objects refer, and of no others."""
    settings = cluster.settings
    for name, example in _WHERE.items():
        presence, home = getattr(settings.controllers, name), getattr(settings.present, name)
        where, related = (*path, "present", name), ((*path, "controllers", name),)
        if presence != "present" and home is not None:
            rule = (
                f"says where the owner's controller runs, but 'controllers.{name}' is {presence}: set that to present, or "
                "remove this"
            )
            yield Finding(where, rule, related)
        elif presence == "present" and home is None and _referred(name, cluster):
            rule = (
                f"must say where the owner's controller runs, since 'controllers.{name}' is present: set 'present.{name}', "
                f"for example {example}"
            )
            yield Finding(where, rule, related)
    metrics = settings.present.metrics
    if metrics is not None:
        for key in _SET_BY_PROGRAM:
            if key in metrics.labels:
                rule = "is a label that the program sets itself: let Prometheus select by another one"
                yield Finding((*path, "present", "metrics", "labels", key), rule)
        paged = next((each.name for each in cluster.systems.values() if each.definition.domains), None)
        if metrics.prober is None and paged is not None:
            rule = (
                f"must name the blackbox exporter that loads the pages of '{paged}': set 'present.metrics.prober', "
                f"for example blackbox-exporter.{metrics.namespace}.svc:9115"
            )
            yield Finding((*path, "present", "metrics", "prober"), rule)


def _measured(path: Path, cluster: StackCluster) -> Found:
    """Check that there is a Prometheus that KEDA can ask."""
    if cluster.settings.prometheus is None:
        for system in cluster.systems.values():
            for below, _, trigger in scaled_services.triggers(system.definition):
                if isinstance(trigger, MetricTrigger):
                    rule = (
                        f"asks Prometheus, but 'controllers.metrics' is absent: {CHOOSE}, or set 'releases.prometheus'"
                    )
                    where = (*path, "systems", system.name, *below)
                    yield Finding(where, rule, ((*path, "controllers", "metrics"),))


def _referred(controller: str, cluster: StackCluster) -> bool:
    """Return whether objects refer to where a controller runs: those of databases only if one is in the cluster, of KEDA if
    it asks a queue, and of DNS where the cloud has it."""
    needs = _operated("postgres")
    if controller == "scaling":
        systems = [each.definition for each in cluster.systems.values()]
        return any(scaled_services.cloud_queues(each) or scaled_services.reads_broker(each) for each in systems)
    if controller == "dns":
        return is_able(cluster.settings.cloud, "dns") and cluster.settings.controllers.gateway != "absent"
    return controller != "databases" or any(
        True for system in cluster.systems.values() for _ in needs(system.definition, cluster.settings)
    )


def _elsewhere(path: Path, settings: ClusterSettings, controller: str, section: str, *, wanted: bool) -> Found:
    """Check that it is said who does what an absent controller would do, and of no other."""
    who = settings.elsewhere.get(controller)
    where, related = (*path, section, "elsewhere"), ((*path, "controllers", controller),)
    if getattr(settings.controllers, controller) != "absent":
        if who is not None:
            rule = f"says who does what 'controllers.{controller}' does: set that to absent, or remove 'elsewhere'"
            yield Finding(where, rule, related)
    elif who is None and wanted:
        rule = (
            f"must say who {_DOES[controller]}, since 'controllers.{controller}' is absent: set '{section}.elsewhere', for "
            f"example {_EXAMPLES[controller]}"
        )
        yield Finding(where, rule, related)


def _receivers(path: Path, settings: ClusterSettings) -> Found:
    """Check that alerts which nobody evaluates have no receiver."""
    alerting = settings.monitoring.alerting
    set_by = {"slack": alerting.slack, "pagerduty": alerting.pagerduty, "smtp": alerting.smtp}
    if settings.controllers.metrics == "absent":
        for key, value in {**set_by, "deadManSwitch": alerting.dead_man_switch}.items():
            if value:
                rule = (
                    f"is for alerts, which nobody sends, since 'controllers.metrics' is absent: {CHOOSE}, or remove it"
                )
                yield Finding((*path, "monitoring", "alerting", key), rule, ((*path, "controllers", "metrics"),))
