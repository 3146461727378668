"""A resource's state in the shape of the engine's `newState`: empty values left out, lists of URNs sorted.

Engine: pkg/resource/stack/deployment.go (SerializeResource).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from slipway.rehearsal import options, urns
from slipway.rehearsal.plan import Step
from slipway.rehearsal.transforms import Goal
from slipway.rehearsal.wire import ReadRequest, RegisterRequest


def created(
    urn: str,
    request: RegisterRequest,
    goal: Goal,
    *,
    inputs: Mapping[str, Any],
    provider: str,
    aliases: Iterable[str],
    source: str,
) -> Step:
    """Return the step of a registered resource: "import" if the program adopts an existing one, else "create"."""
    settled = goal.options
    import_id = getattr(settled, "import")
    state = {
        "inputs": inputs,
        "parent": request.parent,
        "protect": bool(options.protect_of(settled)),
        "dependencies": sorted(goal.dependencies),
        "provider": provider,
        "propertyDependencies": {key: sorted(found) for key, found in goal.property_dependencies.items()},
        "additionalSecretOutputs": list(settled.additional_secret_outputs),
        "aliases": list(aliases),
        "customTimeouts": options.timeouts(settled),
        "importID": import_id,
        "retainOnDelete": bool(options.retain_on_delete_of(settled)),
        "deletedWith": settled.deleted_with,
        "replaceWith": sorted(getattr(settled, "replace_with", ())),
        "ignoreChanges": list(settled.ignore_changes),
        "replaceOnChanges": list(settled.replace_on_changes),
        "resourceHooks": options.hook_names(settled),
        "sourcePosition": source,
    }
    op = "import" if import_id and request.custom else "create"
    return Step(op, urn, _state(urn, request.custom, state))


def read(urn: str, request: ReadRequest, *, inputs: Mapping[str, Any], provider: str, source: str) -> Step:
    """Return the step of a resource that the program reads and does not own."""
    state = {
        "id": request.id,
        "inputs": inputs,
        "parent": request.parent,
        "external": True,
        "dependencies": sorted(set(request.dependencies)),
        "provider": provider,
        "additionalSecretOutputs": list(request.additionalSecretOutputs),
        "sourcePosition": source,
    }
    return Step("read", urn, _state(urn, True, state))


def _state(urn: str, custom: bool, state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "urn": urn,
        "custom": custom,
        "type": urns.type_of(urn),
        **{key: value for key, value in state.items() if value},
    }
