"""Answers to function calls. A rehearsal runs no provider: it answers the functions of the engine itself, the decoder of
manifests, and what the project's `rehearsal.yaml` has an answer for.

Engine: pkg/resource/deploy/source_eval.go (Invoke), pkg/resource/deploy/builtins.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import manifests
from slipway.rehearsal.answers import FILE
from slipway.rehearsal.registered_resources import Registry
from slipway.rehearsal.wire import InvokeRequest, MonitorError

UNANSWERED = "{token} was not called: a rehearsal asks no provider, so its result is unknown, unless {entry}"
NEEDED = "{line}{token} was not called: a rehearsal asks no provider, and the program needs the result at once: {entry}{hint}"
ENTRY = "{file} has it, for example functions: {{{token}: [{{arguments: {arguments}, result: {{…}}}}]}}"
RENDERED = "; the result is the rendered objects, {{result: [{{apiVersion: …}}]}}, or {{result: []}} to leave them out of the plan"
RENDERERS = ("kubernetes:helm:template", "kubernetes:kustomize:directory")
"""Functions of Pulumi's Kubernetes provider that run programs; without their result a component has no children."""


def get_resource(request: InvokeRequest, registry: Registry) -> Struct:
    """Return the state of a resource of this run: the SDK uses it to turn a reference back into a resource object."""
    urn = request.args.fields["urn"].string_value
    found = registry.get(urn)
    if found is None:
        raise MonitorError(f"unknown resource {urn}")
    answer = Struct()
    answer.update({"urn": urn, "id": found.id, "provider": found.provider})
    answer.fields["state"].struct_value.CopyFrom(found.outputs)
    return answer


def decode(request: InvokeRequest, registry: Registry) -> Struct:
    """Return the objects of a manifest."""
    try:
        return as_struct({"result": manifests.decoded(request.args.fields["text"].string_value)})
    except manifests.DecodeError as error:
        raise MonitorError(f"{request.tok}: {error}") from None


ANSWERS: Mapping[str, Callable[[InvokeRequest, Registry], Struct]] = {
    "pulumi:pulumi:getResource": get_resource,
    "kubernetes:yaml:decode": decode,
}


def arguments_of(args: Struct) -> dict[str, Any]:
    return json_format.MessageToDict(args)


def as_struct(content: Mapping[str, Any]) -> Struct:
    struct = Struct()
    struct.update(content)
    return struct


def unanswered(token: str) -> str:
    """Return what is said of a call whose result is unknown."""
    return UNANSWERED.format(token=token, entry=_entry(token, {}))


def needed(token: str, args: Struct, line: str) -> str:
    """Return what is said of a call without an answer whose result the program needs at once, on one line."""
    hint = RENDERED.format() if token in RENDERERS else ""
    arguments = {} if token in RENDERERS else arguments_of(args)
    entry = _entry(token, arguments).replace(f"{FILE} has it", f"add it to {FILE}", 1)
    return NEEDED.format(line=line, token=token, entry=entry, hint=hint)


def _entry(token: str, arguments: Mapping[str, Any]) -> str:
    written = json.dumps(arguments, ensure_ascii=False, default=str)
    return ENTRY.format(file=FILE, token=json.dumps(token), arguments=written)
