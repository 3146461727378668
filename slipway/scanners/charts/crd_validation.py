"""Kinds of custom resources as their CRDs define them, and the API server's strict validation of an object: types,
required and unknown fields, enumerations, patterns and bounds. Rules in CEL need a cluster (`make e2e`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from slipway.rehearsal.plan import SECRET, UNKNOWN
from slipway.scanners.charts.records import FOLDER

Schema = Mapping[str, Any]
_KEPT = frozenset(
    [
        "type",
        "properties",
        "items",
        "additionalProperties",
        "required",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "nullable",
        "anyOf",
        "oneOf",
        "allOf",
        "not",
        "x-kubernetes-int-or-string",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-embedded-resource",
    ]
)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": Mapping,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_META = frozenset(["apiVersion", "kind", "metadata"])


def slim(schema: Any) -> Any:
    """Return a schema without the parts that do not validate: descriptions, defaults, rules in CEL."""
    if isinstance(schema, list):
        return [slim(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: slim(each) for name, each in value.items()} if key == "properties" else slim(value)
        for key, value in schema.items()
        if key in _KEPT
    }


def lines(definitions: list[dict[str, Any]], wanted: frozenset[tuple[str, str]]) -> str:
    """Return a line of JSON for each kind of `wanted` (apiVersion, kind)."""
    found = {
        (f"{each['spec']['group']}/{version['name']}", each["spec"]["names"]["kind"]): version["schema"][
            "openAPIV3Schema"
        ]
        for each in definitions
        for version in each["spec"]["versions"]
        if version["served"]
    }
    kept = [
        {"apiVersion": kind[0], "kind": kind[1], "schema": slim(found[kind])} for kind in sorted(found.keys() & wanted)
    ]
    return "".join(json.dumps(each, separators=(",", ":"), sort_keys=True) + "\n" for each in kept)


@cache
def recorded() -> Mapping[tuple[str, str], Schema]:
    """Return every kind of the pinned charts that the plans use."""
    kinds = [
        json.loads(line)
        for file in sorted((FOLDER / "kinds").glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    return {(each["apiVersion"], each["kind"]): each["schema"] for each in kinds}


def problems(schema: Schema, found: Mapping[str, Any]) -> list[str]:
    """Return the reasons why an API server refuses the object, as with `kubectl apply --validate=strict`."""
    return list(_problems(schema, found, ""))


def _problems(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and (UNKNOWN in value or value == SECRET):
        return
    if value is None:
        if not schema.get("nullable"):
            yield f"{path}: must not be null"
        return
    yield from _misfits(schema, value, path)
    if isinstance(value, Mapping):
        yield from _fields(schema, value, path)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _problems(schema.get("items", {}), each, f"{path}[{index}]")


def _misfits(schema: Schema, value: Any, path: str) -> Iterator[str]:
    """Yield the problems of the value itself."""
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            yield f"{path}: must be a number or text, is {value!r}"
    elif (wanted := schema.get("type")) and not _is(wanted, value):
        yield f"{path}: must be of type {wanted}, is {value!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: must be one of {', '.join(map(str, schema['enum']))}, is {value!r}"
    if "pattern" in schema and isinstance(value, str) and not re.search(_python(schema["pattern"]), value):
        yield f"{path}: must match {schema['pattern']}, is {value!r}"
    yield from _out_of_bounds(schema, value, path)
    for each in schema.get("allOf", ()):
        yield from _problems(each, value, path)
    for kind, fits in (("anyOf", lambda number: number > 0), ("oneOf", lambda number: number == 1)):
        if kind in schema and not fits(sum(not any(_problems(each, value, path)) for each in schema[kind])):
            yield f"{path}: does not match {kind} of its schema"
    if "not" in schema and not any(_problems(schema["not"], value, path)):
        yield f"{path}: matches a schema that it must not match"


def _is(wanted: str, value: Any) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    whole = wanted == "integer" and isinstance(value, float) and value.is_integer()
    return whole or isinstance(value, _TYPES[wanted])


def _out_of_bounds(schema: Schema, value: Any, path: str) -> Iterator[str]:
    sized = {"Length": str, "Items": list}
    measures: list[tuple[str, float]] = [
        (ending, len(value)) for ending, kind in sized.items() if isinstance(value, kind)
    ]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        measures.append(("imum", value))
    for ending, measure in measures:
        if measure < schema.get(f"min{ending}", measure):
            yield f"{path}: min{ending} is {schema[f'min{ending}']}, it has {measure}"
        if measure > schema.get(f"max{ending}", measure):
            yield f"{path}: max{ending} is {schema[f'max{ending}']}, it has {measure}"


def _fields(schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name}: is required"
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    free = schema.get("x-kubernetes-preserve-unknown-fields") or others is True
    meta = _META if not path or schema.get("x-kubernetes-embedded-resource") else frozenset()
    for name, each in value.items():
        if name in meta:
            continue
        if name in known:
            yield from _problems(known[name], each, f"{path}.{name}")
        elif isinstance(others, Mapping):
            yield from _problems(others, each, f"{path}.{name}")
        elif not free and schema.get("type") == "object":
            yield f"{path}.{name}: is unknown"


def _python(pattern: str) -> str:
    """Convert a pattern from RE2 to Python's syntax."""
    return re.sub(r"\\z", r"\\Z", pattern)
