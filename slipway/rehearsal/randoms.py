"""Values of Pulumi's provider `random`, computed from a seed: the same value for the same resource and inputs."""

from __future__ import annotations

import base64
import hashlib
import json
import string
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import values

PREFIX = "random:index/"
SYMBOLS = "!@#$%&*()-_=+[]{}<>:?"
BYTES_A_CHOICE = 8
"""Bytes that choose one of at most a hundred characters. Chosen: so many that the bias of the choice is negligible."""

Inputs = Mapping[str, Any]


class Source:
    """A stream of bytes that cannot be predicted without the seed."""

    def __init__(self, seed: str, urn: str, inputs: Inputs) -> None:
        self._key = json.dumps([seed, urn, inputs], sort_keys=True).encode()
        self._drawn = 0

    def draw(self, length: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._drawn.to_bytes(8, "big") + self._key).digest(length)

    def below(self, limit: int) -> int:
        return int.from_bytes(self.draw(BYTES_A_CHOICE), "big") % limit


def answered(resource_type: str, outputs: Struct, urn: str, seed: str) -> Struct:
    """Return the outputs including those that the provider would add. Unknown inputs leave the result unknown."""
    maker = MAKERS.get(resource_type.removeprefix(PREFIX)) if resource_type.startswith(PREFIX) else None
    if maker is None or values.contains_unknowns(outputs):
        return outputs
    inputs = MessageToDict(outputs)
    made = Struct()
    made.CopyFrom(outputs)
    made.update(maker(inputs, Source(seed, urn, inputs)))
    return made


def _text(inputs: Inputs, source: Source) -> Inputs:
    """Return a text with the required number of characters of each class, the rest from all classes, shuffled."""
    classes = {
        "Upper": string.ascii_uppercase,
        "Lower": string.ascii_lowercase,
        "Numeric": string.digits,
        "Special": inputs.get("overrideSpecial") or SYMBOLS,
    }
    allowed = "".join(letters for name, letters in classes.items() if _wants(inputs, name))
    wanted = [letters for name, letters in classes.items() for _ in range(int(inputs.get(f"min{name}", 0)))]
    wanted += [allowed] * (int(inputs["length"]) - len(wanted))
    found = [letters[source.below(len(letters))] for letters in wanted]
    return {"result": "".join(sorted(found, key=lambda _: source.draw(BYTES_A_CHOICE)))}


def _wants(inputs: Inputs, name: str) -> bool:
    older = inputs.get("number", True) if name == "Numeric" else True
    return bool(inputs.get(name.lower(), older))


def _bytes(inputs: Inputs, source: Source) -> Inputs:
    made = source.draw(int(inputs["length"]))
    return {"base64": base64.b64encode(made).decode(), "hex": made.hex()}


def _id(inputs: Inputs, source: Source) -> Inputs:
    made, prefix = source.draw(int(inputs["byteLength"])), inputs.get("prefix", "")
    return {
        "b64Std": prefix + base64.b64encode(made).decode(),
        "b64Url": prefix + base64.urlsafe_b64encode(made).decode().rstrip("="),
        "dec": f"{prefix}{int.from_bytes(made, 'big')}",
        "hex": prefix + made.hex(),
    }


def _uuid(inputs: Inputs, source: Source) -> Inputs:
    return {"result": str(uuid.UUID(bytes=source.draw(16), version=4))}


MAKERS: Mapping[str, Callable[[Inputs, Source], Inputs]] = {
    "randomPassword:RandomPassword": _text,
    "randomString:RandomString": _text,
    "randomBytes:RandomBytes": _bytes,
    "randomId:RandomId": _id,
    "randomUuid:RandomUuid": _uuid,
}
