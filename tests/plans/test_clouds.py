"""Every system on every cloud: a move needs no other edit than of `compliance.regions`."""

from __future__ import annotations

import pytest
import yaml

from tests.plans.moved import CLUSTERS, moved
from tests.rehearsed import ROOT

LOCAL = yaml.safe_load((ROOT / "policies" / "stacks.yaml").read_text())["environments"]["local"]
"""Rules of which the environment `local` says something of its own."""


@pytest.mark.parametrize("cloud", CLUSTERS)
def test_moved_systems_plan_cleanly(cloud: str) -> None:
    """Nothing fails and no mandatory policy is violated, but for those that a developer's own cluster is free of."""
    # Whose thresholds are those of each stack, by its name.
    free = {*(LOCAL if cloud == "local" else ()), "iam-trust", "image-registries", "data-residence"}
    assert [
        f"{found.policy}: {found.message}"
        for found in moved(cloud).findings
        if found.level == "mandatory" and found.policy not in free
    ] == []
