"""Reads properties that may be missing, unknown or of any type, without exceptions.

The SDK returns properties as proxies that raise an exception when an unknown is accessed, which would end the
evaluation. A `Property` returns the unknown and its path instead. It also reads the values that the pack's own server
converts, in which an unknown is still its text on the wire.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from pulumi_policy import proxy
from pulumi_policy.proxy import UnknownValueError

_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
"""Texts that represent unknown values on the wire."""


class Absence(Enum):
    """The reason why a property has no value to check."""

    MISSING = "is not set"
    UNKNOWN = "is not known before the update"


PLAIN = frozenset({Absence, str, float, int, bool})
"""Types that have nothing within. Asking an abstract class about them takes most of the time of a look."""


def path_below(path: str, key: str | int) -> str:
    """Return the path of `key` within the value at `path`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not key.replace("_", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


Place = str | tuple["Place", str | int]
"""A path, or the place of the value around it and the key in that. It refers to no property, so that a resource that is
judged is freed at once: the properties around a value refer to it."""


def _path_at(place: Place) -> str:
    return place if isinstance(place, str) else path_below(_path_at(place[0]), place[1])


class Property:
    """A value in a resource and its path, such as `spec.template.spec.containers[0].image`.

    A property of an unknown value is that unknown itself, so the path always names the unknown value. Each value within
    is looked up once, since the rules of a resource read the same few. Paths are formatted lazily: rules read a hundred
    properties for each one that they report.
    """

    __slots__ = ("_inside", "_place", "value")

    def __init__(self, value: Any, place: Place = "") -> None:
        self.value = value
        self._place = place
        self._inside: dict[str | int, Property] | None = None

    def __repr__(self) -> str:
        return f"Property({self.value!r}, {self.path!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Property) and (self.value, self.path) == (other.value, other.path)

    def __hash__(self) -> int:
        return hash((self.value, self.path))

    @property
    def path(self) -> str:
        """The path in the resource; empty for the whole resource."""
        if not isinstance(place := self._place, str):
            place = self._place = _path_at(place)
        return place

    def __getitem__(self, key: str | int) -> Property:
        inside = self._inside
        if inside is None:
            if self.value is Absence.UNKNOWN:
                return self
            inside = self._inside = {}
        known = inside.get(key)
        if known is None:
            known = inside[key] = self._look_up(key)
        return known

    def _look_up(self, key: str | int) -> Property:
        value = self.value
        kind, found = type(value), None
        if kind is dict:
            found = value.get(key)
        elif kind is list:
            found = value[key] if isinstance(key, int) else None
        elif kind not in PLAIN:
            try:
                found = self._proxied(key)
            except UnknownValueError:
                found = Absence.UNKNOWN
        if found is None:
            found = Absence.MISSING
        elif type(found) is str and found in _UNKNOWNS:
            found = Absence.UNKNOWN
        return Property(found, (self._place, key))

    def _proxied(self, key: str | int) -> Any:
        """Return a value of one of the SDK's own mappings and lists. Raises UnknownValueError."""
        value = self.value
        if isinstance(key, str) and isinstance(value, Mapping):
            return value.get(key)
        return value[key] if isinstance(key, int) and isinstance(value, Sequence) else None

    @property
    def unknown(self) -> bool:
        """Whether the value is known only during the update."""
        return self.value is Absence.UNKNOWN

    @property
    def missing(self) -> bool:
        """Whether it is unset or null."""
        return self.value is Absence.MISSING

    @property
    def present(self) -> bool:
        """Whether it is set, even if its value is unknown."""
        return not self.missing

    @property
    def mapping(self) -> bool:
        """Whether it is a non-empty mapping."""
        return bool(self.value) if type(self.value) is dict else isinstance(self.value, Mapping) and len(self.value) > 0

    @property
    def text(self) -> str | None:
        """The value if it is text, else None."""
        return self.value if isinstance(self.value, str) else None

    @property
    def whole_number(self) -> int | None:
        """The value if it is a whole number, else None; numbers are floats on the wire."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return int(value) if value == int(value) else None

    @property
    def first_unknown(self) -> Property | None:
        """The first unknown in the value, including the value itself."""
        inside = [self[key] for key in self.keys] or self.elements()
        return self if self.unknown else next((found for each in inside if (found := each.first_unknown)), None)

    @property
    def keys(self) -> list[str]:
        """The keys of a mapping; empty for any other value."""
        value = self.value
        return list(value) if type(value) is dict or (type(value) not in PLAIN and isinstance(value, Mapping)) else []

    @property
    def listing(self) -> bool:
        """Whether it is a list, possibly empty."""
        value = self.value
        return type(value) is list or (
            type(value) not in PLAIN
            and type(value) is not dict
            and isinstance(value, Sequence)
            and not isinstance(value, str)
        )

    def elements(self) -> Iterator[Property]:
        """The elements of a list, known or unknown; empty for any other value."""
        if self.listing:
            yield from (self[index] for index in range(len(self.value)))
