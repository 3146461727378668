"""Protective settings as data: their paths and safe values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from framework import Property, Resource, Verdict

PLAIN_AT_REST = "is not encrypted at rest"
PLAIN_ON_ITS_WAY = "accepts connections without TLS"
OLD_TLS = "accepts TLS older than 1.2"
EACH = "*"
"""In a path: every element of a list."""


@dataclass(frozen=True, kw_only=True)
class Safeguard:
    """A setting that must have a safe value."""

    path: tuple[str, ...]
    safe: tuple[str | bool, ...] = ()
    """Safe values; empty means any non-empty text."""
    by_default: bool = False
    """Whether the provider's default is safe."""
    otherwise: str
    """The problem of a resource without it."""
    key: str = ""
    """The source's key that fixes it."""
    value: bool | None = None
    """The value of that key that fixes it, if known."""

    def evaluate(self, resource: Resource, verdict: Verdict, setting: Property | None = None) -> None:
        """Report `resource` unless the setting, by default each one at the path, is safe."""
        for each in every(resource.properties, self.path) if setting is None else (setting,):
            self._evaluate(resource, each, verdict)

    def _evaluate(self, resource: Resource, setting: Property, verdict: Verdict) -> None:
        if setting.unknown and self.safe:
            verdict.undecided(resource, setting, self.key)
        elif setting.missing and not self.by_default:
            verdict.violated(resource, f"{self.otherwise}: {setting.path} is not set", self.key, self.value)
        elif setting.present and not setting.unknown and not self._holds(setting):
            verdict.violated(resource, f"{self.otherwise}: {setting.path} has the wrong value", self.key, self.value)

    def _holds(self, setting: Property) -> bool:
        return is_any_of(setting, self.safe) if self.safe else bool(setting.text)


def is_any_of(setting: Property, values: Sequence[str | bool]) -> bool:
    """Return whether a known value is one of these; 1 does not equal `true`."""
    return any(type(setting.value) is type(each) and setting.value == each for each in values)


def every(properties: Property, path: Sequence[str]) -> Iterator[Property]:
    """Return the properties at a path that may lead through lists."""
    for depth, key in enumerate(path):
        if key == EACH and not properties.unknown:
            for each in properties.elements():
                yield from every(each, path[depth + 1 :])
            return
        properties = properties[key]
    yield properties


def at(properties: Property, path: Sequence[str]) -> Property:
    """Return the property at a path of keys."""
    for key in path:
        properties = properties[key]
    return properties
