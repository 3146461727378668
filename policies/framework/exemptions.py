"""Temporary exemptions: `exemptions.yaml`.

An exemption turns the violations of one rule by one resource into advice until it expires. An expired or unused
exemption is itself a violation (the rule `exemptions`), so the file is always current.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from framework import clock, context, data

FILE = data.FOLDER / "exemptions.yaml"
KEYS = ("rule", "stack", "resource", "reason", "owner", "since", "expires")
LONGEST = 90
"""The longest exemption, in days. Chosen: one quarter, so that each is reviewed every quarter."""
EXAMPLE = (
    "{rule: image-pins, stack: staging, resource: 'Deployment::fleet/fleet-api-blue', "
    "reason: the vendor signs on Monday, owner: platform@example.com, since: 2027-01-01, expires: 2027-01-31}"
)


class ExemptionsError(Exception):
    """Invalid content of `exemptions.yaml`."""


@dataclass(frozen=True)
class Exemption:
    """One entry; `line` is its first line, from 1."""

    rule: str
    stack: str
    resource: str
    """The end of a URN, from a `:` or `/` on: `Deployment::fleet/fleet-api-blue`."""
    reason: str
    owner: str
    since: date
    """First day on which it applies, in UTC."""
    expires: date
    """Last day on which it applies, in UTC."""
    line: int

    @property
    def place(self) -> str:
        return f"policies/{FILE.name}:{self.line}"

    @property
    def expired(self) -> bool:
        return clock.today() > self.expires

    @property
    def pending(self) -> bool:
        return clock.today() < self.since

    def covers(self, rule: str, urn: str) -> bool:
        """Return whether it exempts `urn` from `rule` today."""
        named = urn.endswith(self.resource) and urn.removesuffix(self.resource)[-1:] in ("", ":", "/", "$")
        return self.rule == rule and named and not self.expired and not self.pending

    def __str__(self) -> str:
        return f"Exempt until {self.expires}: {self.reason} ({self.owner}, {self.place})."


def covering(rule: str, urn: str | None) -> Exemption | None:
    """Return the exemption of this stack for `urn` and `rule`, and mark it as used."""
    found = next((each for each in of_stack() if urn and each.covers(rule, urn)), None)
    if found:
        _used.add(found)
    return found


def unused() -> list[Exemption]:
    """Return the exemptions of this stack that have not been used yet."""
    return [each for each in of_stack() if each not in _used]


@cache
def of_stack() -> tuple[Exemption, ...]:
    """Return the exemptions of the checked stack."""
    return tuple(each for each in read() if each.stack == context.STACK)


_used: set[Exemption] = set()


@cache
def read() -> tuple[Exemption, ...]:
    """Read every exemption. Raises ExemptionsError."""
    try:
        entries = data.read(FILE) if FILE.is_file() else None
    except data.UnreadableError as error:
        raise ExemptionsError(str(error)) from None
    root = yaml.compose(FILE.read_text(encoding="utf-8"), yaml.SafeLoader) if FILE.is_file() else None
    if root is None or entries is None:
        return ()
    if not isinstance(root, yaml.SequenceNode):
        raise ExemptionsError(f"policies/{FILE.name}: is not a list, for example [{EXAMPLE}]")
    return tuple(_entry(entry, node.start_mark.line + 1) for entry, node in zip(entries, root.value, strict=True))


def refuse_unknown(rules: Collection[str]) -> None:
    """Raise ExemptionsError if an exemption names an unknown rule."""
    for each in read():
        if each.rule not in rules:
            raise ExemptionsError(f"{each.place}: rule: {each.rule} is not a rule; `slipway policies` lists them")


def _entry(entry: Any, line: int) -> Exemption:
    where = f"policies/{FILE.name}:{line}"
    if not isinstance(entry, Mapping):
        raise ExemptionsError(f"{where}: is not a mapping, for example {EXAMPLE}")
    for key in entry:
        if key not in KEYS:
            raise ExemptionsError(f"{where}: {key}: is not a key of an exemption; allowed are {', '.join(KEYS)}")
    for key in KEYS[:-2]:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise ExemptionsError(f"{where}: {key}: is missing or not a string, for example {EXAMPLE}")
    days: dict[str, date] = {}
    for key in KEYS[-2:]:
        day = _day(entry.get(key))
        if day is None:
            raise ExemptionsError(f"{where}: {key}: is missing or not a date, for example 2027-01-31")
        days[key] = day
    if not 0 <= (days["expires"] - days["since"]).days <= LONGEST:
        raise ExemptionsError(
            f"{where}: expires: is not within {LONGEST} days after since, the first day on which it applies"
        )
    return Exemption(**{**entry, **days}, line=line)


def _day(value: Any) -> date | None:
    """Return a day, which YAML reads as text if it is quoted; None if it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value if type(value) is date else None
    except ValueError:
        return None
