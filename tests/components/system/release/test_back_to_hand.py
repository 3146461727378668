"""The way back from the controller to releases by hand: which objects an update finds in the cluster, and not in its state."""

from __future__ import annotations

import re

import pytest

from tests.by_hand import stack_by_hand
from tests.components.system.release.stack import DEPLOYMENT, ROUTE, SYSTEMS, of, released, spec
from tests.rehearsed import ROOT, planned_with

PAGE = (ROOT / "docs" / "releases.md").read_text(encoding="utf-8").partition("## Back to releases by hand")[2]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_routes_that_the_controller_wrote_are_those_that_people_get(system: str) -> None:
    """Name by name. Pulumi's provider creates no object that exists, so the update must be let take them over."""
    by_hand = planned_with("local", stack_by_hand("local"))
    new = {each.inputs["metadata"]["name"] for each in of(by_hand, ROUTE, system)} - {
        each.inputs["metadata"]["name"] for each in of(released(), ROUTE, system)
    }
    assert new == {each["name"] for each in spec(released(), system)["routes"]}


def test_the_page_stops_the_controller_that_would_write_them_again() -> None:
    """By the namespace and the name that its Deployment has in the plan."""
    (found,) = re.findall(r"kubectl -n (\S+) scale deployment (\S+) --replicas 0", PAGE)
    deployments = [step.inputs["metadata"] for step in released().steps if step.type == DEPLOYMENT]
    assert found in {(each.get("namespace"), each["name"]) for each in deployments}
