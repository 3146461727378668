"""`slipway weights`: what is in force beside what the stack says."""

from __future__ import annotations

from typing import Any, cast

import pytest

from slipway.ops.aws import weights
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.connection import Connection
from slipway.ops.site_weights import EdgeState
from tests.by_hand import make_by_hand
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.inside import Inside
from tests.slipway.ops.cluster.memory import Memory
from tests.slipway.ops.cluster.sample_release import spec, stepping

STAGING = ("weights", "--stack", "staging", "--system")


@pytest.fixture
def slipway(project: Copy, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Inside:
    return Inside(project.root, monkeypatch, capfd)


@pytest.mark.parametrize(("green", "message"), [(10, ""), (50, "differs")])
def test_weights_in_force_stand_beside_the_declared(
    slipway: Inside, project: Copy, monkeypatch: pytest.MonkeyPatch, green: int, message: str
) -> None:
    """A difference is told, where people release by hand."""
    make_by_hand(project.root)
    state = EdgeState(active="blue", weights={"blue": 100 - green, "green": green}, epoch=7)
    monkeypatch.setattr(weights, "in_force", lambda stack, cluster, system: {"web": state})
    run = slipway(*STAGING, "smartwallet")
    assert run.status == 0
    declared = "blue 90 %, green 10 %, blue active"
    row = run.out.splitlines()[1]
    assert row == f"web   blue {100 - green} %, green {green} %, blue active  {declared}  {message}".rstrip()


def test_where_a_release_moves_visitors_the_file_is_not_compared(
    slipway: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge shows what is in force; what is wanted is on the cluster."""
    state = EdgeState(active="blue", weights={"blue": 60, "green": 40}, epoch=7)
    monkeypatch.setattr(weights, "in_force", lambda stack, cluster, system: {"web": state})
    run = slipway(*STAGING, "smartwallet")
    assert run.status == 0, run.everything
    assert run.out.splitlines() == [
        "site  in force",
        "web   blue 60 %, green 40 %, blue active",
        "what the release wants is on the cluster: `slipway release status` shows it",
    ]


def test_a_site_without_a_state(slipway: Inside, project: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says what makes it."""
    make_by_hand(project.root)
    monkeypatch.setattr(weights, "in_force", lambda stack, cluster, system: {"web": None})
    run = slipway(*STAGING, "smartwallet")
    assert run.out.splitlines()[1].endswith("run `pulumi up` first")


def test_a_system_without_sites(slipway: Inside) -> None:
    """No cloud is asked."""
    run = slipway(*STAGING, "expenses")
    assert (run.status, run.out) == (
        0,
        "expenses has no static sites: for its routes pass the cluster's --context\n",
    )


def route(blue: int, green: int, seen: int = 4) -> dict[str, Any]:
    parent = {"name": "smartwallet", "sectionName": "api"}
    backends = [{"name": "smartwallet-api-blue", "weight": blue}, {"name": "smartwallet-api-green", "weight": green}]
    conditions = [{"type": each, "status": "True", "observedGeneration": seen} for each in ("Accepted", "ResolvedRefs")]
    return {
        "metadata": {"name": "smartwallet-api-api", "namespace": "smartwallet", "generation": 4},
        "spec": {"parentRefs": [parent], "rules": [{"name": "by-weight-any", "backendRefs": backends}]},
        "status": {"parents": [{"parentRef": parent, "conditions": conditions}]},
    }


@pytest.mark.parametrize(
    ("live", "row"),
    [
        (route(100, 0), "blue 100 %, green 0 %  blue 100 %, green 0 %"),
        (route(60, 40), "blue 60 %, green 40 %  blue 100 %, green 0 %  differs"),
        (
            route(100, 0, seen=1),
            "not blue 100 %, green 0 % yet  blue 100 %, green 0 %  "
            "at smartwallet/api: its controller has seen generation 1 of 4",
        ),
    ],
)
def test_elsewhere_the_gateway_splits_visitors(
    slipway: Inside, monkeypatch: pytest.MonkeyPatch, live: dict[str, Any], row: str
) -> None:
    """What its controller has not seen is not in force."""
    memory = Memory()
    memory.objects["/apis/gateway.networking.k8s.io/v1/namespaces/smartwallet/httproutes/smartwallet-api-api"] = live
    connected = Connection(cast(Api, memory), "kind")
    monkeypatch.setattr("slipway.cli.weights.connected", lambda stack, cluster, target: connected)
    run = slipway("weights", "--stack", "local", "--system", "smartwallet", "--context", "kind")
    assert run.status == 0, run.everything
    assert run.out.splitlines()[1] == f"smartwallet-api-api  {row}"


@pytest.mark.parametrize(
    ("state", "row", "message"),
    [
        (stepping(weights={"blue": 60, "green": 40}), "blue 60 %, green 40 %  blue 60 %, green 40 %", "Stepping"),
        (stepping(), "blue 60 %, green 40 %  blue 90 %, green 10 %  differs", "Stepping"),
        (stepping(closed=True), "blue 60 %, green 40 %  maintenance  differs", "Stepping"),
        ({}, "blue 60 %, green 40 %  blue 100 %, green 0 %  differs", "Idle"),
    ],
)
def test_where_a_release_moves_visitors_it_says_what_is_wanted(
    slipway: Inside, monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], row: str, message: str
) -> None:
    """Instead of the stack's file, from the first promotion on; and the release is named."""
    memory = Memory()
    memory.objects["/apis/gateway.networking.k8s.io/v1/namespaces/smartwallet/httproutes/smartwallet-api-api"] = route(
        60, 40
    )
    metadata = {"name": "smartwallet", "namespace": "smartwallet"}
    memory.objects["/apis/slipway.dev/v1/namespaces/smartwallet/releases/smartwallet"] = {
        "metadata": metadata,
        "spec": spec(system="smartwallet"),
        "status": state,
    }
    connected = Connection(cast(Api, memory), "kind")
    monkeypatch.setattr("slipway.cli.weights.connected", lambda stack, cluster, target: connected)
    run = slipway("weights", "--stack", "local", "--system", "smartwallet", "--context", "kind")
    assert run.status == 0, run.everything
    heads, found, sentence = run.out.splitlines()
    assert ("release" in heads, "declared" in heads) == (bool(state), not state)
    assert found == f"smartwallet-api-api  {row}"
    assert sentence.startswith(f"smartwallet personal-use-v1.1.0 is {message}")
