"""Which resources of a run are still to be created."""

from __future__ import annotations

import pytest
from google.protobuf.struct_pb2 import Struct

from slipway.rehearsal import Step
from slipway.rehearsal.registered_resources import Registered, Registry
from slipway.rehearsal.wire import Options


def register(registry: Registry, name: str, parent: str = "", *, custom: bool = False, op: str = "create") -> None:
    step = Step(op, name, {"type": "t:i:T"})
    registry.add(Registered(step, parent, custom, Struct(), Struct(), Options()))


@pytest.fixture
def registry() -> Registry:
    """comp > inner > made > below; comp > empty; seen was read."""
    made = Registry()
    register(made, "comp")
    register(made, "inner", "comp")
    register(made, "made", "inner", custom=True)
    register(made, "hidden", "made")
    register(made, "below", "hidden", custom=True)
    register(made, "empty", "comp")
    register(made, "seen", custom=True, op="read")
    return made


@pytest.mark.parametrize("urn", ["made", "inner", "comp", "hidden", "below"])
def test_a_resource_is_pending_and_so_is_a_component_with_one_below_it(registry, urn):
    assert registry.pending([urn])


@pytest.mark.parametrize("urn", ["empty", "seen", "elsewhere"])
def test_what_has_nothing_to_create_is_not_pending(registry, urn):
    assert not registry.pending([urn])


def test_the_search_below_a_component_stops_at_a_custom_resource():
    registry = Registry()
    register(registry, "comp")
    register(registry, "read", "comp", custom=True, op="read")
    register(registry, "below", "read", custom=True)
    assert not registry.pending(["comp"])


def test_ancestors_are_named_from_the_nearest_up(registry):
    assert [item.urn for item in registry.ancestors("made")] == ["made", "inner", "comp"]
