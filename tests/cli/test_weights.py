"""`slipway weights`: what is in force beside what the stack says."""

from __future__ import annotations

import pytest

from live.aws import weights
from live.weights import EdgeState
from tests.cli.conftest import Copy
from tests.cli.inside import Inside

STAGING = ("weights", "--stack", "staging", "--system")


@pytest.fixture
def slipway(project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    return Inside(project.root, monkeypatch, capfd)


@pytest.mark.parametrize(("green", "said"), [(10, ""), (50, "differs")])
def test_weights_in_force_stand_beside_the_declared(
    slipway: Inside, monkeypatch: pytest.MonkeyPatch, green: int, said: str
) -> None:
    """A difference is told."""
    state = EdgeState(active="blue", weights={"blue": 100 - green, "green": green}, epoch=7)
    monkeypatch.setattr(weights, "in_force", lambda stack, cluster, system: {"web": state})
    run = slipway(*STAGING, "smartwallet")
    assert run.status == 0
    declared = "blue 90 %, green 10 %, blue active"
    row = run.out.splitlines()[1]
    assert row == f"web   blue {100 - green} %, green {green} %, blue active  {declared}  {said}".rstrip()


def test_a_site_without_a_state(slipway: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what makes it."""
    monkeypatch.setattr(weights, "in_force", lambda stack, cluster, system: {"web": None})
    run = slipway(*STAGING, "smartwallet")
    assert run.out.splitlines()[1].endswith("run `pulumi up` first")


def test_a_system_without_sites(slipway: Inside) -> None:
    """No cloud is asked."""
    run = slipway(*STAGING, "expenses")
    assert (run.status, run.out) == (0, "expenses has no static sites\n")


def test_elsewhere_the_gateway_splits_visitors(slipway: Inside) -> None:
    """Where to look is told."""
    run = slipway("weights", "--stack", "local", "--system", "smartwallet")
    assert (run.status, run.out) == (
        0,
        "the gateway splits visitors of smartwallet: kubectl get httproute --namespace smartwallet\n",
    )
