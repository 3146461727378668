"""What keeps logs, for how long, and what gathers them: of clouds, of Elasticsearch, and of pods."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from frame import Absence, Property, Resource
from kinds.cluster_objects import Match
from kinds.documents import parsed

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"
RELEASE = "kubernetes:helm.sh/v3:Release"

Group = tuple[str, ...]
"""Logs of which one suffices."""


def requests(config: Resource) -> dict[str, Property]:
    """What Elasticsearch is told by the files of a ConfigMap: the body by path, as its file `requests` lists them."""
    lines = (config["data"]["requests"].text or "").splitlines()
    pairs = [line.split(" ", 1) for line in lines if " " in line]
    return {path: _document(config["data"][file]) for file, path in pairs}


def _document(text: Property) -> Property:
    """The JSON in a text; nothing where there is none."""
    if text.unknown:
        return text
    try:
        return Property(parsed(text.text or ""), text.path)
    except ValueError:
        return Property(Absence.MISSING, text.path)


def _of_policies(config: Resource) -> Iterator[Property]:
    for path, body in requests(config).items():
        if path.startswith("/_ilm/policy/"):
            yield body["policy"]["phases"]["delete"]["min_age"]


def _own(key: str) -> Callable[[Resource], Iterator[Property]]:
    return lambda resource: iter([resource[key]])


@dataclass(frozen=True)
class Keeper:
    """How a kind says for how long it keeps logs."""

    retentions: Callable[[Resource], Iterator[Property]]
    setting: str
    """Where users declare it."""


OF_CLUSTER = "kubernetes.logRetentionDays of the cluster"
KEEPERS: Mapping[str, Keeper] = {
    "aws:cloudwatch/logGroup:LogGroup": Keeper(_own("retentionInDays"), OF_CLUSTER),
    "azure-native:operationalinsights:Workspace": Keeper(_own("retentionInDays"), OF_CLUSTER),
    CONFIG_MAP: Keeper(_of_policies, "logs.retentionDays and logs.auditRetentionDays of the system"),
}


def days_of(retention: Property) -> int | None:
    """A number of days, or Elasticsearch's `30d`."""
    written = re.fullmatch(r"(\d{1,5})d", retention.text or "")
    return int(written[1]) if written else retention.whole_number


@dataclass(frozen=True)
class Exports:
    """Logs that a resource sends by itself."""

    property: str
    needed: tuple[Group, ...]


_OF_DATABASE = Exports("enabledCloudwatchLogsExports", (("postgresql", "audit"),))
EXPORTS: Mapping[str, Exports] = {
    "aws:eks/cluster:Cluster": Exports("enabledClusterLogTypes", (("audit",), ("authenticator",))),
    "aws:rds/instance:Instance": _OF_DATABASE,
    "aws:rds/cluster:Cluster": _OF_DATABASE,
    "aws:docdb/cluster:Cluster": Exports("enabledCloudwatchLogsExports", (("audit",),)),
}


@dataclass(frozen=True)
class Carrier:
    """Another resource that sends the logs of one."""

    type: str
    link: str
    """Its property that holds the id of the one whose logs it sends."""
    sent: Callable[[Resource], list[Property]]
    """The names of logs that it sends."""
    needed: tuple[Group, ...]


def _categories(setting: Resource) -> list[Property]:
    logs = setting["logs"]
    if logs.unknown:
        return [logs]
    on = [each for each in logs.elements() if each["enabled"].unknown or each["enabled"].value is True]
    return [each[key] for each in on for key in ("category", "categoryGroup") if each[key].present]


def _traffic(log: Resource) -> list[Property]:
    return [log["trafficType"]]


def _diagnostics(*needed: Group) -> Carrier:
    whole = tuple((*group, "audit", "allLogs") for group in needed)
    return Carrier("azure-native:monitor:DiagnosticSetting", "resourceUri", _categories, whole)


CARRIERS: Mapping[str, Carrier] = {
    "aws:ec2/vpc:Vpc": Carrier("aws:ec2/flowLog:FlowLog", "vpcId", _traffic, (("ALL", "REJECT"),)),
    "azure-native:containerservice:ManagedCluster": _diagnostics(("kube-audit", "kube-audit-admin"), ("guard",)),
    "azure-native:dbforpostgresql:Server": _diagnostics(("PostgreSQLLogs",)),
}


def carries(carrier: Resource, link: str, subject: Resource, others: set[str]) -> Match:
    """Whether `carrier` sends the logs of `subject`; `others` are the URNs of all that it might send those of."""
    held, own = carrier[link], subject["id"]
    if held.text is not None and own.text is not None:
        return Match.YES if held.text == own.text else Match.NO
    if subject.urn in carrier.dependencies:
        return Match.YES
    return Match.NO if carrier.dependencies & others or held.missing else Match.MAYBE


AGENT_CHART = "vector"
MASK = "[masked]"
_REQUIREMENT = re.compile(r"(!?)([\w./-]+)\s*(?:(notin|in)\s*\(([^)]*)\)|(!=|==?)\s*([\w./-]*))?")


@dataclass(frozen=True)
class Agent:
    """Vector on each node, as its chart is told."""

    release: Resource

    @property
    def config(self) -> Property:
        return self.release["values"]["customConfig"]

    def sources(self) -> list[Property]:
        """Where it reads lines of pods."""
        sources = self.config["sources"]
        found = [sources] if sources.unknown else [sources[name] for name in sources.keys]
        return [each for each in found if each.unknown or each["type"].text == "kubernetes_logs"]

    def gathers(self, labels: Property, namespace: Property) -> Match:
        """Whether some source reads the pods of these labels."""
        there = Property({"kubernetes.io/metadata.name": namespace.value}, namespace.path)
        pairs = ((each["extra_label_selector"], each["extra_namespace_label_selector"]) for each in self.sources())
        matches = (min(_picks(pods, labels), _picks(places, there)) for pods, places in pairs)
        return max(matches, default=Match.NO)

    def unmasked(self) -> list[str]:
        """The sinks that get lines of pods as they were written."""
        sinks = self.config["sinks"]
        return [name for name in sinks.keys if any(self._raw(each) for each in _inputs(sinks[name]))]

    def _raw(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether what goes by this name, or by this pattern, may hold a line that no transform masked."""
        sources, transforms = self.config["sources"], self.config["transforms"]
        if any(fnmatchcase(each, name) and sources[each]["type"].text == "kubernetes_logs" for each in sources.keys):
            return True
        passed = [each for each in transforms.keys if fnmatchcase(each, name) and each not in seen]
        return any(
            self._raw(before, seen | {each})
            for each in passed
            if not _masks(transforms[each])
            for before in _inputs(transforms[each])
        )


def _inputs(node: Property) -> list[str]:
    return [each.text or "" for each in node["inputs"].elements()]


def _masks(transform: Property) -> bool:
    """A line that its program fails on must be dropped, for it might not have been masked."""
    drops = all(transform[key].value is True for key in ("drop_on_error", "drop_on_abort"))
    return drops and transform["type"].text == "remap" and MASK in (transform["source"].text or "")


def _picks(selector: Property, labels: Property) -> Match:
    """Whether a selector in Kubernetes' short form picks these labels; without one, all are picked."""
    if selector.missing or selector.text == "":
        return Match.YES
    if selector.unknown or labels.unknown:
        return Match.MAYBE
    written = _REQUIREMENT.findall(selector.text or "")
    return min((_meets(labels, *each) for each in written), default=Match.NO)


def _meets(labels: Property, no: str, key: str, among: str, values: str, sign: str, value: str) -> Match:
    label = labels[key]
    if label.unknown:
        return Match.MAYBE
    if not among and not sign:
        return Match.YES if label.present is not bool(no) else Match.NO
    wanted = {each.strip() for each in values.split(",")} if among else {value}
    return Match.YES if (label.text in wanted) is (among == "in" or sign in ("=", "==")) else Match.NO


def cluster_of(resource: Resource) -> str:
    """The cluster that a provider stands for: one with this ending changes its systems, the other all else."""
    return resource.provider.rpartition("::")[2].removesuffix("-systems")
