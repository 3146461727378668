"""What is let through for a while: `exemptions.yaml`.

An exemption turns the violations of one rule by one resource into advice until the day that it expires. One that has
expired, or that nothing violates, is itself a violation (the rule `exemptions`), so the file tells what is true today.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[1] / "exemptions.yaml"
KEYS = ("rule", "stack", "resource", "reason", "owner", "expires")
EXAMPLE = (
    "{rule: image-pins, stack: staging, resource: 'Deployment::fleet/fleet-api-blue', "
    "reason: the vendor signs on Monday, owner: platform@example.com, expires: 2027-01-31}"
)


class ExemptionsError(Exception):
    """`exemptions.yaml` says what cannot be understood."""


@dataclass(frozen=True)
class Exemption:
    """One entry; `line` is where it begins, from 1."""

    rule: str
    stack: str
    resource: str
    """The end of a URN, from a `:` or `/` on: `Deployment::fleet/fleet-api-blue`."""
    reason: str
    owner: str
    expires: date
    """The last day on which it holds, UTC."""
    line: int

    @property
    def place(self) -> str:
        return f"policies/{FILE.name}:{self.line}"

    @property
    def expired(self) -> bool:
        return datetime.now(UTC).date() > self.expires

    def covers(self, rule: str, urn: str) -> bool:
        """Whether it lets `urn` break `rule` today."""
        named = urn.endswith(self.resource) and urn.removesuffix(self.resource)[-1:] in ("", ":", "/", "$")
        return self.rule == rule and named and not self.expired

    def __str__(self) -> str:
        return f"Exempt until {self.expires}: {self.reason} ({self.owner}, {self.place})."


def covering(rule: str, urn: str | None) -> Exemption | None:
    """The exemption of this run's stack that lets `urn` break `rule`, which is thereby used."""
    found = next((each for each in of_stack() if urn and each.covers(rule, urn)), None)
    if found:
        _used.add(found)
    return found


def unused() -> list[Exemption]:
    """Those of this run's stack that let nothing through so far."""
    return [each for each in of_stack() if each not in _used]


@cache
def of_stack() -> tuple[Exemption, ...]:
    """The exemptions of the stack named by `PULUMI_STACK`."""
    return tuple(each for each in read() if each.stack == os.environ.get("PULUMI_STACK"))


_used: set[Exemption] = set()


@cache
def read() -> tuple[Exemption, ...]:
    """Every exemption. Raises ExemptionsError."""
    root = yaml.compose(FILE.read_text(encoding="utf-8"), yaml.SafeLoader) if FILE.is_file() else None
    if root is None:
        return ()
    if not isinstance(root, yaml.SequenceNode):
        raise ExemptionsError(f"policies/{FILE.name}: is not a list, for example [{EXAMPLE}]")
    entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(_entry(entry, node.start_mark.line + 1) for entry, node in zip(entries, root.value, strict=True))


def refuse_unknown(rules: Collection[str]) -> None:
    """Raises ExemptionsError when an exemption is of a rule that does not exist."""
    for each in read():
        if each.rule not in rules:
            raise ExemptionsError(f"{each.place}: rule: {each.rule} is no rule; `slipway policies` lists them")


def _entry(entry: Any, line: int) -> Exemption:
    where = f"policies/{FILE.name}:{line}"
    if not isinstance(entry, Mapping):
        raise ExemptionsError(f"{where}: is not a mapping, for example {EXAMPLE}")
    for key in entry:
        if key not in KEYS:
            raise ExemptionsError(f"{where}: {key}: is no key of an exemption; known are {', '.join(KEYS)}")
    for key in KEYS[:-1]:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise ExemptionsError(f"{where}: {key}: is missing or no text, for example {EXAMPLE}")
    if type(entry.get("expires")) is not date:
        raise ExemptionsError(f"{where}: expires: is missing or no date, for example 2027-01-31")
    return Exemption(**entry, line=line)
