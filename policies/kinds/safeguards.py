"""Settings that keep a resource safe, as data: where each is and which of its values are safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frame import Property, Resource, Verdict


@dataclass(frozen=True, kw_only=True)
class Safeguard:
    """A setting that must have a safe value."""

    path: tuple[str, ...]
    safe: tuple[str | bool, ...] = ()
    """Any text that is not empty, if there are none."""
    by_default: bool = False
    """Whether the provider's own default is safe."""
    otherwise: str
    """What is wrong with a resource without it."""
    key: str = ""
    """Where its declaration mends that."""

    def judge(self, resource: Resource, verdict: Verdict, setting: Property | None = None) -> None:
        """Report `resource` unless the setting, by default that at the path, is safe."""
        setting = at(resource.properties, self.path) if setting is None else setting
        if setting.unknown and self.safe:
            verdict.undecided(resource, setting, self.key)
        elif setting.missing and not self.by_default:
            verdict.violated(resource, f"{self.otherwise}: {setting.path} is not set", self.key)
        elif setting.present and not setting.unknown and not self._holds(setting):
            verdict.violated(resource, f"{self.otherwise}: {setting.path} has another value than it must", self.key)

    def _holds(self, setting: Property) -> bool:
        return is_any_of(setting, self.safe) if self.safe else bool(setting.text)


def is_any_of(setting: Property, values: Sequence[str | bool]) -> bool:
    """Whether a known value is one of these; 1 is not `true`."""
    return any(type(setting.value) is type(each) and setting.value == each for each in values)


def at(properties: Property, path: Sequence[str]) -> Property:
    """What is at a path of keys."""
    for key in path:
        properties = properties[key]
    return properties
