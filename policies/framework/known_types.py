"""The types that the pack knows: `types.yaml` has the types that the program creates with their checks, and its
components.

The file is generated from the plans of all stacks (`make policies`); the rule `known-types` rejects every other type.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from framework import data

FILE = data.file("types.yaml")


class TypesError(Exception):
    """`types.yaml` was not written by `make policies`."""


@cache
def _document() -> Mapping[str, Any]:
    try:
        document = yaml.load(FILE.read_text(encoding="utf-8"), data.LOADER)
        return {"types": dict(document["types"]), "components": frozenset(document["components"])}
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise TypesError(f"policies/{FILE.name}: cannot be read ({type(error).__name__}); run make policies") from None


def is_known(token: str) -> bool:
    """Return whether exactly this type, including its version, is known."""
    return token in _document()["types"]


def is_known_component(token: str) -> bool:
    """Return whether the program has this component."""
    return token in _document()["components"]


@cache
def packages() -> frozenset[str]:
    """Return the provider packages of the known types."""
    return frozenset(each.partition(":")[0] for each in _document()["types"])
