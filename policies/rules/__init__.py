"""All rules, a file a concern. A file that is put here is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from frame.declaring import ResourceRule, Rule, StackRule

LAST = "exemptions"
"""Judges what the others let through."""


def by_concern() -> Mapping[str, list[Rule]]:
    """The rules of each file, by its name; the order is that in which they run."""
    names = sorted((each.name for each in iter_modules(__path__)), key=lambda name: (name == LAST, name))
    return {name: _rules(name) for name in names}


def every() -> list[Rule]:
    """The rules in the order in which they run."""
    return [rule for rules in by_concern().values() for rule in rules]


def _rules(concern: str) -> list[Rule]:
    module = import_module(f"{__name__}.{concern}")
    return [each for each in vars(module).values() if isinstance(each, ResourceRule | StackRule)]
