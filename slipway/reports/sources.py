"""The setting that a resource comes from, according to its annotation or tag."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.rehearsal import Plan, Step

KEYS = ("slipway.dev/source", "slipway-source")


def source_of(plan: Plan, step: Step) -> str | None:
    """Return the source pointer of a resource, or of the nearest resource with the same parent that has one."""
    own = _pointer(step.inputs)
    if own is not None:
        return own
    family = [*plan.children_of(step.urn), *plan.children_of(step.parent)]
    pointers = [pointer for pointer in (_pointer(each.inputs) for each in family) if pointer]
    if pointers:
        return min(pointers, key=len)
    parent = plan.by_urn.get(step.parent)
    return source_of(plan, parent) if parent else None


def _pointer(inputs: Mapping[str, Any]) -> str | None:
    metadata = inputs.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    for holder in (annotations, inputs.get("tags")):
        if isinstance(holder, Mapping):
            found = next((holder[key] for key in KEYS if isinstance(holder.get(key), str)), None)
            if found:
                return found
    return None
