"""All rules, one file per concern. The pack runs every file in this folder."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from framework.declaring import ResourceRule, Rule, StackRule

LAST = "exemptions"
"""Runs after the other rules and checks the exemptions that they used."""


def by_concern() -> Mapping[str, list[Rule]]:
    """Return the rules by file name, in the order in which they run."""
    names = sorted((each.name for each in iter_modules(__path__)), key=lambda name: (name == LAST, name))
    return {name: _rules(name) for name in names}


def every() -> list[Rule]:
    """Return all rules in the order in which they run."""
    return [rule for rules in by_concern().values() for rule in rules]


def _rules(concern: str) -> list[Rule]:
    module = import_module(f"{__name__}.{concern}")
    return [each for each in vars(module).values() if isinstance(each, ResourceRule | StackRule)]
