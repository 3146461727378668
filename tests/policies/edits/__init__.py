"""Edits of good plans, a file a concern: `CAUGHT` by rule and stack, and what a team does every day in `FINE` by stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules

from tests.policies.swift import Change

Caught = Mapping[str, Mapping[str, Sequence[Change]]]
Fine = Mapping[str, Sequence[Change]]


def caught() -> Caught:
    """Of all files."""
    found: dict[str, dict[str, list[Change]]] = defaultdict(lambda: defaultdict(list))
    for each in iter_modules(__path__):
        for rule, by_stack in getattr(import_module(f"{__name__}.{each.name}"), "CAUGHT", {}).items():
            for stack, changes in by_stack.items():
                found[rule][stack] += changes
    return found


def fine() -> Fine:
    """Of all files."""
    found: dict[str, list[Change]] = defaultdict(list)
    for each in iter_modules(__path__):
        for stack, changes in getattr(import_module(f"{__name__}.{each.name}"), "FINE", {}).items():
            found[stack] += changes
    return found
