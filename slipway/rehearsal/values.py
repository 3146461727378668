"""Property values on the wire: protobuf Structs with markers for secrets, unknowns, outputs, assets and references.

Everything here works on the Structs themselves: the SDK's own deserialiser lifts a nested secret to its top-level
property, while the engine leaves it in its place.

Engine: pkg/resource/plugin/rpc.go (MarshalPropertyValue).
"""

from __future__ import annotations

import math
import struct as binary
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from slipway.rehearsal import assets
from slipway.rehearsal.plan import SECRET, UNKNOWN

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
FLOAT_SIGNATURE = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"

UNKNOWNS = frozenset(
    {
        UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""The engine's placeholders for an unknown string, bool, number, array, asset, archive and object."""

MAX_PLAIN_INTEGER = 1e21
"""The smallest whole number that the engine's JSON writes with an exponent."""


class Sink(Protocol):
    """Receives what a property map's JSON cannot contain while it is converted."""

    reveals: bool
    """True if secrets remain readable in the JSON."""

    def within(self, name: str) -> None:
        """Start the property called `name`: what follows belongs to it."""

    def secret(self, text: str) -> None:
        """Record a secret string that was replaced by its marker."""

    def unhashed(self) -> None:
        """Report an asset without a hash, because its content is behind a network."""


def to_json(struct: Struct, sink: Sink) -> dict[str, Any]:
    """Return a property map as the engine displays it: top-level nulls dropped, secrets and unknowns as their markers.

    Each secret string is passed to `sink` and, unless that reveals, appears nowhere in the result. Assets in `struct`
    gain their hash.
    """
    found = {}
    for key, value in struct.fields.items():
        if value.WhichOneof("kind") != "null_value":
            sink.within(key)
            found[key] = _plain(value, sink)
    return found


def _plain(value: Value, sink: Sink) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWNS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields:
            return _marked(fields, sink)
        return {key: _plain(item, sink) for key, item in fields.items()}
    if kind == "list_value":
        return [_plain(item, sink) for item in value.list_value.values]
    if kind == "number_value":
        return _number(value.number_value)
    return value.bool_value if kind == "bool_value" else None


def _number(number: float) -> int | float | dict[str, str]:
    if not math.isfinite(number):
        return {SIGNATURE: FLOAT_SIGNATURE, "value": binary.pack(">d", number).hex()}
    return int(number) if number.is_integer() and abs(number) < MAX_PLAIN_INTEGER else number


def _marked(fields: Any, sink: Sink) -> Any:
    signature = fields[SIGNATURE].string_value
    if signature == SECRET_SIGNATURE:
        _reveal(fields["value"], sink)
        return _plain(fields["value"], sink) if sink.reveals else SECRET
    if signature == OUTPUT_SIGNATURE:
        if "secret" in fields and fields["secret"].bool_value:
            if "value" in fields:
                _reveal(fields["value"], sink)
            if not sink.reveals:
                return SECRET
        return _plain(fields["value"], sink) if "value" in fields else UNKNOWN
    if signature == RESOURCE_SIGNATURE:
        return _reference(fields)
    if signature in assets.SIGNATURES and not assets.ensure_hash(fields):
        sink.unhashed()
    return {key: _plain(item, sink) for key, item in fields.items() if item.string_value or key not in assets.TEXTS}


def _reference(fields: Any) -> dict[str, str]:
    reference = {SIGNATURE: RESOURCE_SIGNATURE, "urn": fields["urn"].string_value, "packageVersion": ""}
    if "packageVersion" in fields:
        reference["packageVersion"] = fields["packageVersion"].string_value
    if "id" in fields:
        identifier = fields["id"].string_value
        reference["id"] = "" if identifier in UNKNOWNS else identifier
    return reference


def _reveal(value: Value, sink: Sink) -> None:
    """Pass every string below a secret to `sink`, so that it is masked wherever else it appears."""
    kind = value.WhichOneof("kind")
    if kind == "string_value" and value.string_value not in UNKNOWNS:
        sink.secret(value.string_value)
    elif kind == "struct_value":
        for key, item in value.struct_value.fields.items():
            if key != SIGNATURE:
                _reveal(item, sink)
    elif kind == "list_value":
        for item in value.list_value.values:
            _reveal(item, sink)


def contains_unknowns(value: Value | Struct) -> bool:
    """Return whether a value contains an unknown, also inside a secret or an output."""
    if isinstance(value, Struct):
        fields = value.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == OUTPUT_SIGNATURE and "value" not in fields:
            return True
        return any(contains_unknowns(item) for item in fields.values())
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return value.string_value in UNKNOWNS
    if kind == "struct_value":
        return contains_unknowns(value.struct_value)
    return kind == "list_value" and any(contains_unknowns(item) for item in value.list_value.values)


def with_secrets(struct: Struct, keys: Iterable[str]) -> Struct:
    """Return a copy in which the named top-level properties are secret; a missing one becomes an unknown secret."""
    marked = Struct()
    marked.CopyFrom(struct)
    for key in set(keys):
        known = marked.fields[key] if key in marked.fields else Value(string_value=UNKNOWN)
        if not _is_marked(known, SECRET_SIGNATURE):
            marked.fields[key].CopyFrom(_special(SECRET_SIGNATURE, value=known))
    return marked


def as_outputs(struct: Struct, dependencies: Mapping[str, Iterable[str]]) -> Struct:
    """Return a property map as a transform sees it: secrets, unknowns and properties with dependencies are output
    values."""
    upgraded = Struct()
    for key, value in struct.fields.items():
        output = _upgraded(value)
        urns = set(dependencies.get(key, ()))
        if not urns <= output_dependencies(output):
            if not _is_marked(output, OUTPUT_SIGNATURE):
                output = _special(OUTPUT_SIGNATURE, value=output)
            all_urns = sorted(urns | output_dependencies(output))
            output.struct_value.fields["dependencies"].CopyFrom(_strings(all_urns))
        upgraded.fields[key].CopyFrom(output)
    return upgraded


def _upgraded(value: Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value" and value.string_value in UNKNOWNS:
        return _special(OUTPUT_SIGNATURE)
    if kind == "list_value":
        return Value(list_value=ListValue(values=[_upgraded(item) for item in value.list_value.values]))
    if kind != "struct_value":
        return value
    fields = value.struct_value.fields
    if not _is_marked(value, SECRET_SIGNATURE):
        return Value(struct_value=Struct(fields={key: _upgraded(item) for key, item in fields.items()}))
    inner = _upgraded(fields["value"])
    if not _is_marked(inner, OUTPUT_SIGNATURE):
        inner = _special(OUTPUT_SIGNATURE, value=inner)
    inner.struct_value.fields["secret"].bool_value = True
    return inner


def with_sealed(struct: Struct) -> tuple[Struct, list[str]]:
    """Return a copy in which each text that a preview or `pulumi stack output` shows in place of a secret is a secret
    too, and the names of the properties with one. It stays known: one unknown value hides the others from `get_output`."""
    sealed = {key: _sealed(value) for key, value in struct.fields.items()}
    return Struct(fields=sealed), sorted(key for key, value in sealed.items() if value != struct.fields[key])


def _sealed(value: Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return Value(list_value=ListValue(values=[_sealed(item) for item in value.list_value.values]))
    if kind == "struct_value":
        fields = {key: _sealed(item) for key, item in value.struct_value.fields.items()}
        return Value(struct_value=Struct(fields=fields))
    is_sealed = kind == "string_value" and value.string_value == SECRET
    return _special(SECRET_SIGNATURE, value=value) if is_sealed else value


def without_outputs(struct: Struct) -> Struct:
    """Return the opposite of `as_outputs`: output values become secrets, unknowns or plain values again."""
    return Struct(fields={key: _downgraded(value) for key, value in struct.fields.items()})


def _downgraded(value: Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return Value(list_value=ListValue(values=[_downgraded(item) for item in value.list_value.values]))
    if kind != "struct_value":
        return value
    fields = value.struct_value.fields
    if not _is_marked(value, OUTPUT_SIGNATURE):
        return Value(struct_value=Struct(fields={key: _downgraded(item) for key, item in fields.items()}))
    plain = _downgraded(fields["value"]) if "value" in fields else Value(string_value=UNKNOWN)
    is_secret = "secret" in fields and fields["secret"].bool_value
    return _special(SECRET_SIGNATURE, value=plain) if is_secret else plain


def output_dependencies(value: Value) -> set[str]:
    """Return the URNs on which the output values inside a value depend."""
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return set().union(*(output_dependencies(item) for item in value.list_value.values))
    if kind != "struct_value":
        return set()
    fields = value.struct_value.fields
    if not _is_marked(value, OUTPUT_SIGNATURE):
        return set().union(*(output_dependencies(item) for item in fields.values()))
    urns = (
        {item.string_value for item in fields["dependencies"].list_value.values} if "dependencies" in fields else set()
    )
    return urns | output_dependencies(fields["value"]) if "value" in fields else urns


def _is_marked(value: Value, signature: str) -> bool:
    if value.WhichOneof("kind") != "struct_value":
        return False
    fields = value.struct_value.fields
    return SIGNATURE in fields and fields[SIGNATURE].string_value == signature


def _special(signature: str, **fields: Value) -> Value:
    return Value(struct_value=Struct(fields={SIGNATURE: Value(string_value=signature), **fields}))


def _strings(texts: Iterable[str]) -> Value:
    return Value(list_value=ListValue(values=[Value(string_value=text) for text in texts]))
