"""The conditions that `pulumi up` waits for: the controller must have accepted the *current* generation of an object.

After a change, the status still describes the previous generation and would match at once. `condition=` compares
generations but reads only `status.conditions`, which routes and policies lack. Their conditions are below each parent,
where a path can compare them: the provider supports RFC 9535 paths since 4.24 (pulumi-kubernetes#3658), including `$`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.manifests.names import WAIT_FOR

OWN_GENERATION = "@.observedGeneration == $.metadata.generation"


def awaited(kind: str, spec: Mapping[str, Any]) -> dict[str, str]:
    """Returns the annotation of an object, or none if its kind has no condition to wait for."""
    wanted = list(_wanted(kind, spec))
    return {WAIT_FOR: json.dumps(wanted)} if wanted else {}


def _wanted(kind: str, spec: Mapping[str, Any]) -> Iterator[str]:
    if kind == "Gateway":
        yield from ("condition=Accepted", "condition=Programmed")
    elif kind == "GatewayClass":
        yield "condition=Accepted"
    elif kind.endswith("Route"):
        for parent in spec["parentRefs"]:
            place = f'$.status.parents[?@.parentRef.sectionName == "{parent["sectionName"]}"]'
            yield from (_condition(place, condition) for condition in ("Accepted", "ResolvedRefs"))
    elif kind.endswith("Policy") or kind == "EnvoyProxy":
        yield _condition("$.status.ancestors[*]", "Accepted")


def _condition(place: str, condition: str) -> str:
    return f'jsonpath={{{place}.conditions[?@.type == "{condition}" && {OWN_GENERATION}].status}}=True'
