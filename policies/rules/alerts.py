"""Somebody hears of what goes wrong: of each service, database and queue, early enough, and knows what to do.

Rules on the stack tie an alert to what its expression reads, so a label that nobody checks proves nothing.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds import alertmanager, alerts
from kinds.alerts import Burn, Readers, Series, Signal
from kinds.cluster_objects import Match, Shortlist, label_pairs, refers, selects, unknown_between

ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRON_JOB = "kubernetes:batch/v1:CronJob"
PROVIDER = "pulumi:providers:kubernetes"
BURN_RATES = ((14.4, "1h", "5m"), (6, "6h", "30m"), (3, "1d", "2h"), (1, "3d", "6h"))
"""How many times faster than allowed, over which windows."""
PRECISION = 1e-4
"""Of a bound that was rounded when it was written."""


@stack_rule(
    Declaration(
        name="service-alerts",
        description="Every service that has visitors has alerts of its error rate, its latency and its availability.",
        why="Otherwise visitors are the first to notice that it fails",
        clauses=("runbooks: monitoring and alerts", "SRE workbook: alerting on SLOs"),
        types=(ROUTE, SERVICE, DEPLOYMENT, alerts.RULES),
        severity=Severity.CRITICAL,
    )
)
def service_alerts(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Service that a route leads to."""
    readers = alerts.of_rules([each for each in resources if each.type == alerts.RULES])
    for service, series in _visited(resources, verdict).items():
        for signal in alerts.SERVING:
            _judge_cover(service, readers, signal, series, f"has no alert of its {signal.name}", verdict)


@stack_rule(
    Declaration(
        name="service-dashboards",
        description="Every service that has visitors is on a dashboard.",
        why="Who is called at night sees there what changed, and whether it helped to do something",
        clauses=("runbooks: monitoring dashboards",),
        types=(ROUTE, SERVICE, DEPLOYMENT, alerts.RULES, alerts.CONFIG_MAP),
        severity=Severity.MEDIUM,
    )
)
def service_dashboards(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Service that a route leads to, and whether dashboards can be read."""
    readers = Readers(alerts.Recordings(each for each in resources if each.type == alerts.RULES))
    for dashboard in alerts.dashboards(resources):
        data = dashboard["data"]
        for file in (data[key] for key in data.keys):
            if not file.unknown and not alerts.is_document(file.text or ""):
                verdict.violated(dashboard, f"shows nothing: {file.path} is no JSON")
        for expression in alerts.panels(dashboard):
            readers.add(dashboard, expression)
    for service, series in _visited(resources, verdict).items():
        _judge_cover(service, readers, alerts.REQUESTS, series, "is on no dashboard that shows its requests", verdict)


def _judge_cover(
    owner: Resource, readers: Readers, signal: Signal, series: Series, problem: str, verdict: Verdict
) -> None:
    covered = readers.cover(owner.provider, signal, series)
    if isinstance(covered, Property):
        verdict.undecided(owner, covered)
    elif not covered:
        verdict.violated(owner, problem)


def _visited(resources: Sequence[Resource], verdict: Verdict) -> dict[Resource, Series]:
    """Services that routes lead to, with the labels of their series."""
    services = [each for each in resources if each.type == SERVICE]
    by_name = Shortlist(services, [_known(each["metadata"]["name"]) or () for each in services])
    found: dict[Resource, None] = {}
    for route in (each for each in resources if each.type == ROUTE):
        for name in _backends(route, verdict):
            candidates = {each: refers(route, name, each) for each in by_name.sharing(_known(name))}
            certain = [each for each, match in candidates.items() if match is Match.YES]
            doubtful = next((each for each, match in candidates.items() if match is Match.MAYBE), None)
            found |= dict.fromkeys(certain)
            if doubtful and not certain:
                verdict.undecided(route, unknown_between(route, name, doubtful))
    deployments = _deployments(list(found), [each for each in resources if each.type == DEPLOYMENT])
    return {each: _series_of(each, deployments.get(each)) for each in found}


def _deployments(services: Sequence[Resource], deployments: Sequence[Resource]) -> dict[Resource, Resource]:
    """The Deployment behind each Service that has one."""
    selecting = [each for each in services if each["spec"]["selector"].present]
    by_label = Shortlist(selecting, [label_pairs(each["spec"]["selector"]) or () for each in selecting])
    found: dict[Resource, Resource] = {}
    for deployment in deployments:
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        for service in by_label.sharing(label_pairs(labels)):
            selector = Property({"matchLabels": service["spec"]["selector"].value}, "spec.selector")
            if selects(selector, service, labels, deployment) is Match.YES:
                found[service] = deployment
    return found


def _series_of(service: Resource, deployment: Resource | None) -> Series:
    """Labels of what is measured of a service: Envoy calls it `<namespace>/<route>/<rule>/<namespace>/<Service>`."""
    name, labels = service["metadata"]["name"], service["metadata"]["labels"]
    namespace = _namespace(service)
    unknown = next((each for each in (namespace, name) if each.unknown), None)
    called = unknown or Property(f"-/-/-/{namespace.text}/{name.text}", name.path)
    series = {
        "namespace": namespace,
        "envoy_cluster_name": called,
        "service": labels["app.kubernetes.io/name"],
        "system": labels["app.kubernetes.io/part-of"],
        **({"deployment": deployment["metadata"]["name"]} if deployment else {}),
    }
    return {label: each for label, each in series.items() if each.present}


def _namespace(resource: Resource) -> Property:
    own = resource["metadata"]["namespace"]
    return Property("default", own.path) if own.missing else own


def _backends(route: Resource, verdict: Verdict) -> Iterator[Property]:
    """Names of the Services that a route leads to in its own namespace, each once."""
    rules = route["spec"]["rules"]
    lists = [rules, *(each["backendRefs"] for each in rules.elements())]
    names: dict[str, Property] = {}
    for backend in (each for rule in rules.elements() for each in rule["backendRefs"].elements()):
        if backend["kind"].text in (None, "Service"):
            name = backend["name"]
            names.setdefault(name.text or name.path, name)
    hidden = next((each for each in lists if each.unknown), None)
    if hidden is not None:
        verdict.undecided(route, hidden)
    yield from names.values()


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


@stack_rule(
    Declaration(
        name="data-alerts",
        description="Every database and queue has alerts of its connectivity, its capacity, its backups and their tests.",
        why="A full queue, a database that nobody can reach or a backup that stopped is noticed when it is too late",
        clauses=("runbooks: database backups", "runbooks: monitoring and alerts"),
        types=(*alerts.STORES, alerts.MONITOR, CRON_JOB, alerts.RULES),
        severity=Severity.CRITICAL,
    )
)
def data_alerts(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each database and queue with the monitors and CronJobs that the same place declares."""
    readers = alerts.of_rules([each for each in resources if each.type == alerts.RULES])
    monitors = _by_source(each for each in resources if each.type == alerts.MONITOR)
    scheduled = _by_source(each for each in resources if each.type == CRON_JOB and _runs(each))
    for store in (each for each in resources if each.type in alerts.STORES and not alerts.is_copy(each)):
        kind = alerts.STORES[store.type]
        if not store.source:
            verdict.violated(store, "can have no alert of its own: it does not say which place declares it")
            continue
        watched = [(each, _series_of_monitor(each)) for each in monitors[store.source]]
        for signal in kind.signals:
            _judge_all(store, readers, signal, watched, verdict)
        if kind.backed_up and store.note("backup-retention").text != "none":
            jobs = [(each, _series_of_job(each)) for each in scheduled[store.source]]
            _judge_all(store, readers, alerts.SCHEDULE, jobs, verdict)


def _by_source(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        found[each.source].append(each)
    return found


def _runs(job: Resource) -> bool:
    """A template that people start by hand is suspended, and has no age."""
    return job["spec"]["suspend"].value is not True


def _judge_all(
    store: Resource, readers: Readers, signal: Signal, measured: Sequence[tuple[Resource, Series]], verdict: Verdict
) -> None:
    """An alert reads the series of each of those that measure a database; none measures it, none tells."""
    covers = [readers.cover(each.provider, signal, series) for each, series in measured] or [False]
    unknown = next((each for each in covers if isinstance(each, Property)), None)
    if False in covers:
        verdict.violated(store, f"has no alert of its {signal.name}")
    elif unknown:
        verdict.undecided(store, unknown)


def _series_of_monitor(monitor: Resource) -> Series:
    """The namespace, and the labels that it writes in so many words."""
    fixed = {
        each["targetLabel"].text: each["replacement"]
        for endpoint in monitor["spec"]["podMetricsEndpoints"].elements()
        for each in endpoint["relabelings"].elements()
        if each["sourceLabels"].missing and each["replacement"].present
    }
    labels = {label: each for label, each in fixed.items() if label is not None}
    return {"namespace": _namespace(monitor), **labels}


def _series_of_job(job: Resource) -> Series:
    return {"namespace": _namespace(job), "cronjob": job["metadata"]["name"]}


@resource_rule(
    Declaration(
        name="alert-form",
        description="Every alert has a severity, a time that it must last, a summary, a description and a runbook.",
        why="Who is called reads what is wrong, how bad it is and what to do first",
        clauses=("runbooks: monitoring and alerts", "SRE book: playbooks", "pint: alerts/annotation"),
        types=(alerts.RULES,),
        severity=Severity.MEDIUM,
        schema={
            "severities": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["critical", "warning", "info"],
                "description": "Values that the label `severity` may have.",
            }
        },
    )
)
def alert_form(owner: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge every rule that alerts; text must be there, whatever it says."""
    groups = owner["spec"]["groups"]
    if groups.present and not groups.unknown and not groups.listing:
        verdict.violated(owner, f"has no rules: {groups.path} is no list of groups")
    hidden = alerts.hidden(owner)
    if hidden is not None:
        verdict.undecided(owner, hidden)
    for alert in alerts.alerts_of(owner):
        severity = alert["labels"]["severity"]
        if severity.unknown:
            verdict.undecided(owner, severity)
        elif severity.text not in settings["severities"]:
            verdict.violated(owner, f"has an alert without a severity: {severity.path} is none of those in use")
        for text, pattern in _texts(alert):
            if not text.unknown and not pattern.fullmatch(text.text or ""):
                verdict.violated(owner, f"has an alert that says too little: {text.path} is not set or no text")


_ANY = re.compile(r"(?s).*\S.*")
_DURATION = re.compile(r"0|(\d+(ms|[smhdwy]))+")


def _texts(alert: alerts.Rule) -> Iterator[tuple[Property, re.Pattern[str]]]:
    yield alert["for"], _DURATION
    for name in ("summary", "description", "runbook_url"):
        yield alert["annotations"][name], _ANY


@stack_rule(
    Declaration(
        name="alert-burn-rates",
        description="Burn rates are alerted on over the windows of the SRE workbook, by the objective that is declared.",
        why="Other windows or bounds call people too late, or for what the objective allows",
        clauses=("SRE workbook: alerting on SLOs, multiwindow, multi-burn-rate alerts",),
        types=(alerts.RULES,),
        severity=Severity.HIGH,
    )
)
def alert_burn_rates(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each PrometheusRule by the objectives noted on it; one without notes must agree with itself."""
    recordings = alerts.Recordings(resources)
    for owner in resources:
        burns: dict[Signal, list[Burn]] = defaultdict(list)
        for burn in (each for alert in alerts.alerts_of(owner) for each in alerts.burns(alert, recordings)):
            burns[burn.signal].append(burn)
        unknown = alerts.hidden(owner) or next((e["expr"] for e in alerts.alerts_of(owner) if e["expr"].unknown), None)
        for note, signal in alerts.OBJECTIVES.items():
            _judge_burns(owner, signal, burns[signal], owner.note(note), unknown, verdict)


def _judge_burns(
    owner: Resource,
    signal: Signal,
    burns: Sequence[Burn],
    objective: Property,
    unknown: Property | None,
    verdict: Verdict,
) -> None:
    declared = _share_that_may_fail(objective)
    if objective.unknown:
        verdict.undecided(owner, objective)
    elif objective.present and declared is None:
        verdict.violated(owner, f"declares no objective: {objective.path} is no percentage")
    elif declared == 0 or (objective.missing and not burns):
        return
    else:
        _judge_pairs(owner, signal, burns, _implied(burns) if declared is None else declared, unknown, verdict)


def _judge_pairs(
    owner: Resource, signal: Signal, burns: Sequence[Burn], budget: float, unknown: Property | None, verdict: Verdict
) -> None:
    for factor, long, short in BURN_RATES:
        bounds = [each.threshold for each in burns if each.windows == {long, short}]
        if any(math.isclose(each, factor * budget, rel_tol=PRECISION) for each in bounds):
            continue
        if unknown is not None:
            verdict.undecided(owner, unknown)
            return
        rate = f"{factor:g} times what the objective allows, over {long} and {short}"
        verdict.violated(owner, f"has no alert of its {signal.name} at {rate}")


def _share_that_may_fail(objective: Property) -> float | None:
    """The rest of a percentage such as `99.9`."""
    written = re.fullmatch(r"\d{1,3}(\.\d+)?", objective.text or "")
    percent = float(written[0]) if written else math.inf
    return (100 - percent) / 100 if percent <= 100 else None


def _implied(burns: Sequence[Burn]) -> float:
    """The budget that the slowest of the alerts goes by."""
    by_windows = {each.windows: each.threshold for each in burns}
    found = [by_windows[pair] / factor for factor, *windows in BURN_RATES if (pair := frozenset(windows)) in by_windows]
    return found[-1] if found else math.nan


@stack_rule(
    Declaration(
        name="alert-receivers",
        description="Alerts of every severity that people must hear of reach somebody.",
        why="An alert that reaches nobody is none",
        clauses=("runbooks: monitoring and alerts", "Prometheus: Alertmanager routing"),
        severity=Severity.CRITICAL,
        schema={
            "told": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["critical", "warning"],
                "description": "Severities that somebody must hear of; a receiver without a way to tell does not count.",
            }
        },
    )
)
def alert_receivers(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge the alerts of each PrometheusRule by the routes of the Alertmanager in its cluster."""
    cluster_of = _clusters(resources)
    written: dict[str, list[tuple[Resource, Property]]] = defaultdict(list)
    doubtful: dict[str, Property] = {}
    for resource in (each for each in resources if each.type in (alertmanager.SECRET, alertmanager.RELEASE)):
        found, cluster = alertmanager.written_in(resource), cluster_of(resource)
        if found is not None:
            written[cluster].append((resource, found))
        elif (maybe := alertmanager.hidden(resource)) is not None:
            doubtful.setdefault(cluster, Property(maybe.value, f"{maybe.path} of {resource.name}"))
    told = {cluster: _configured(each, verdict) for cluster, each in written.items()}
    for owner in (each for each in resources if each.type == alerts.RULES):
        cluster = cluster_of(owner)
        configurations, unknown = told.get(cluster, ({}, doubtful.get(cluster)))
        for severity in settings["told"]:
            sets = _label_sets(owner, severity)
            if all(any(each.tells(labels) for each in configurations.values()) for labels in sets):
                continue
            if unknown is not None:
                verdict.undecided(owner, unknown)
            elif cluster in written:
                problem = f"lets nobody hear of the {severity} alerts in {owner.name}"
                verdict.violated(written[cluster][0][0], problem, "alerting")
            else:
                verdict.violated(owner, f"has {severity} alerts that nobody hears of: no Alertmanager is configured")


def _configured(
    written: Sequence[tuple[Resource, Property]], verdict: Verdict
) -> tuple[dict[Resource, alertmanager.Configuration], Property | None]:
    """What is known of a cluster's configurations, and the first unknown in them."""
    found, unknown = {}, None
    for resource, text in written:
        if (inside := text.first_unknown) is not None:
            unknown = unknown or Property(inside.value, f"{inside.path} of {resource.name}")
        else:
            try:
                found[resource] = alertmanager.configuration(text)
            except alertmanager.NoConfiguration:
                verdict.violated(
                    resource, f"configures no Alertmanager: {text.path} is no configuration with receivers"
                )
    return found, unknown


def _label_sets(owner: Resource, severity: str) -> list[Mapping[str, str]]:
    """The labels of its alerts of one severity, each set once."""
    sets: dict[tuple[tuple[str, str], ...], None] = {}
    for alert in alerts.alerts_of(owner):
        labels = alert["labels"]
        if labels["severity"].text == severity:
            sets[tuple((key, labels[key].text or "") for key in sorted(labels.keys))] = None
    return [dict(each) for each in sets]


def _clusters(resources: Sequence[Resource]) -> Callable[[Resource], str]:
    """A provider that waits for objects made through another one is a second way into the same cluster."""
    by_urn = {each.urn: each for each in resources}
    first: dict[str, str] = {}
    for provider in (each for each in resources if each.type == PROVIDER):
        behind = [by_urn[urn] for urn in sorted(provider.dependencies) if urn in by_urn]
        ways = [each.provider for each in behind if each.package == "kubernetes" and each.provider]
        first[provider.urn] = ways[0] if ways else provider.urn
    return lambda resource: first.get(resource.provider, resource.provider)
