"""The properties that the result of a function has, by the class of its SDK."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

UNKNOWN_PROPERTY = "{place}: the result of {token} has no property '{name}': {fix}"


def misnamed(token: str, result: Mapping[str, Any], place: str) -> str:
    """Return what is said of a property that a function's result has not; empty if all are known, or no class is."""
    known = _properties(token)
    for name in result:
        if known and name not in known:
            return UNKNOWN_PROPERTY.format(place=place, token=token, name=name, fix=_fix(name, known))
    return ""


def _fix(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, 1)
    return f"did you mean '{close[0]}'?" if close else f"it has {', '.join(sorted(known))}"


def _properties(token: str) -> frozenset[str]:
    """Return the properties of a function's result, by the provider's names; none if its SDK has no class for it."""
    package, module, name = token.split(":")
    folder = module.partition("/")[0].replace("-", "")
    path = f"pulumi_{package.replace('-', '_')}" + ("" if folder == "index" else f".{folder}")
    kind = getattr(sys.modules.get(path), f"{name[:1].upper()}{name[1:]}Result", None)
    properties = [
        each for base in getattr(kind, "__mro__", ()) for each in vars(base).values() if isinstance(each, property)
    ]
    return frozenset(found for each in properties if isinstance(found := getattr(each.fget, "_pulumi_name", None), str))
