"""What alerts, recording rules and dashboards read, and which series tell how a service or a database fares.

An alert belongs to what its expression reads: names and labels of alerts are free text, which nobody checks. A series
that a recording rule makes stands for those that the rule reads.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from frame import Absence, Property, Resource
from kinds import documents
from kinds.databases import DATABASES
from kinds.promql import Comparison, Matcher, NotPromQL, Selector, parsed

RULES = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
MONITOR = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DASHBOARD = "grafana_dashboard"
"""The label by which Grafana's sidecar finds dashboards."""

Series = Mapping[str, Property]
"""The labels that are known of the series of one service or database, each a text or an unknown."""


@dataclass(frozen=True)
class Signal:
    """Something that alerts tell, and the series that it is read from."""

    name: str
    """As a message says it."""
    metric: str
    """A pattern of the metric's name."""
    failures: str = ""
    """The label of which the series of failures are 5, where only those tell it."""

    def read_by(self, selector: Selector) -> bool:
        """Whether `selector` reads it."""
        asked = selector.of(self.failures) if self.failures else []
        only_failures = any(each.accepts("5") and not each.accepts("2") for each in asked)
        return _fits(self.metric, selector.metric) and (only_failures or not self.failures)


ERRORS = Signal("error rate", "envoy_cluster_(upstream|external_upstream)_rq_xx", "envoy_response_code_class")
LATENCY = Signal("latency", "envoy_cluster_(upstream|external_upstream)_rq_time(_bucket|_sum|_count)?")
AVAILABILITY = Signal("availability", "kube_deployment_status_replicas_(available|unavailable|ready)")
PAGES = Signal("availability from outside", "probe_success")
SERVING = (ERRORS, LATENCY, AVAILABILITY)
"""What somebody must hear of, of each service that has visitors."""
OBJECTIVES: Mapping[str, Signal] = {
    "objective-errors": ERRORS,
    "objective-latency": LATENCY,
    "objective-availability": PAGES,
}
"""Notes on a PrometheusRule: the percent that must be good, of requests, of requests in time, of tries from outside."""
REQUESTS = Signal("requests", "envoy_cluster_(upstream|external_upstream)_rq_.+")
"""What a dashboard of a service shows."""
SCHEDULE = Signal("backup age and restore test", "kube_cronjob_status_last_successful_time")


@dataclass(frozen=True)
class Store:
    """What somebody must hear of, of a kind of database or queue."""

    signals: Sequence[Signal]
    backed_up: bool = True
    """Whether CronJobs back it up and test that."""


_POSTGRES = Store((Signal("connectivity", "pg_up"), Signal("connections in use", "pg_stat_activity_count")))
STORES: Mapping[str, Store] = {
    "aws:rds/instance:Instance": _POSTGRES,
    "azure-native:dbforpostgresql:Server": _POSTGRES,
    "kubernetes:postgresql.cnpg.io/v1:Cluster": _POSTGRES,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": Store(
        (Signal("depth", "rabbitmq_queue_messages(_ready)?"), Signal("nodes", "rabbitmq_identity_info|rabbitmq_up")),
        backed_up=False,
    ),
}
"""Databases and queues that Prometheus watches."""


def is_copy(store: Resource) -> bool:
    """Whether a database is a copy, which is watched beside its source."""
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
        """What it reads; nothing if that is unknown or no expression."""
        return _selectors(self["expr"].text)


def alerts_of(owner: Resource) -> Iterator[Rule]:
    """The rules that alert, also those of which the name is unknown."""
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
        """The series at the bottom of what is read; a recording rule that reads itself is read once."""
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
        """Rules whose series it reads; first asked for by the labels that they have in so many words."""
        exact = [each for each in selector.matchers if each.operator == "="]
        keys = [(provider, selector.metric, each.label, each.value) for each in exact]
        found = next((self._rules[key] for key in keys if key in self._rules), None)
        rules = found if found is not None else self._rules.get((provider, selector.metric), [])
        return [rule for rule in rules if all(_carries(rule, each) for each in selector.matchers)]


def _carries(rule: Rule, matcher: Matcher) -> bool:
    label = rule["labels"][matcher.label]
    return label.text is None or matcher.accepts(label.text)


class Readers:
    """Which series the alerts, or the dashboards, of each cluster read."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings
        self._selectors: dict[str, dict[Selector, None]] = defaultdict(dict)
        self._found: dict[tuple[str, Signal], list[Selector]] = {}
        self.unknown: dict[str, Property] = {}
        """What is not known yet and may read anything, by cluster."""

    def add(self, owner: Resource, expression: Property) -> None:
        """Count what one expression reads."""
        if expression.unknown:
            unknown = Property(Absence.UNKNOWN, f"{expression.path} of {owner.name}")
            self.unknown.setdefault(owner.provider, unknown)
        for found in self._recordings.read(owner.provider, _selectors(expression.text)):
            self._selectors[owner.provider][found] = None

    def cover(self, provider: str, signal: Signal, series: Series) -> bool | Property:
        """Whether one reads this signal of these series; the unknown on which that hangs."""
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


def of_rules(owners: Sequence[Resource]) -> Readers:
    """What all alerts read."""
    readers = Readers(Recordings(owners))
    for owner in owners:
        if (unknown := hidden(owner)) is not None:
            readers.add(owner, unknown)
        for rule in alerts_of(owner):
            readers.add(owner, rule["expr"])
    return readers


def hidden(owner: Resource) -> Property | None:
    """An unknown that may hold whole alerts."""
    groups = owner["spec"]["groups"]
    lists = [groups, *(each["rules"] for each in groups.elements())]
    rules = [rule for group in groups.elements() for rule in group["rules"].elements()]
    return next((each for each in [*lists, *rules] if each.unknown), None)


def dashboards(resources: Iterable[Resource]) -> Iterator[Resource]:
    """ConfigMaps that Grafana shows."""
    return (each for each in resources if each.type == CONFIG_MAP and each["metadata"]["labels"][DASHBOARD].present)


def is_document(text: str) -> bool:
    """Whether a text is JSON."""
    return _document(text) is not None


def panels(owner: Resource) -> Iterator[Property]:
    """Every expression in the panels of a dashboard; what is unknown as it is."""
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
        return documents.parsed(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Burn:
    """A pair of windows, and the share of failures that is too much in both."""

    signal: Signal
    windows: frozenset[str]
    threshold: float


def burns(rule: Rule, recordings: Recordings) -> Iterator[Burn]:
    """How an alert tells that errors use up what an objective allows too fast: by two windows of one signal, each above
    the same bound."""
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
