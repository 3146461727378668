"""Marks of secret values: equal marks in two runs mean the same secret, and a mark does not reveal its secret."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Mapping, Sequence

SHOWN = 16
"""Hexadecimal digits of a mark. Chosen: 64 bits suffice to distinguish the secrets of a plan."""

Marked = Mapping[str, Mapping[str, Sequence[str]]]
"""Marks by URN and top-level property, sorted."""


class Marks:
    """Creates marks with a random key that both runs share and no report shows."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._found: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(self, urn: str, name: str, secret: str) -> None:
        digest = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256")
        self._found[urn][name].append(digest.hex()[:SHOWN])

    def to_json(self) -> dict[str, dict[str, list[str]]]:
        return {
            urn: {name: sorted(marks) for name, marks in properties.items()} for urn, properties in self._found.items()
        }
