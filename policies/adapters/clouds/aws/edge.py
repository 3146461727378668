"""How the edge of a static site splits visitors between slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.json_documents import parsed
from framework import Absence, Property, Resource

EDGE_KEY = "state"
"""Key of CloudFront's store with the weights of a site."""


def _of_edge(entry: Resource) -> Iterator[Sequence[Property]]:
    """Return the weights in the text of an entry; the text itself if it is unknown or has none."""
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


SHARES = {"aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey": _of_edge}
