"""The clouds that the pack knows: each folder here has a `CLOUD`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TypeVar

from adapters.clouds.contract import Cloud, Evaluation, Part
from framework import Resource, Settings, Verdict

V = TypeVar("V")

CLOUDS: Mapping[str, Cloud] = {
    found.package: found
    for found in (import_module(f"{__name__}.{each.name}").CLOUD for each in iter_modules(__path__) if each.ispkg)
}
"""Clouds by the package of their Pulumi provider."""


def table(of: Callable[[Cloud], Mapping[str, V]]) -> Mapping[str, V]:
    """Return the rows of every cloud."""
    empty: dict[str, V] = {}
    return reduce(or_, (dict(of(each)) for each in CLOUDS.values()), empty)


def types(of: Callable[[Cloud], Iterable[str]]) -> tuple[str, ...]:
    """Return the types of every cloud."""
    return tuple(each for cloud in CLOUDS.values() for each in of(cloud))


def _parts(rule: str) -> list[Part]:
    return [each.rules[rule] for each in CLOUDS.values() if rule in each.rules]


def clauses(rule: str) -> tuple[str, ...]:
    """Return the clouds' clauses of a rule."""
    return tuple(clause for part in _parts(rule) for clause in part.clauses)


def alone(rule: str) -> Mapping[str, Evaluation]:
    """Return the clouds' own checks of a rule on one resource, by type."""
    return reduce(or_, (dict(each.alone) for each in _parts(rule)), dict[str, Evaluation]())


def together(rule: str) -> tuple[str, ...]:
    """Return the types of the clouds' own checks of a rule on the stack."""
    return tuple(type_ for part in _parts(rule) for type_ in part.types)


def evaluate_together(rule: str, resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Run each cloud's own checks of a rule on the stack."""
    for part in _parts(rule):
        if part.together:
            part.together(resources, settings, verdict)
