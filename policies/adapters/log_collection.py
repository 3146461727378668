"""Storage, retention and collection of logs: of clouds, of Elasticsearch, and of pods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from adapters import clouds
from adapters.clouds.contract import LogStore
from adapters.cluster_objects import Match
from adapters.json_documents import parsed
from framework import Absence, Property, Resource

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"
RELEASE = "kubernetes:helm.sh/v3:Release"


def requests(config: Resource) -> dict[str, Property]:
    """Return the requests to Elasticsearch in a ConfigMap: bodies by path, as its file `requests` lists them."""
    lines = (config["data"]["requests"].text or "").splitlines()
    pairs = [line.split(" ", 1) for line in lines if " " in line]
    return {path: _document(config["data"][file]) for file, path in pairs}


def _document(text: Property) -> Property:
    """Return the JSON in a text; a missing property if it is not JSON."""
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


LOG_STORES: Mapping[str, LogStore] = {
    **clouds.table(lambda cloud: cloud.log_stores),
    CONFIG_MAP: LogStore(_of_policies, "logs.retentionDays and logs.auditRetentionDays of the system"),
}
EXPORTS = clouds.table(lambda cloud: cloud.exports)
CARRIERS = clouds.table(lambda cloud: cloud.carriers)


def days_of(retention: Property) -> int | None:
    """Return a number of days, also from Elasticsearch's `30d`."""
    written = re.fullmatch(r"(\d{1,5})d", retention.text or "")
    return int(written[1]) if written else retention.whole_number


def carries(carrier: Resource, link: str, subject: Resource, others: set[str]) -> Match:
    """Return whether `carrier` exports the logs of `subject`; `others` are the URNs of all candidates."""
    held, own = carrier[link], subject["id"]
    if held.text is not None and own.text is not None:
        return Match.YES if held.text == own.text else Match.NO
    if subject.urn in carrier.dependencies:
        return Match.YES
    return Match.NO if carrier.dependencies & others or held.missing else Match.MAYBE


_AGENT_CHART = "vector"
MASK = "[masked]"
_REQUIREMENT = re.compile(r"(!?)([\w./-]+)\s*(?:(notin|in)\s*\(([^)]*)\)|(!=|==?)\s*([\w./-]*))?")


def is_agent(release: Resource) -> bool:
    """Return whether a release is the agent, by its chart from its own repository or from a mirror."""
    return (release["chart"].text or "").rpartition("/")[2] == _AGENT_CHART


@dataclass(frozen=True)
class Agent:
    """Vector on each node, as its chart's values configure it."""

    release: Resource

    @property
    def config(self) -> Property:
        return self.release["values"]["customConfig"]

    def sources(self) -> list[Property]:
        """Return its sources of pod logs."""
        sources = self.config["sources"]
        found = [sources] if sources.unknown else [sources[name] for name in sources.keys]
        return [each for each in found if each.unknown or each["type"].text == "kubernetes_logs"]

    def gathers(self, labels: Property, namespace: Property) -> Match:
        """Return whether a source reads pods with these labels."""
        there = Property({"kubernetes.io/metadata.name": namespace.value}, namespace.path)
        pairs = ((each["extra_label_selector"], each["extra_namespace_label_selector"]) for each in self.sources())
        matches = (min(_picks(pods, labels), _picks(places, there)) for pods, places in pairs)
        return max(matches, default=Match.NO)

    def unmasked(self) -> list[str]:
        """Return the sinks that receive unmasked lines of pods."""
        sinks = self.config["sinks"]
        return [name for name in sinks.keys if any(self._raw(each) for each in _inputs(sinks[name]))]

    def _raw(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        """Return whether this input, or a match of this pattern, may be a line that no transform masked."""
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
    """Return whether a transform masks lines; it must drop lines on error, because they might not be masked."""
    drops = all(transform[key].value is True for key in ("drop_on_error", "drop_on_abort"))
    return drops and transform["type"].text == "remap" and MASK in (transform["source"].text or "")


def _picks(selector: Property, labels: Property) -> Match:
    """Return whether a selector in Kubernetes' short form selects these labels; without a selector, all match."""
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
    """Return the cluster of a resource by its provider; one with this suffix manages the cluster's systems, the other
    everything else."""
    return resource.provider.rpartition("::")[2].removesuffix("-systems")
