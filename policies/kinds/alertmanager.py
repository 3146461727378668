"""Whom Alertmanager tells: its configuration in a Secret for its operator, or in the values of its chart."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from frame import Property, Resource
from kinds.promql import Matcher

SECRET = "kubernetes:core/v1:Secret"
RELEASE = "kubernetes:helm.sh/v3:Release"
FILE = "alertmanager.yaml"

_MATCHER = re.compile(r"""\s*([A-Za-z_:][\w:]*)\s*(=~|!~|!=|=)\s*(?:"((?:\\.|[^"\\])*)"|([^"]*?))\s*""")


class NoConfiguration(ValueError):
    """The text configures nothing."""


@dataclass(frozen=True)
class Route:
    """A branch of the tree that an alert goes down."""

    receiver: str
    """Its own, or that of the nearest branch above."""
    matchers: tuple[Matcher, ...]
    goes_on: bool
    """Whether the branches after it are tried too."""
    branches: tuple[Route, ...]

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels goes down here. A branch for alerts by their name is none for a severity:
        that is how single alerts are silenced."""
        return all(each.label != "alertname" and each.accepts(labels.get(each.label, "")) for each in self.matchers)

    def reached(self, labels: Mapping[str, str]) -> Iterator[str]:
        """Names of the receivers that hear of an alert which has come here."""
        found = False
        for branch in self.branches:
            if branch.takes(labels):
                found = True
                yield from branch.reached(labels)
                if not branch.goes_on:
                    break
        if not found:
            yield self.receiver


@dataclass(frozen=True)
class Configuration:
    """Routes, and which receivers tell anybody."""

    root: Route
    telling: frozenset[str]

    def tells(self, labels: Mapping[str, str]) -> bool:
        """Whether anybody hears of an alert with these labels."""
        return any(each in self.telling for each in self.root.reached(labels))


def written_in(resource: Resource) -> Property | None:
    """Where a resource configures Alertmanager, if it does; in a Secret that was made already, as base64."""
    if resource.type == RELEASE:
        config = resource["values"]["alertmanager"]["config"]
        return config if config.present and not resource["values"].unknown else None
    for key in ("stringData", "data"):
        if resource[key][FILE].present and not resource[key].unknown:
            return resource[key][FILE]
    return None


def hidden(resource: Resource) -> Property | None:
    """The unknown in a resource that may turn out to configure Alertmanager."""
    keys = ("values",) if resource.type == RELEASE else ("stringData", "data")
    return next((resource[key] for key in keys if resource[key].unknown), None)


def configuration(written: Property) -> Configuration:
    """What is known to be written there. Raises NoConfiguration."""
    try:
        return _configuration(_document(written))
    except RecursionError as error:
        raise NoConfiguration from error


def _configuration(document: Mapping[str, Any]) -> Configuration:
    route, receivers = document.get("route"), document.get("receivers")
    if not isinstance(route, dict) or not isinstance(receivers, list):
        raise NoConfiguration
    telling = [each["name"] for each in receivers if isinstance(each, dict) and _tells(each)]
    return Configuration(_route(route, ""), frozenset(each for each in telling if isinstance(each, str)))


def _document(written: Property) -> dict[str, Any]:
    text = written.text
    try:
        if text is not None and written.path.startswith("data"):
            text = base64.b64decode(text, validate=True).decode()
        document = yaml.safe_load(text) if text is not None else _plain(written)
    except (yaml.YAMLError, ValueError) as error:
        raise NoConfiguration from error
    if not isinstance(document, dict):
        raise NoConfiguration
    return document


def _plain(value: Property) -> Any:
    """The same without proxies; what is unknown is null."""
    if value.listing:
        return [_plain(each) for each in value.elements()]
    if isinstance(value.value, Mapping):
        return {key: _plain(value[key]) for key in value.keys}
    return None if value.unknown or value.missing else value.value


def _tells(receiver: Mapping[str, Any]) -> bool:
    ways = [value for key, value in receiver.items() if str(key).endswith("_configs")]
    return "name" in receiver and any(isinstance(each, list) and each for each in ways)


def _route(route: Mapping[str, Any], receiver: str) -> Route:
    own = route.get("receiver", receiver)
    if not isinstance(own, str):
        raise NoConfiguration
    branches = _listed(route, "routes")
    if not all(isinstance(each, dict) for each in branches):
        raise NoConfiguration
    return Route(
        own, tuple(_matchers(route)), route.get("continue") is True, tuple(_route(each, own) for each in branches)
    )


def _matchers(route: Mapping[str, Any]) -> Iterator[Matcher]:
    """Also in the forms of before version 0.22."""
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
