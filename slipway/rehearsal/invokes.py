"""Answers to function calls. A rehearsal runs no provider, so only the functions of the engine itself have results.

Engine: pkg/resource/deploy/source_eval.go (Invoke), pkg/resource/deploy/builtins.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal.registry import Registry
from slipway.rehearsal.wire import InvokeRequest, MonitorError

UNANSWERED = (
    "{token} was not called: a rehearsal asks no provider, so its result is unknown "
    "(the plain form, which needs a value at once, cannot be rehearsed; the _output form can)"
)


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


ANSWERS: Mapping[str, Callable[[InvokeRequest, Registry], Struct]] = {"pulumi:pulumi:getResource": get_resource}
