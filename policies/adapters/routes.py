"""How traffic is split between backends, with their shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters import clouds
from framework import Property, Resource

ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
SERVICE = "kubernetes:core/v1:Service"
SLOT = "slipway.dev/slot"


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


def rules_of(route: Resource) -> Iterator[list[Backend]]:
    """Return the backends of each rule of an HTTPRoute; none if the rule answers itself, and one unknown for unknown
    backends."""
    rules = route["spec"]["rules"]
    for rule in [rules] if rules.unknown else rules.elements():
        backends = rule["backendRefs"]
        yield [Backend(each) for each in ([backends] if backends.unknown else backends.elements())]


Shares = Sequence[Property]


def _of_route(route: Resource) -> Iterator[Shares]:
    """Return the shares of a rule. A single backend gets all visitors, whatever its weight, unless that is zero."""
    for backends in rules_of(route):
        weights = [each.weight for each in backends]
        alone = len(weights) == 1 and (weights[0].whole_number or 0) > 0
        yield [] if alone else weights


SHARES: Mapping[str, Callable[[Resource], Iterator[Shares]]] = {
    ROUTE: _of_route,
    **clouds.table(lambda cloud: cloud.shares),
}
"""The percentages of each type, in a group for each choice."""
