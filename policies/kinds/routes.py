"""What shares visitors out among backends, and who gets how many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from frame import Absence, Property, Resource
from kinds.documents import parsed

ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
SERVICE = "kubernetes:core/v1:Service"
SLOT = "slipway.dev/slot"
EDGE_KEY = "state"
"""The key of CloudFront's store under which its function finds the weights of a site."""


@dataclass(frozen=True)
class Backend:
    """One of those that a rule of a route shares visitors among."""

    fields: Property

    @property
    def service(self) -> bool:
        """Whether it is a Service, which it is by default."""
        group, kind = self.fields["group"], self.fields["kind"]
        return (group.missing or group.text == "") and (kind.missing or kind.text == "Service")

    @property
    def name(self) -> Property:
        return self.fields["name"]

    @property
    def weight(self) -> Property:
        """One by default."""
        weight = self.fields["weight"]
        return Property(1, weight.path) if weight.missing else weight


def rules_of(route: Resource) -> Iterator[list[Backend]]:
    """The backends of each rule of an HTTPRoute; none where it answers by itself, and one unknown in place of those that
    are not known."""
    rules = route["spec"]["rules"]
    for rule in [rules] if rules.unknown else rules.elements():
        backends = rule["backendRefs"]
        yield [Backend(each) for each in ([backends] if backends.unknown else backends.elements())]


Shares = Sequence[Property]


def _of_route(route: Resource) -> Iterator[Shares]:
    """One backend alone gets all visitors, whatever its weight, unless that is nothing."""
    for backends in rules_of(route):
        weights = [each.weight for each in backends]
        alone = len(weights) == 1 and (weights[0].whole_number or 0) > 0
        yield [] if alone else weights


def _of_edge(entry: Resource) -> Iterator[Shares]:
    """The weights in the text of an entry; the text itself if that is unknown or says none."""
    if entry["key"].text != EDGE_KEY:
        return
    text = entry["value"]
    weights = Property(_parsed(text.text or ""), "value")["weights"]
    yield [text] if text.unknown or not weights.mapping else [weights[name] for name in weights.keys]


def _parsed(text: str) -> object:
    try:
        return parsed(text)
    except ValueError:
        return Absence.MISSING


SHARES: Mapping[str, Callable[[Resource], Iterator[Shares]]] = {
    ROUTE: _of_route,
    "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey": _of_edge,
}
"""The percentages that each kind shares visitors by: a group for each choice that it makes."""
