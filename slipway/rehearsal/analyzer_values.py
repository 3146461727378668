"""Property values as the engine sends them to policy packs: unknowns and secrets remain, internal properties are
removed.

A reference to a resource becomes its id, or its URN if it has none; keys that begin with `__` are left out.

Engine: pkg/resource/plugin/analyzer_plugin.go (Analyze), pkg/resource/plugin/rpc.go (MarshalProperties).
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.values import (
    OUTPUT_SIGNATURE,
    RESOURCE_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE,
    UNKNOWNS,
    without_outputs,
)


def as_sent(properties: Struct) -> Struct:
    """Return the properties as a policy pack expects them; the same object if nothing had to change."""
    wire = properties.SerializeToString()
    if OUTPUT_SIGNATURE.encode() in wire:
        properties = without_outputs(properties)
    if RESOURCE_SIGNATURE.encode() in wire or b"__" in wire:
        return _cleaned(properties)
    return properties


def _cleaned(struct: Struct) -> Struct:
    return Struct(fields={key: _clean(value) for key, value in struct.fields.items() if not key.startswith("__")})


def _clean(value: Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return Value(list_value=ListValue(values=[_clean(item) for item in value.list_value.values]))
    if kind != "struct_value":
        return value
    fields = value.struct_value.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value == RESOURCE_SIGNATURE:
        return Value(
            string_value=(fields["id"].string_value or UNKNOWN) if "id" in fields else fields["urn"].string_value
        )
    return Value(struct_value=_cleaned(value.struct_value))


def secret_texts(properties: Struct) -> Iterator[str]:
    """Yield every text inside a secret of `properties`."""
    if SECRET_SIGNATURE.encode() in properties.SerializeToString():
        yield from _texts(Value(struct_value=properties), within=False)


def _texts(value: Value, within: bool) -> Iterator[str]:
    kind = value.WhichOneof("kind")
    if kind == "string_value" and within and value.string_value not in UNKNOWNS:
        yield value.string_value
    elif kind == "list_value":
        for item in value.list_value.values:
            yield from _texts(item, within)
    elif kind == "struct_value":
        fields = value.struct_value.fields
        secret = SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET_SIGNATURE
        for key, item in fields.items():
            if key != SIGNATURE:
                yield from _texts(item, within or secret)
