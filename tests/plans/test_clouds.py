"""Every system on every cloud: what a reviewer reads, and that a move needs no other edit."""

from __future__ import annotations

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from tests.plans.moved import CLUSTERS, ROOT, rehearsed
from tests.plans.test_plans import SYSTEMS, Readable, inputs_below

LOCAL = yaml.safe_load((ROOT / "policies" / "stacks.yaml").read_text())["stacks"]["local"]
"""Rules of which the stack `local` says something of its own."""
CASES = [(cloud, system) for cloud in CLUSTERS for system in SYSTEMS]


@pytest.mark.parametrize(("cloud", "system"), CASES)
def test_a_moved_system_plans_cleanly(cloud: str, system: str) -> None:
    """Nothing fails and no mandatory policy is violated, but for those that a developer's own cluster is free of."""
    rehearsal, _ = rehearsed(cloud, system)
    free = LOCAL if cloud == "local" else ()
    assert rehearsal.failure is None, rehearsal.failure
    assert [
        f"{found.policy}: {found.message}"
        for found in rehearsal.findings
        if found.level == "mandatory" and found.policy not in free
    ] == []


@pytest.mark.parametrize(("cloud", "system"), CASES)
def test_inputs_of_system(cloud: str, system: str, snapshot: SnapshotAssertion) -> None:
    """Type, name and inputs of everything that a system has on a cloud."""
    rehearsal, _ = rehearsed(cloud, system)
    text = snapshot.use_extension(Readable)
    assert inputs_below(rehearsal.plan, "slipway:system:System", system) == text
