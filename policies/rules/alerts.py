"""Every service, database and queue has alerts that fire in time, reach a receiver and link to a runbook.

Stack rules match an alert to a resource by the series that its expression reads; labels alone prove nothing.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pulumi_policy import Severity

from adapters import alert_series, alertmanager, clouds, elsewhere, referenced_clusters
from adapters.alert_series import Burn, Readers, Series, Signal
from adapters.cluster_objects import Match, Shortlist, label_pairs, refers, selects, unknown_between
from adapters.promql_sense import never
from adapters.traffic_split import is_for_smoke_tests
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CRON_JOB = "kubernetes:batch/v1:CronJob"
PROVIDER = "pulumi:providers:kubernetes"
BURN_RATES = ((14.4, "1h", "5m"), (6, "6h", "30m"), (3, "1d", "2h"), (1, "3d", "6h"))
"""Factor of the allowed error rate for each pair of windows."""
PRECISION = 1e-4
"""Relative difference below which thresholds count as equal. Chosen: four digits, as in the expressions."""


@stack_rule(
    Declaration(
        name="service-alerts",
        description="Every service with a route has alerts for error rate, latency and availability.",
        why="Without them, users notice a failure first",
        clauses=("runbooks: monitoring and alerts", "SRE workbook: alerting on SLOs"),
        types=(ROUTE, SERVICE, DEPLOYMENT, alert_series.RULES, *elsewhere.NAMESPACES),
        severity=Severity.CRITICAL,
    )
)
def service_alerts(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Service with a route, but for systems that others watch."""
    by_others = elsewhere.looked_after(resources, elsewhere.WATCHED)
    readers = alert_series.of_rules([each for each in resources if each.type == alert_series.RULES])
    for service, routed in _visited(resources, verdict).items():
        for signal in () if by_others(service) else alert_series.SERVING:
            _evaluate_cover(service, readers, signal, routed, f"has no alert of its {signal.name}", verdict)


@stack_rule(
    Declaration(
        name="service-dashboards",
        description="Every service with a route is on a dashboard.",
        why="On-call engineers need it to see what changed and whether a fix helped",
        clauses=("runbooks: monitoring dashboards",),
        types=(ROUTE, SERVICE, DEPLOYMENT, alert_series.RULES, alert_series.CONFIG_MAP, *elsewhere.NAMESPACES),
        severity=Severity.MEDIUM,
    )
)
def service_dashboards(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Service with a route, but for systems that others watch, and that dashboards are readable."""
    by_others = elsewhere.looked_after(resources, elsewhere.WATCHED)
    readers = Readers(alert_series.Recordings(each for each in resources if each.type == alert_series.RULES))
    for dashboard in alert_series.dashboards(resources):
        data = dashboard["data"]
        for file in (data[key] for key in data.keys):
            if not file.unknown and not alert_series.is_document(file.text or ""):
                verdict.violated(dashboard, f"is not a valid dashboard: {file.path} is not JSON")
        for expression in alert_series.panels(dashboard):
            readers.add(dashboard, expression)
    for service, routed in _visited(resources, verdict).items():
        if not by_others(service):
            problem = "is on no dashboard that shows its requests"
            _evaluate_cover(service, readers, alert_series.REQUESTS, routed, problem, verdict)


def _evaluate_cover(
    owner: Resource, readers: Readers, signal: Signal, routed: Sequence[Series], problem: str, verdict: Verdict
) -> None:
    """Check that what comes by one of its routes is read."""
    covers = [readers.cover(owner.provider, signal, series) for series in routed]
    unknown = next((each for each in covers if isinstance(each, Property)), None)
    if True in covers:
        return
    if unknown is not None:
        verdict.undecided(owner, unknown)
    else:
        verdict.violated(owner, problem)


def _visited(resources: Sequence[Resource], verdict: Verdict) -> dict[Resource, list[Series]]:
    """Return the Services that visitors reach, with the labels of their series by each route. While a system is closed only
    the route of its smoke tests leads to them."""
    services = [each for each in resources if each.type == SERVICE]
    by_name = Shortlist(services, [_known(each["metadata"]["name"]) or () for each in services])
    found: dict[Resource, list[Resource]] = defaultdict(list)
    for route in (each for each in resources if each.type == ROUTE and not is_for_smoke_tests(each)):
        for name in _backends(route, verdict):
            candidates = {each: refers(route, name, each) for each in by_name.sharing(_known(name))}
            certain = [each for each, match in candidates.items() if match is Match.YES]
            doubtful = next((each for each, match in candidates.items() if match is Match.MAYBE), None)
            for service in certain:
                found[service].append(route)
            if doubtful and not certain:
                verdict.undecided(route, unknown_between(route, name, doubtful))
    deployments = _deployments(list(found), [each for each in resources if each.type == DEPLOYMENT])
    return {
        service: [_series_of(service, route, deployments.get(service)) for route in routes]
        for service, routes in found.items()
    }


def _deployments(services: Sequence[Resource], deployments: Sequence[Resource]) -> dict[Resource, Resource]:
    """Return the Deployment of each Service that has one."""
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


def _series_of(service: Resource, route: Resource, deployment: Resource | None) -> Series:
    """Return the labels of a service's series; Envoy Gateway's name of it is
    `httproute/<namespace>/<route>/rule/<number>/backend/<number>`."""
    name, labels = route["metadata"]["name"], service["metadata"]["labels"]
    namespace = _namespace(service)
    unknown = next((each for each in (namespace, name) if each.unknown), None)
    called = unknown or Property(f"httproute/{namespace.text}/{name.text}/rule/0/backend/0", name.path)
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
    """Return the names of the Services in a route's own namespace, without duplicates."""
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
        description="Every database and queue has alerts for connectivity, capacity, backups and restore tests.",
        why="Without them, a full queue, an unreachable database or a stopped backup is noticed too late",
        clauses=("runbooks: database backups", "runbooks: monitoring and alerts"),
        types=(*alert_series.STORES, alert_series.MONITOR, CRON_JOB, alert_series.RULES, *elsewhere.NAMESPACES),
        severity=Severity.CRITICAL,
    )
)
def data_alerts(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each database and queue with the monitors and CronJobs of the same source, but for systems that others
    watch."""
    by_others = elsewhere.looked_after(resources, elsewhere.WATCHED)
    readers = alert_series.of_rules([each for each in resources if each.type == alert_series.RULES])
    monitors = _by_source(each for each in resources if each.type == alert_series.MONITOR)
    scheduled = _by_source(each for each in resources if each.type == CRON_JOB and _runs(each))
    stores = [each for each in resources if each.type in alert_series.STORES and not alert_series.is_copy(each)]
    for store in (each for each in stores if not by_others(each)):
        kind = alert_series.STORES[store.type]
        if not store.source:
            verdict.violated(store, "cannot be matched to an alert: it has no source annotation or tag")
            continue
        watched = [(each, _series_of_monitor(each)) for each in monitors[store.source]]
        for signal in kind.signals:
            _evaluate_all(store, readers, signal, watched, verdict)
        if kind.backed_up and store.annotation("backup-retention").text != "none":
            jobs = [(each, _series_of_job(each)) for each in scheduled[store.source]]
            _evaluate_all(store, readers, alert_series.SCHEDULE, jobs, verdict)


def _by_source(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        found[each.source].append(each)
    return found


def _runs(job: Resource) -> bool:
    """Return whether a CronJob runs on its own; a suspended one is a template for manual runs."""
    return job["spec"]["suspend"].value is not True


def _evaluate_all(
    store: Resource, readers: Readers, signal: Signal, measured: Sequence[tuple[Resource, Series]], verdict: Verdict
) -> None:
    """Check that alerts read the series of every exporter of a database, and that there is one."""
    covers = [readers.cover(each.provider, signal, series) for each, series in measured] or [False]
    unknown = next((each for each in covers if isinstance(each, Property)), None)
    if False in covers:
        verdict.violated(store, f"has no alert of its {signal.name}")
    elif unknown:
        verdict.undecided(store, unknown)


def _series_of_monitor(monitor: Resource) -> Series:
    """Return the namespace and the labels that a monitor sets explicitly."""
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
        description="Every alert has a severity, `for`, a summary, a description and a runbook.",
        why="On-call engineers read there what is wrong, how bad it is and what to do first",
        clauses=("runbooks: monitoring and alerts", "SRE book: playbooks", "pint: alerts/annotation"),
        types=(alert_series.RULES,),
        severity=Severity.MEDIUM,
        schema={
            "severities": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["critical", "warning", "info"],
                "description": "Allowed values of the label `severity`.",
            }
        },
    )
)
def alert_form(owner: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the form of every alert rule; texts must be present, with any content."""
    groups = owner["spec"]["groups"]
    if groups.present and not groups.unknown and not groups.listing:
        verdict.violated(owner, f"has no rules: {groups.path} is not a list of groups")
    hidden = alert_series.hidden(owner)
    if hidden is not None:
        verdict.undecided(owner, hidden)
    for alert in alert_series.alerts_of(owner):
        severity = alert["labels"]["severity"]
        if severity.unknown:
            verdict.undecided(owner, severity)
        elif severity.text not in settings["severities"]:
            verdict.violated(owner, f"has an alert without a valid severity: {severity.path} is not an allowed value")
        for text, pattern in _texts(alert):
            if not text.unknown and not pattern.fullmatch(text.text or ""):
                verdict.violated(owner, f"has an incomplete alert: {text.path} is not set, or is not a string")


_ANY = re.compile(r"(?s).*\S.*")
_DURATION = re.compile(r"0|(\d+(ms|[smhdwy]))+")


def _texts(alert: alert_series.Rule) -> Iterator[tuple[Property, re.Pattern[str]]]:
    yield alert["for"], _DURATION
    for name in ("summary", "description", "runbook_url"):
        yield alert["annotations"][name], _ANY


@resource_rule(
    Declaration(
        name="alert-expressions",
        description="Every alert can fire, and fires before the damage is done.",
        why="An alert that can never fire is worse than none, because people rely on it",
        clauses=("runbooks: monitoring and alerts", "pint: promql/impossible, alerts/comparison", "SRE book: alerting"),
        types=(alert_series.RULES,),
        severity=Severity.CRITICAL,
        schema={
            "maximumWait": {
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": "^([0-9]+(ms|[smhdwy]))+$"},
                "default": {"critical": "30m", "warning": "6h"},
                "description": "The longest `for` of alerts, by severity.",
            }
        },
    )
)
def alert_expressions(owner: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the expression, `for`, and the evaluation interval."""
    for group in owner["spec"]["groups"].elements():
        if group["interval"].text and not 0 < seconds(group["interval"].text) <= LONGEST_INTERVAL:
            verdict.violated(owner, f"is evaluated too rarely: {group['interval'].path} is more than five minutes")
    for alert in alert_series.alerts_of(owner):
        if reason := never(alert["expr"].text or ""):
            verdict.violated(owner, f"has an alert that cannot work: {alert['expr'].path}: {reason}")
        longest = settings["maximumWait"].get(alert["labels"]["severity"].text or "")
        waits = alert["for"].text
        if longest and waits and waits != "0" and seconds(waits) > seconds(longest) and _DURATION.fullmatch(waits):
            verdict.violated(owner, f"has an alert that fires too late: {alert['for'].path} is more than {longest}")


LONGEST_INTERVAL = 300
"""Seconds between two evaluations of a group. Source: Prometheus looks back five minutes for a sample."""


@resource_rule(
    Declaration(
        name="alert-objectives",
        description="Service level objectives meet the minimum of the environment.",
        why="An objective that is too low is always met, and its alerts never fire",
        clauses=("runbooks: monitoring and alerts", "SRE workbook: implementing SLOs"),
        types=(alert_series.RULES,),
        schema={
            "minimumPercent": {
                "type": "number",
                "minimum": 0,
                "maximum": 100,
                "default": 90,
                "description": "Lowest objective, in percent of requests, of requests within the latency bound, or of probes.",
            }
        },
    )
)
def alert_objectives(owner: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the annotated objectives; `alert-burn-rates` reports values that are not percentages."""
    for note in alert_series.OBJECTIVES:
        objective = owner.annotation(note)
        rest = _share_that_may_fail(objective)
        if objective.present and rest is not None and not settings["minimumPercent"] <= 100 - rest * 100 < 100:
            problem = f"has an objective that is too low or cannot be met: {objective.path} is not from "
            problem = f"{problem}{settings['minimumPercent']:g} to below 100 percent"
            verdict.violated(owner, problem, *_objective_key(note, float(settings["minimumPercent"])))


def _objective_key(note: str, least: float) -> tuple[str, float | None]:
    """Return the key of `objectives` for an objective, and the minimum value; latency has neither."""
    keys = {"objective-errors": ("errorPercent", 100 - least), "objective-availability": ("availabilityPercent", least)}
    return keys.get(note, ("", None))


@stack_rule(
    Declaration(
        name="alert-burn-rates",
        description="Burn rate alerts use the windows of the SRE workbook and the declared objective.",
        why="Other windows or bounds page too late, or for errors that the objective allows",
        clauses=("SRE workbook: alerting on SLOs, multiwindow, multi-burn-rate alerts",),
        types=(alert_series.RULES,),
        severity=Severity.HIGH,
        schema={
            "minimumPercent": {
                "type": "number",
                "minimum": 0,
                "maximum": 100,
                "default": 90,
                "description": "Lowest objective, in percent, that alerts may follow where none is declared.",
            }
        },
    )
)
def alert_burn_rates(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each PrometheusRule against its annotated objectives; one without annotations must be consistent."""
    recordings = alert_series.Recordings(resources)
    for owner in resources:
        burns: dict[Signal, list[Burn]] = defaultdict(list)
        for burn in (each for alert in alert_series.alerts_of(owner) for each in alert_series.burns(alert, recordings)):
            burns[burn.signal].append(burn)
        unknown = alert_series.hidden(owner) or next(
            (e["expr"] for e in alert_series.alerts_of(owner) if e["expr"].unknown), None
        )
        for note, signal in alert_series.OBJECTIVES.items():
            _evaluate_burns(owner, signal, burns[signal], owner.annotation(note), unknown, settings, verdict)


def _evaluate_burns(
    owner: Resource,
    signal: Signal,
    burns: Sequence[Burn],
    objective: Property,
    unknown: Property | None,
    settings: Settings,
    verdict: Verdict,
) -> None:
    declared = _share_that_may_fail(objective)
    if objective.unknown:
        verdict.undecided(owner, objective)
    elif objective.present and declared is None:
        verdict.violated(owner, f"declares no objective: {objective.path} is not a percentage")
    elif declared == 0 or (objective.missing and not burns):
        return
    else:
        budget = _implied(burns) if declared is None else declared
        if declared is None and 100 - budget * 100 < settings["minimumPercent"]:
            problem = f"has alerts of its {signal.name} for an objective below {settings['minimumPercent']:g} percent"
            verdict.violated(owner, problem)
        _evaluate_pairs(owner, signal, burns, budget, unknown, verdict)


def _evaluate_pairs(
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
    """Return the allowed share of failures for a percentage such as `99.9`."""
    written = re.fullmatch(r"\d{1,3}(\.\d+)?", objective.text or "")
    percent = float(written[0]) if written else math.inf
    return (100 - percent) / 100 if percent <= 100 else None


def _implied(burns: Sequence[Burn]) -> float:
    """Return the error budget that the slowest alert implies."""
    by_windows = {each.windows: each.threshold for each in burns}
    found = [by_windows[pair] / factor for factor, *windows in BURN_RATES if (pair := frozenset(windows)) in by_windows]
    return found[-1] if found else math.nan


ALARMS = clouds.alone("alarm-receivers")


@resource_rule(
    Declaration(
        name="alarm-receivers",
        description="Every alarm that a cloud raises on its own figures is sent to somebody.",
        why="An alert that nobody receives is useless",
        clauses=("runbooks: monitoring and alerts", *clouds.clauses("alarm-receivers")),
        types=ALARMS.keys(),
        severity=Severity.CRITICAL,
    )
)
def alarm_receivers(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the cloud's own alarms."""
    ALARMS[resource.type](resource, settings, verdict)


@stack_rule(
    Declaration(
        name="alert-receivers",
        description="Alerts of every severity that must be sent have a receiver.",
        why="An alert that nobody receives is useless",
        clauses=("runbooks: monitoring and alerts", "Prometheus: Alertmanager routing"),
        severity=Severity.CRITICAL,
        schema={
            "severities": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": ["critical", "warning"],
                "description": "Severities that need a receiver; a receiver without an integration does not count.",
            }
        },
    )
)
def alert_receivers(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the alerts of each PrometheusRule against the routes of its cluster's Alertmanager. If the stack declares
    that the cluster's owner runs it, the routes are the owner's."""
    cluster_of = _clusters(resources)
    written: dict[str, list[tuple[Resource, Property]]] = defaultdict(list)
    doubtful: dict[str, Property] = {}
    for cluster in (each for each in resources if each.type == referenced_clusters.TYPE):
        if (found := referenced_clusters.receivers(cluster)) is not None:
            written[_systems_cluster(cluster, resources)].append((cluster, found))
    for resource in (each for each in resources if each.type in (alertmanager.SECRET, alertmanager.RELEASE)):
        found, cluster = alertmanager.written_in(resource), cluster_of(resource)
        if found is not None:
            written[cluster].append((resource, found))
        elif (maybe := alertmanager.hidden(resource)) is not None:
            doubtful.setdefault(cluster, Property(maybe.value, f"{maybe.path} of {resource.name}"))
    severities = list(settings["severities"])
    sources: dict[str, list[Mapping[str, str]]] = defaultdict(lambda: [{"alertname": "Watchdog"}])
    for owner in (each for each in resources if each.type == alert_series.RULES):
        sources[cluster_of(owner)] += _all_labels(owner)
    configured = {cluster: _configured(each, verdict) for cluster, each in written.items()}
    owned = [
        each
        for each in resources
        if each.type == alert_series.RULES and each.annotation("alertmanager").text != "present"
    ]
    fired = {
        holder: [(rule, rule.firing(sources[cluster])) for rule in each.inhibitions]
        for cluster, (configurations, _) in configured.items()
        for holder, each in configurations.items()
    }
    for owner in owned:
        cluster, label_sets = cluster_of(owner), _label_sets(owner)
        configurations, unknown = configured.get(cluster, ({}, doubtful.get(cluster)))
        for severity in severities:
            sets = label_sets.get(severity, [])
            ways = {holder: [each.branches(labels) for labels in sets] for holder, each in configurations.items()}
            for holder, branches in ways.items():
                _evaluate_timing(holder, branches, verdict)
                _evaluate_inhibitions(holder, fired[holder], sets, severity, severities, verdict)
            heard = [
                any(alertmanager.always_notify(found[each]) for found in ways.values()) for each in range(len(sets))
            ]
            if all(heard):
                continue
            if unknown is not None:
                verdict.undecided(owner, unknown)
            elif cluster in written:
                problem = f"has no receiver for the {severity} alerts of {owner.name}: set `monitoring.alerting`"
                holder = written[cluster][0][0]
                key = "alerting" if holder.source.endswith("monitoring") else "monitoring.alerting"
                verdict.violated(holder, problem, key)
            else:
                verdict.violated(owner, f"has {severity} alerts that nobody receives: no Alertmanager is configured")


def _evaluate_timing(holder: Resource, ways: Sequence[Sequence[alertmanager.Route]], verdict: Verdict) -> None:
    """Check that notifications are not hours late, and that they are repeated."""
    late = set()
    for branches in filter(None, ways):
        for key, longest in LONGEST_WAITS.items():
            if min(seconds(getattr(each.timing, key)) for each in branches) > longest:
                late.add((key, longest))
    for key, longest in sorted(late):
        verdict.violated(holder, f"lets alerts wait too long: {key} is more than {longest // 60} minutes")


def _evaluate_inhibitions(
    holder: Resource,
    inhibitions: Sequence[tuple[alertmanager.Inhibition, Sequence[Mapping[str, str]]]],
    sets: Sequence[Mapping[str, str]],
    severity: str,
    severities: Sequence[str],
    verdict: Verdict,
) -> None:
    """Check that an inhibiting alert is more severe and of the same system. Each inhibition is given with the alerts
    that it is caused by."""
    worse = severities[: severities.index(severity)]
    for number, (rule, firing) in enumerate(inhibitions):
        if any(rule.silences(labels, worse, firing) for labels in sets):
            verdict.violated(holder, f"inhibits {severity} alerts too easily: inhibit_rules[{number}] matches too much")


CLOSED = "SystemClosed"
"""The alert of a system whose visitors see the maintenance page: it may keep all others of that system back."""


def _all_labels(owner: Resource) -> list[Mapping[str, str]]:
    """Return the labels of the alerts that may not keep more severe ones back; one whose expression reads nothing always
    fires and has no severity here."""
    found = []
    for alert in alert_series.alerts_of(owner):
        if alert["alert"].text == CLOSED:
            continue
        labels = {key: alert["labels"][key].text or "" for key in alert["labels"].keys}
        if alert["expr"].text is not None and not alert.selectors:
            labels.pop("severity", None)
        found.append({**labels, "alertname": alert["alert"].text or ""})
    return found


LONGEST_WAITS = {"group_wait": 300, "group_interval": 3600, "repeat_interval": 86_400}
"""Longest group_wait, group_interval and repeat_interval, in seconds."""
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}


@lru_cache(maxsize=1024)
def seconds(duration: str) -> float:
    """Return the seconds of a Prometheus duration such as `1h30m`; infinity if it is invalid."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", duration)
    whole = "".join(number + unit for number, unit in parts) == duration
    return sum(int(number) * _UNITS[unit] for number, unit in parts) if whole and parts else math.inf


def _configured(
    written: Sequence[tuple[Resource, Property]], verdict: Verdict
) -> tuple[dict[Resource, alertmanager.Configuration], Property | None]:
    """Return the known configurations of a cluster, and the first unknown in them."""
    found, unknown = {}, None
    for resource, text in written:
        if (inside := text.first_unknown) is not None:
            unknown = unknown or Property(inside.value, f"{inside.path} of {resource.name}")
        else:
            try:
                found[resource] = alertmanager.configuration(text)
            except alertmanager.NoConfiguration:
                verdict.violated(
                    resource, f"configures no Alertmanager: {text.path} is not a configuration with receivers"
                )
    return found, unknown


def _label_sets(owner: Resource) -> dict[str | None, list[Mapping[str, str]]]:
    """Return the label sets of alerts by their severity, without duplicates."""
    sets: dict[str | None, dict[tuple[tuple[str, str], ...], None]] = defaultdict(dict)
    for alert in alert_series.alerts_of(owner):
        labels = alert["labels"]
        named = {**{key: labels[key].text or "" for key in labels.keys}, "alertname": alert["alert"].text or ""}
        sets[labels["severity"].text][tuple(sorted(named.items()))] = None
    return {severity: [dict(each) for each in found] for severity, found in sets.items()}


def _systems_cluster(cluster: Resource, resources: Sequence[Resource]) -> str:
    """Return what `_clusters` calls a cluster that another stack has: the provider of its systems."""
    own = (each.urn for each in resources if each.type == PROVIDER and each.parent == cluster.urn)
    return next(own, cluster.urn)


def _clusters(resources: Sequence[Resource]) -> Callable[[Resource], str]:
    """Group providers by cluster; a provider that depends on objects of another one is a second provider of the same
    cluster."""
    by_urn = {each.urn: each for each in resources}
    first: dict[str, str] = {}
    for provider in (each for each in resources if each.type == PROVIDER):
        behind = [by_urn[urn] for urn in sorted(provider.dependencies) if urn in by_urn]
        ways = [each.provider for each in behind if each.package == "kubernetes" and each.provider]
        first[provider.urn] = ways[0] if ways else provider.urn
    return lambda resource: first.get(resource.provider, resource.provider)
