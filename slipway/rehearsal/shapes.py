"""Handles resources whose provider answers a creation with another shape than the inputs."""

from __future__ import annotations

from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal.plan import UNKNOWN


def answered(resource_type: str, inputs: Struct) -> Struct:
    """Return the inputs that the provider would repeat.

    azure-native takes the identities of a resource as a list and answers with a map: at preview it marks a value whose
    shape differs as unknown, and the SDK could not read the list in its place.
    """
    identity = inputs.fields.get("identity") if resource_type.startswith("azure-native:") else None
    if identity is None or "userAssignedIdentities" not in identity.struct_value.fields:
        return inputs
    result = Struct()
    result.CopyFrom(inputs)
    result.fields["identity"].struct_value.fields["userAssignedIdentities"].string_value = UNKNOWN
    return result
