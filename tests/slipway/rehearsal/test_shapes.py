"""Answers that have another shape than the inputs."""

from __future__ import annotations

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal.plan import UNKNOWN
from slipway.rehearsal.shapes import answered


def struct(content: dict) -> Struct:
    result = Struct()
    result.update(content)
    return result


def test_azures_identities_are_unknown_in_the_answer() -> None:
    """They go in as a list and come back as a map, so at preview they are unknown; the inputs stay as they are."""
    inputs = struct({"identity": {"type": "UserAssigned", "userAssignedIdentities": ["a"]}, "location": "eastus2"})
    answer = MessageToDict(answered("azure-native:containerservice:ManagedCluster", inputs))
    assert answer["identity"] == {"type": "UserAssigned", "userAssignedIdentities": UNKNOWN}
    assert MessageToDict(inputs)["identity"]["userAssignedIdentities"] == ["a"]


def test_other_packages_repeat_their_inputs() -> None:
    """The same object, not a copy."""
    inputs = struct({"identity": {"userAssignedIdentities": ["a"]}})
    assert answered("aws:any/thing:Thing", inputs) is inputs
