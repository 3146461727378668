"""How traffic is split between backends, with their shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters import clouds
from framework import Property, Resource

ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
CONNECTIONS = ("kubernetes:gateway.networking.k8s.io/v1:TLSRoute", "kubernetes:gateway.networking.k8s.io/v1:TCPRoute")
"""Routes that lead connections, and read no request."""
ROUTES = (ROUTE, *CONNECTIONS)
SERVICE = "kubernetes:core/v1:Service"
SLOT = "slipway.dev/slot"
BYPASS = "x-slipway-bypass-token"
"""Header that smoke tests send, to routes of their own."""
UNUSED, NO_TEXT = "x-slipway-unused", r"[^\x00-\xFF]"
"""Header and pattern of rules that a route keeps for another of its states, and that no request matches: Envoy reads
bytes."""


@dataclass(frozen=True)
class Backend:
    """A backend of a route's rule."""

    fields: Property

    @property
    def service(self) -> bool:
        """Whether it is a Service, which is the default."""
        group, kind = self.fields["group"], self.fields["kind"]
        return (group.missing or group.text == "") and (kind.missing or kind.text == "Service")

    @property
    def name(self) -> Property:
        return self.fields["name"]

    @property
    def weight(self) -> Property:
        """Its weight, 1 by default."""
        weight = self.fields["weight"]
        return Property(1, weight.path) if weight.missing else weight


def rules_of(route: Resource, *, used: bool = False) -> Iterator[list[Backend]]:
    """Return the backends of each rule of a route; none if the rule answers itself, and one unknown for unknown
    backends. With `used`, no rule that the route keeps for another of its states."""
    for rule in _rules(route):
        if not (used and _is_unused(rule)):
            backends = rule["backendRefs"]
            yield [Backend(each) for each in ([backends] if backends.unknown else backends.elements())]


def serving(route: Resource) -> Iterator[Backend]:
    """Return the backends to which a route leads visitors who ask for no slot: those with a weight, in rules that
    share visitors or have no condition but a path and a method."""
    for rule in _rules(route):
        backends = [Backend(each) for each in rule["backendRefs"].elements()]
        conditions = _conditions(rule)
        asked = bool(conditions) and all(conditions)
        if not _is_unused(rule) and (len(backends) > 1 or not asked):
            yield from (each for each in backends if (each.weight.whole_number or 0) > 0)


def is_for_smoke_tests(route: Resource) -> bool:
    """Return whether no request reaches a Service by the route without the header of smoke tests."""
    asked = [_conditions(rule) or [[]] for rule in _rules(route)]
    return bool(asked) and all(any(map(_bypasses, headers)) for rule in asked for headers in rule)


def _rules(route: Resource) -> Iterator[Property]:
    rules = route["spec"]["rules"]
    yield from [rules] if rules.unknown else rules.elements()


def _conditions(rule: Property) -> list[list[Property]]:
    """Return the headers that each match of a rule asks for."""
    return [list(match["headers"].elements()) for match in rule["matches"].elements()]


def _bypasses(header: Property) -> bool:
    return (header["name"].text or "").lower() == BYPASS


def _is_unused(rule: Property) -> bool:
    conditions = _conditions(rule)
    return bool(conditions) and all(any(map(_never, each)) for each in conditions)


def _never(header: Property) -> bool:
    """Return whether a header's condition holds for no request."""
    kind, name, value = (header[each].text for each in ("type", "name", "value"))
    return (kind, (name or "").lower(), value) == ("RegularExpression", UNUSED, NO_TEXT)


Shares = Sequence[Property]


def _of_route(route: Resource) -> Iterator[Shares]:
    """Return the shares of a rule. A single backend gets all visitors, whatever its weight, unless that is zero."""
    for backends in rules_of(route):
        weights = [each.weight for each in backends]
        alone = len(weights) == 1 and (weights[0].whole_number or 0) > 0
        yield [] if alone else weights


def _of_connections(route: Resource) -> Iterator[Shares]:
    """Return the shares of a rule; none if it closes connections on purpose, because no backend has a weight."""
    for weights in _of_route(route):
        if any(each.unknown or each.whole_number != 0 for each in weights):
            yield weights


SHARES: Mapping[str, Callable[[Resource], Iterator[Shares]]] = {
    ROUTE: _of_route,
    **dict.fromkeys(CONNECTIONS, _of_connections),
    **clouds.table(lambda cloud: cloud.shares),
}
"""The percentages of each type, in a group for each choice."""
