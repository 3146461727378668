"""Answers to function calls. A rehearsal asks no provider, so it answers only what the engine itself would know."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from google.protobuf.struct_pb2 import Struct

from rehearsal.registry import Registry
from rehearsal.wire import InvokeRequest, MonitorError

UNANSWERED = (
    "{token} was not called: a rehearsal asks no provider, so its result is unknown "
    "(the plain form, which needs a value at once, cannot be rehearsed; the _output form can)"
)


def get_resource(request: InvokeRequest, registry: Registry) -> Struct:
    """The state of a resource of this run, which is how the SDK turns a reference back into a resource object."""
    urn = request.args.fields["urn"].string_value
    found = registry.get(urn)
    if found is None:
        raise MonitorError(f"unknown resource {urn}")
    answer = Struct()
    answer.update({"urn": urn, "id": found.id, "provider": found.provider})
    answer.fields["state"].struct_value.CopyFrom(found.outputs)
    return answer


ANSWERS: Mapping[str, Callable[[InvokeRequest, Registry], Struct]] = {"pulumi:pulumi:getResource": get_resource}
