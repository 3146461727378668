"""The receivers of alerts: Alertmanager's configuration in a Secret for its operator, or in the values of its chart."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import yaml

from adapters.promql import Matcher
from adapters.time_intervals import Interval, NoInterval, intervals, moments
from framework import Property, Resource

SECRET = "kubernetes:core/v1:Secret"
RELEASE = "kubernetes:helm.sh/v3:Release"
FILE = "alertmanager.yaml"

_MATCHER = re.compile(r"""\s*([A-Za-z_:][\w:]*)\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|([^"]*?))\s*""")


UNMUTED_IN_MAINTENANCE = (
    "MigrationFailed",
    "BackupTooOld",
    "RestoreTestFailed",
    "DatabaseDown",
    "ForbiddenLinesInLogs",
)
"""Alerts on data, which no maintenance may mute."""


class NoConfiguration(ValueError):
    """The text contains no configuration."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Wait and repeat times of a group of alerts, inherited from the parent route by default."""

    group_wait: str = "30s"
    group_interval: str = "5m"
    repeat_interval: str = "4h"


@dataclass(frozen=True)
class Route:
    """A route in the tree."""

    receiver: str
    """Its own receiver, or that of the nearest parent."""
    matchers: tuple[Matcher, ...]
    goes_on: bool
    """Whether the following routes are tried too (`continue`)."""
    branches: tuple[Route, ...]
    timing: Timing = Timing()
    mute: tuple[Interval, ...] = ()
    """Intervals in which it is muted; child routes have their own."""
    active: tuple[Interval, ...] | None = None
    """Intervals in which it is active, if it is not always active."""

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Return whether an alert with these labels matches. A route for all alerts except those on data is the mute of
        a system in maintenance and does not count."""
        return not self._is_maintenance and all(each.accepts(labels.get(each.label, "")) for each in self.matchers)

    @property
    def _is_maintenance(self) -> bool:
        if [(each.label, each.operator) for each in self.matchers] != [("alertname", "!~")]:
            return False
        return not any(self.matchers[0].accepts(each) for each in UNMUTED_IN_MAINTENANCE)

    def reached(self, labels: Mapping[str, str]) -> Iterator[Route]:
        """Return the routes at which a matching alert ends."""
        found = False
        for branch in self.branches:
            if branch.takes(labels):
                found = True
                yield from branch.reached(labels)
                if not branch.goes_on:
                    break
        if not found:
            yield self

    def is_active_at(self, moment: datetime) -> bool:
        """Return whether the route is active and not muted at that moment."""
        out = self.active is not None and not any(each.holds(moment) for each in self.active)
        return not out and not any(each.holds(moment) for each in self.mute)


@dataclass(frozen=True)
class Inhibition:
    """Inhibition of target alerts while a source alert with equal labels fires."""

    sources: tuple[Matcher, ...]
    targets: tuple[Matcher, ...]
    equal: frozenset[str]

    def firing(self, alerts: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
        """Return those of the alerts that cause the inhibition."""
        return [each for each in alerts if self._hits(self.sources, each)]

    def silences(self, labels: Mapping[str, str], worse: Sequence[str], firing: Sequence[Mapping[str, str]]) -> bool:
        """Return whether an alert may be inhibited although no more severe alert fires for the same object: by a less
        severe alert, by one that always fires, or by one of another system. `worse` has the higher severities,
        `firing` the alerts that cause the inhibition, with no severity for those that always fire."""
        if not self._hits(self.targets, labels):
            return False
        both = self._hits(self.sources, labels)  # Then only sources that are not targets themselves inhibit it.
        firing = [each for each in firing if not (both and self._hits(self.targets, each))]
        if both and not firing:
            return False
        if not self.equal & {"system", "namespace"}:
            return True
        lesser = [each for each in firing if each.get("severity") not in worse]
        if any(each.label == "alertname" and each.operator in ("=", "=~") for each in self.sources):
            return any(each.get("severity", "") in ("", "info") for each in lesser)
        return bool(lesser) or not any(each.label == "severity" for each in self.sources)

    @staticmethod
    def _hits(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
        return all(each.accepts(labels.get(each.label, "")) for each in matchers)


@dataclass(frozen=True)
class Configuration:
    """Routes, receivers that notify somebody, and inhibitions."""

    root: Route
    notifying: frozenset[str]
    inhibitions: tuple[Inhibition, ...] = ()

    def branches(self, labels: Mapping[str, str]) -> list[Route]:
        """Return the routes by which an alert with these labels reaches a receiver at any time."""
        return [each for each in self.root.reached(labels) if each.receiver in self.notifying]


def always_notify(branches: Sequence[Route]) -> bool:
    """Return whether an alert that takes these routes always reaches a receiver."""
    return _at_every_hour(tuple(branches))


@lru_cache(maxsize=4096)
def _at_every_hour(branches: tuple[Route, ...]) -> bool:
    if not branches or any(not each.mute and each.active is None for each in branches):
        return bool(branches)
    found = [interval for each in branches for interval in (*each.mute, *(each.active or ()))]
    return all(any(each.is_active_at(moment) for each in branches) for moment in moments(found))


def written_in(resource: Resource) -> Property | None:
    """Return the property with Alertmanager's configuration, if any; base64 if it is in the data of a Secret."""
    if resource.type == RELEASE:
        config = resource["values"]["alertmanager"]["config"]
        return config if config.present and not resource["values"].unknown else None
    for key in ("stringData", "data"):
        if resource[key][FILE].present and not resource[key].unknown:
            return resource[key][FILE]
    return None


def hidden(resource: Resource) -> Property | None:
    """Return the unknown property that may contain Alertmanager's configuration."""
    keys = ("values",) if resource.type == RELEASE else ("stringData", "data")
    return next((resource[key] for key in keys if resource[key].unknown), None)


def configuration(written: Property) -> Configuration:
    """Return the configuration in a known property. Raises NoConfiguration."""
    try:
        text = _text(written)
        return _configuration(_plain(written)) if text is None else _configured(text)
    except RecursionError as error:
        raise NoConfiguration from error


@lru_cache(maxsize=32)
def _configured(text: str) -> Configuration:
    """Cached, because several rules read the same texts, and PyYAML needs 50 ms for that of a large stack."""
    try:
        return _configuration(yaml.safe_load(text))
    except (yaml.YAMLError, ValueError) as error:  # An invalid date, such as `2024-13-45`.
        raise NoConfiguration from error


def _configuration(document: Any) -> Configuration:
    if not isinstance(document, dict):
        raise NoConfiguration
    route, receivers = document.get("route"), document.get("receivers")
    if not isinstance(route, dict) or not isinstance(receivers, list):
        raise NoConfiguration
    notifying = [each["name"] for each in receivers if isinstance(each, dict) and _has_integration(each)]
    named = _named_intervals(document)
    inhibitions = tuple(_inhibition(each) for each in _listed(document, "inhibit_rules") if isinstance(each, dict))
    names = frozenset(each for each in notifying if isinstance(each, str))
    return Configuration(_route(route, "", Timing(), named), names, inhibitions)


def _named_intervals(document: Mapping[str, Any]) -> Mapping[str, tuple[Interval, ...]]:
    """Return the intervals under either key; the older key is for mutes only."""
    found = {}
    for key in ("time_intervals", "mute_time_intervals"):
        for each in _listed(document, key):
            if not isinstance(each, dict):
                raise NoConfiguration
            try:
                found[str(each.get("name"))] = intervals(_listed(each, "time_intervals"))
            except NoInterval as error:
                raise NoConfiguration from error
    return found


def _inhibition(rule: Mapping[str, Any]) -> Inhibition:
    kinds = [
        tuple(
            _matchers(
                {
                    "matchers": rule.get(f"{each}_matchers"),
                    "match": rule.get(f"{each}_match"),
                    "match_re": rule.get(f"{each}_match_re"),
                }
            )
        )
        for each in ("source", "target")
    ]
    return Inhibition(kinds[0], kinds[1], frozenset(str(each) for each in _listed(rule, "equal")))


def _text(written: Property) -> str | None:
    """Return the text of the configuration; None if it is in the values of a chart."""
    if written.text is None or not written.path.startswith("data"):
        return written.text
    try:
        return base64.b64decode(written.text, validate=True).decode()
    except ValueError as error:
        raise NoConfiguration from error


def _plain(value: Property) -> Any:
    """Return the value without proxies, with null for unknowns."""
    if value.listing:
        return [_plain(each) for each in value.elements()]
    if isinstance(value.value, Mapping):
        return {key: _plain(value[key]) for key in value.keys}
    return None if value.unknown or value.missing else value.value


_TARGETS = (
    "api_key", "api_key_file", "api_url", "api_url_file", "channel", "chat_id", "chat_id_file", "routing_key",
    "routing_key_file", "room_id", "service_key", "service_key_file", "target_arn", "phone_number", "to", "token", "token_file",
    "topic_arn", "url", "url_file", "user_key", "user_key_file", "webhook_url", "webhook_url_file", "to_party", "to_user",
    "corp_id", "agent_id",
)  # fmt: skip
"""Keys of a receiver's targets."""
_NOWHERE = re.compile(r"https?://(localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\]|[\w.-]*\.(invalid|example|test))\b")


def _has_integration(receiver: Mapping[str, Any]) -> bool:
    ways = [value for key, value in receiver.items() if str(key).endswith("_configs")]
    return "name" in receiver and any(_sends(each) for way in ways if isinstance(way, list) for each in way)


def _sends(way: Any) -> bool:
    """Return whether a receiver has a target; a loopback address is none."""
    targets = [way[key] for key in _TARGETS if way.get(key)] if isinstance(way, dict) else []
    return bool(targets) and not any(isinstance(each, str) and _NOWHERE.match(each) for each in targets)


def _route(route: Mapping[str, Any], receiver: str, timing: Timing, named: Mapping[str, tuple[Interval, ...]]) -> Route:
    own = route.get("receiver", receiver)
    if not isinstance(own, str):
        raise NoConfiguration
    branches = _listed(route, "routes")
    if not all(isinstance(each, dict) for each in branches):
        raise NoConfiguration
    said = {each: str(route[each]) for each in ("group_wait", "group_interval", "repeat_interval") if each in route}
    timed = replace(timing, **said)
    active = _intervals_of(route, "active_time_intervals", named)
    return Route(
        own,
        tuple(_matchers(route)),
        route.get("continue") is True,
        tuple(_route(each, own, timed, named) for each in branches),
        timed,
        _intervals_of(route, "mute_time_intervals", named),
        active if route.get("active_time_intervals") else None,
    )


def _intervals_of(
    route: Mapping[str, Any], key: str, named: Mapping[str, tuple[Interval, ...]]
) -> tuple[Interval, ...]:
    names = [str(each) for each in _listed(route, key)]
    if any(each not in named for each in names):
        raise NoConfiguration
    return tuple(interval for each in names for interval in named[each])


def _matchers(route: Mapping[str, Any]) -> Iterator[Matcher]:
    """Return the matchers, including the forms of versions before 0.22."""
    for written in _listed(route, "matchers"):
        found = _MATCHER.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise NoConfiguration
        label, operator, quoted, bare = found.groups()
        yield Matcher(label, operator, bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    for key, operator in (("match", "="), ("match_re", "=~")):
        pairs = route.get(key) or {}
        if not isinstance(pairs, dict):
            raise NoConfiguration
        for label, value in pairs.items():
            yield Matcher(str(label), operator, str(value))


def _listed(route: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = route.get(key) or []
    if not isinstance(found, list):
        raise NoConfiguration
    return found
