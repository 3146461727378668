"""Reading properties that may be missing, unknown or of any type, without an exception.

The SDK hands out properties as proxies that raise when an unknown is touched, which would end the judgement of all
that follows. A `Property` says instead what it found, and where.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pulumi_policy.proxy import UnknownValueError


class Absence(Enum):
    """Why a property has no value to judge."""

    MISSING = "is not set"
    UNKNOWN = "is not known before the update"


def path_below(path: str, key: str | int) -> str:
    """The path of what `key` holds in what stands at `path`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not key.replace("_", "").isalnum():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


@dataclass(frozen=True, slots=True)
class Property:
    """A value in a resource and its path, such as `spec.template.spec.containers[0].image`.

    A property of an unknown one is that unknown itself, so the path always names what was not known.
    """

    value: Any
    path: str = ""

    def __getitem__(self, key: str | int) -> Property:
        if self.unknown:
            return self
        path = path_below(self.path, key)
        try:
            return Property(self._at(key), path)
        except UnknownValueError:
            return Property(Absence.UNKNOWN, path)

    def _at(self, key: str | int) -> Any:
        found = None
        if isinstance(key, str) and isinstance(self.value, Mapping):
            found = self.value.get(key)
        elif isinstance(key, int) and isinstance(self.value, Sequence):
            found = self.value[key]
        return Absence.MISSING if found is None else found

    @property
    def unknown(self) -> bool:
        """Whether the value comes with the update only."""
        return self.value is Absence.UNKNOWN

    @property
    def missing(self) -> bool:
        """Whether it is unset or null."""
        return self.value is Absence.MISSING

    @property
    def present(self) -> bool:
        """Whether it is set, be its value known or not."""
        return not self.missing

    @property
    def mapping(self) -> bool:
        """Whether it is a mapping that is not empty."""
        return isinstance(self.value, Mapping) and len(self.value) > 0

    @property
    def text(self) -> str | None:
        """The value if it is text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def whole_number(self) -> int | None:
        """The value if it is a whole number; numbers travel as floats."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return int(value) if value == int(value) else None

    @property
    def first_unknown(self) -> Property | None:
        """The first unknown in it, itself included."""
        inside = [self[key] for key in self.keys] or self.elements()
        return self if self.unknown else next((found for each in inside if (found := each.first_unknown)), None)

    @property
    def keys(self) -> list[str]:
        """The keys of a mapping; none of anything else."""
        return list(self.value) if isinstance(self.value, Mapping) else []

    @property
    def listing(self) -> bool:
        """Whether it is a list, be it empty."""
        return isinstance(self.value, Sequence) and not isinstance(self.value, str)

    def elements(self) -> Iterator[Property]:
        """The elements of a list, each known or unknown; none of anything else."""
        if self.listing:
            yield from (self[index] for index in range(len(self.value)))
