"""Routes in the state that a status says, as pure functions."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from slipway.release.objects import SLOTS, UNUSED_HEADER, RouteStates, SlotName
from slipway.release.status import Status

BY_WEIGHT = "by-weight"
"""Beginning of the names of the rules whose backends have weights."""
ANY_LABEL = "slipway"
"""Label in place of the asterisk of a wildcard, below which every host is answered alike."""
WHOLE = 100
"""Percent of all visitors."""
Spec = Mapping[str, Any]


@dataclass(frozen=True)
class Position:
    """Where visitors go: to the maintenance page, or to slots by percent."""

    closed: bool
    weights: tuple[int, int] = (0, 0)
    """Percent of blue and of green; without meaning while closed."""

    @property
    def by_slot(self) -> dict[SlotName, int]:
        """Return the percent by slot; empty while closed."""
        return {} if self.closed else {"blue": self.weights[0], "green": self.weights[1]}


CLOSED = Position(True)


def position(status: Status) -> Position:
    """Return where visitors shall go; closed without weights, because nobody may decide for them."""
    if status.closed or not status.weights:
        return CLOSED
    return Position(False, (status.weights.get("blue", 0), status.weights.get("green", 0)))


def spec(route: RouteStates, wanted: Position) -> dict[str, Any]:
    """Return the spec of a route at a position."""
    if wanted.closed:
        return copy.deepcopy(route.closed)
    for weight, whole in zip(wanted.weights, (route.blue, route.green), strict=True):
        if weight == WHOLE:
            return copy.deepcopy(whole)
    split = copy.deepcopy(route.split)
    for backend in _weighted(split):
        backend["weight"] = wanted.by_slot.get(_slot(backend), 0)
    return split


def split_of(live: Spec) -> Position | None:
    """Return the split that a live route's weights say; None if it has none."""
    found: dict[Any, int] = {}
    for backend in _weighted(live):
        found[_slot(backend)] = backend.get("weight", 1)
    if set(found) != set(SLOTS) or sum(found.values()) != WHOLE:
        return None
    return Position(False, (found["blue"], found["green"]))


def covers(live: Any, wanted: Any) -> bool:
    """Return whether a live value is what was sent; the API server adds keys with their defaults, but no list items."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(key in live and covers(live[key], wanted[key]) for key in wanted)
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(live, list) or len(live) != len(wanted):
            return False
        return all(covers(one, other) for one, other in zip(live, wanted, strict=True))
    return live == wanted


class Question(NamedTuple):
    """A request that a visitor may send."""

    host: str
    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()


def questions(closed: Spec) -> Iterator[Question]:
    """Yield a request that a visitor may send to each host of a closed route; none for the route of smoke tests, whose
    rules all need a header with a value that only they know. A request without headers is asked first: a header may
    be that of a rule that does not apply."""
    matches = [match for rule in closed.get("rules") or () for match in rule.get("matches") or ({},)]
    for match in sorted(matches, key=lambda match: bool(match.get("headers"))):
        headers = match.get("headers") or ()
        if not any(header.get("type") == "RegularExpression" for header in headers):
            known = tuple((header["name"], header["value"]) for header in headers)
            path, method = match.get("path", {}).get("value", "/"), match.get("method", "GET")
            hosts = closed.get("hostnames") or ()
            yield from (Question(host.replace("*", ANY_LABEL, 1), path, method, known) for host in hosts)
            return


def _weighted(spec: Spec) -> Iterator[dict[str, Any]]:
    """Yield the backends of the rules that split visitors, unless these do not apply in this state."""
    for rule in spec.get("rules") or ():
        if (rule.get("name") or "").startswith(BY_WEIGHT) and not _is_unused(rule):
            yield from rule.get("backendRefs") or ()


def _is_unused(rule: Mapping[str, Any]) -> bool:
    headers = [header.get("name") for match in rule.get("matches") or () for header in match.get("headers") or ()]
    return UNUSED_HEADER in headers


def _slot(backend: Mapping[str, Any]) -> Any:
    return backend["name"].rpartition("-")[2]
