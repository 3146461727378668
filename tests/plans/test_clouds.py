"""Every system on every cloud: what a reviewer reads, and that a move needs no other edit."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.plans.moved import CLUSTERS, rehearsed
from tests.plans.test_plans import SYSTEMS, Readable, inputs_below

CASES = [(cloud, system) for cloud in CLUSTERS for system in SYSTEMS]


@pytest.mark.parametrize(("cloud", "system"), CASES)
def test_a_moved_system_plans_cleanly(cloud: str, system: str) -> None:
    """Nothing fails and no mandatory policy is violated."""
    rehearsal, _ = rehearsed(cloud, system)
    assert rehearsal.failure is None, rehearsal.failure
    assert [f"{found.policy}: {found.message}" for found in rehearsal.findings if found.level == "mandatory"] == []


@pytest.mark.parametrize(("cloud", "system"), CASES)
def test_inputs_of_system(cloud: str, system: str, snapshot: SnapshotAssertion) -> None:
    """Type, name and inputs of everything that a system has on a cloud."""
    rehearsal, _ = rehearsed(cloud, system)
    text = snapshot.use_extension(Readable)
    assert inputs_below(rehearsal.plan, "slipway:system:System", system) == text
