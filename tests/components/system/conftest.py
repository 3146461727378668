from __future__ import annotations

from pathlib import Path

import pytest

from slipway.rehearsal import Plan, Step, rehearse
from tests.forking import forked_workers
from tests.shared import shared


class Shop:
    """The plan of the system `shop`, asked by kind and name."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def one(self, kind: str, name: str) -> Step:
        found = [step for step in self.plan.steps if step.type.endswith(f":{kind}") and step.name == f"shop/{name}"]
        assert len(found) == 1, f"{len(found)} of {kind} {name}"
        return found[0]

    def names(self, kind: str) -> set[str]:
        return {step.name.removeprefix("shop/") for step in self.plan.steps if step.type.endswith(f":{kind}")}

    def waits_for(self, step: Step) -> set[str]:
        """Kind and name of everything that `step` depends on."""
        by_urn = self.plan.by_urn
        return {f"{by_urn[urn].type.rsplit(':', 1)[1]} {by_urn[urn].name}" for urn in step.dependencies}


@shared
def planned() -> Plan:
    with forked_workers():
        rehearsal = rehearse(Path(__file__).parent / "program", project="slipway", stack="test", config={})
    assert rehearsal.failure is None, rehearsal.failure
    return rehearsal.plan


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop(planned())
