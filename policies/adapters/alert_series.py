"""The series that alerts, recording rules and dashboards read, and the signals of services and databases.

An alert is matched by its expression, because nobody validates names and labels. A series of a recording rule
represents the series that the rule reads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from adapters import clouds, json_documents
from adapters.database_types import DATABASES
from adapters.promql import Comparison, Matcher, NotPromQL, Selector, parsed
from framework import Absence, Property, Resource

RULES = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DASHBOARD = "grafana_dashboard"
"""The label by which Grafana's sidecar finds dashboards."""

Series = Mapping[str, Property]
"""The known labels of a service's or a database's series, each a text or an unknown."""


@dataclass(frozen=True)
class Signal:
    """A condition to alert on, and its series."""

    name: str
    """Its name in messages."""
    metric: str
    """Pattern of the metric's name."""
    failures: str = ""
    """Label that is 5 for the series of failures, if only those show the condition."""

    def read_by(self, selector: Selector) -> bool:
        """Return whether `selector` reads it."""
        asked = selector.of(self.failures) if self.failures else []
        only_failures = any(each.accepts("5") and not each.accepts("2") for each in asked)
        return _fits(self.metric, selector.metric) and (only_failures or not self.failures)


ERRORS = Signal("error rate", "envoy_cluster_(upstream|external_upstream)_rq_xx", "envoy_response_code_class")
LATENCY = Signal("latency", "envoy_cluster_(upstream|external_upstream)_rq_time(_bucket|_sum|_count)?")
AVAILABILITY = Signal("availability", "kube_deployment_status_replicas_(available|unavailable|ready)")
PAGES = Signal("availability from outside", "probe_success")
SERVING = (ERRORS, LATENCY, AVAILABILITY)
"""Signals that need an alert for each service with a route."""
OBJECTIVES: Mapping[str, Signal] = {
    "objective-errors": ERRORS,
    "objective-latency": LATENCY,
    "objective-availability": PAGES,
}
"""Annotations of a PrometheusRule: the promised percentage of successful requests, of fast requests, and of successful
external probes."""
REQUESTS = Signal("requests", "envoy_cluster_(upstream|external_upstream)_rq_.+")
"""Signals on a dashboard of a service."""
SCHEDULE = Signal("backup age and restore test", "kube_cronjob_status_last_successful_time")


@dataclass(frozen=True)
class Store:
    """Signals that need an alert for a type of database or queue."""

    signals: Sequence[Signal]
    backed_up: bool = True
    """Whether CronJobs back it up and test the backups."""


_POSTGRES = Store((Signal("connectivity", "pg_up"), Signal("connections in use", "pg_stat_activity_count")))
STORES: Mapping[str, Store] = {
    **dict.fromkeys(clouds.types(lambda cloud: cloud.watched), _POSTGRES),
    "kubernetes:postgresql.cnpg.io/v1:Cluster": _POSTGRES,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": Store(
        (Signal("depth", "rabbitmq_queue_messages(_ready)?"), Signal("nodes", "rabbitmq_identity_info|rabbitmq_up")),
        backed_up=False,
    ),
}
"""Databases and queues that Prometheus monitors."""


def is_copy(store: Resource) -> bool:
    """Return whether a database is a replica, which is monitored with its source."""
    kind = DATABASES.get(store.type)
    return kind is not None and kind.copy(store).present


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule in a group of a PrometheusRule."""

    owner: Resource
    fields: Property

    def __getitem__(self, key: str) -> Property:
        return self.fields[key]

    @property
    def selectors(self) -> Sequence[Selector]:
        """Return the selectors of its expression; none if it is unknown or invalid."""
        return _selectors(self["expr"].text)


def alerts_of(owner: Resource) -> Iterator[Rule]:
    """Return the alerting rules, including those with an unknown name."""
    return (each for each in _rules_of(owner) if each["alert"].present)


def _rules_of(owner: Resource) -> Iterator[Rule]:
    for group in owner["spec"]["groups"].elements():
        for fields in group["rules"].elements():
            yield Rule(owner, fields)


class Recordings:
    """Recording rules of a stack, by cluster and series."""

    def __init__(self, owners: Iterable[Resource]) -> None:
        self._rules: dict[tuple[str, ...], list[Rule]] = defaultdict(list)
        for rule in (each for owner in owners for each in _rules_of(owner)):
            record = rule["record"].text
            if record is not None:
                self._rules[rule.owner.provider, record].append(rule)
                for label in rule["labels"].keys:
                    self._rules[rule.owner.provider, record, label, rule["labels"][label].text or ""].append(rule)

    def read(self, provider: str, selectors: Iterable[Selector]) -> Iterator[Selector]:
        """Return the series at the bottom of nested recording rules; recursion stops at a rule that reads itself."""
        yield from self._read(provider, selectors, frozenset())

    def _read(self, provider: str, selectors: Iterable[Selector], above: frozenset[str]) -> Iterator[Selector]:
        for selector in selectors:
            recorded = [] if selector.metric in above else self._recorded(provider, selector)
            for rule in recorded:
                rest = [each for each in selector.matchers if each.label not in rule["labels"].keys]
                for below in self._read(provider, rule.selectors, above | {selector.metric}):
                    yield Selector(below.metric, (*below.matchers, *rest), below.window)
            if not recorded:
                yield selector

    def _recorded(self, provider: str, selector: Selector) -> list[Rule]:
        """Return the rules that record the selected series; looks up by exact labels first."""
        exact = [each for each in selector.matchers if each.operator == "="]
        keys = [(provider, selector.metric, each.label, each.value) for each in exact]
        found = next((self._rules[key] for key in keys if key in self._rules), None)
        rules = found if found is not None else self._rules.get((provider, selector.metric), [])
        return [rule for rule in rules if all(_carries(rule, each) for each in selector.matchers)]


def _carries(rule: Rule, matcher: Matcher) -> bool:
    label = rule["labels"][matcher.label]
    return label.text is None or matcher.accepts(label.text)


class Readers:
    """The series that alerts, or dashboards, of each cluster read."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings
        self._selectors: dict[str, dict[Selector, None]] = defaultdict(dict)
        self._found: dict[tuple[str, Signal], list[Selector]] = {}
        self.unknown: dict[str, Property] = {}
        """Unknown expressions, which may read any series, by cluster."""

    def add(self, owner: Resource, expression: Property) -> None:
        """Add the series of one expression."""
        if expression.unknown:
            unknown = Property(Absence.UNKNOWN, f"{expression.path} of {owner.name}")
            self.unknown.setdefault(owner.provider, unknown)
        for found in self._recordings.read(owner.provider, _selectors(expression.text)):
            self._selectors[owner.provider][found] = None

    def cover(self, provider: str, signal: Signal, series: Series) -> bool | Property:
        """Return whether an expression reads this signal of these series, or the unknown that decides it."""
        doubt = None
        for selector in self._of(provider, signal):
            asked = [(series[each.label], each) for each in selector.matchers if each.label in series]
            if all(label.unknown or each.accepts(label.text or "") for label, each in asked):
                doubt = next((label for label, _ in asked if label.unknown), None)
                if doubt is None:
                    return True
        return doubt or self.unknown.get(provider) or False

    def _of(self, provider: str, signal: Signal) -> list[Selector]:
        key = provider, signal
        if key not in self._found:
            self._found[key] = [each for each in self._selectors[provider] if signal.read_by(each)]
        return self._found[key]


UNHEARD = ("info", "none")
"""Severities for which nobody is notified."""


def of_rules(owners: Sequence[Resource]) -> Readers:
    """Return the series that all alerts read."""
    readers = Readers(Recordings(owners))
    for owner in owners:
        if (unknown := hidden(owner)) is not None:
            readers.add(owner, unknown)
        for rule in alerts_of(owner):
            if rule["labels"]["severity"].text not in UNHEARD:
                readers.add(owner, rule["expr"])
    return readers


def hidden(owner: Resource) -> Property | None:
    """Return an unknown that may contain alerts."""
    groups = owner["spec"]["groups"]
    lists = [groups, *(each["rules"] for each in groups.elements())]
    rules = [rule for group in groups.elements() for rule in group["rules"].elements()]
    return next((each for each in [*lists, *rules] if each.unknown), None)


def dashboards(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Return the ConfigMaps that Grafana loads."""
    return (each for each in resources if each.type == CONFIG_MAP and each["metadata"]["labels"][DASHBOARD].present)


def is_document(text: str) -> bool:
    """Return whether a text is JSON."""
    return _document(text) is not None


def panels(owner: Resource) -> Iterator[Property]:
    """Return every expression in a dashboard's panels, including unknowns."""
    data = owner["data"]
    for file in [data] if data.unknown else [data[key] for key in data.keys]:
        if file.unknown:
            yield file
        yield from (Property(each, file.path) for each in _expressions(_document(file.text or "")))


def _expressions(document: Any) -> Iterator[str]:
    panels = document.get("panels") if isinstance(document, dict) else None
    for panel in panels if isinstance(panels, list) else []:
        yield from _expressions(panel)
        targets = panel.get("targets") if isinstance(panel, dict) else None
        for target in targets if isinstance(targets, list) else []:
            if isinstance(target, dict) and isinstance(target.get("expr"), str):
                yield target["expr"]


def _document(text: str) -> Any:
    try:
        return json_documents.parsed(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Burn:
    """Two windows, and the share of failures to exceed in both."""

    signal: Signal
    windows: frozenset[str]
    threshold: float


def burns(rule: Rule, recordings: Recordings) -> Iterator[Burn]:
    """Return the burn rates of an alert: pairs of windows of one signal with the same bound."""
    for sides in _alternatives(rule["expr"].text):
        readings = [list(recordings.read(rule.owner.provider, each.selectors)) for each in sides]
        windows = [{each.window for each in side} for side in readings]
        bounds = {(each.operator, each.bound) for each in sides}
        operator, bound = bounds.pop() if len(bounds) == 1 else ("", None)
        if len(sides) != 2 or operator != ">" or bound is None or any(len(each) != 1 or "" in each for each in windows):
            continue
        for signal in OBJECTIVES.values():
            if all(any(signal.read_by(each) for each in side) for side in readings):
                yield Burn(signal, frozenset.union(*map(frozenset, windows)), bound)


def _alternatives(text: str | None) -> Sequence[Sequence[Comparison]]:
    try:
        return parsed(text).alternatives if text else ()
    except NotPromQL:
        return ()


def _selectors(text: str | None) -> Sequence[Selector]:
    try:
        return parsed(text).selectors if text else ()
    except NotPromQL:
        return ()


@cache
def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None
