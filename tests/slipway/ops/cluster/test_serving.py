"""When Services are ready: no pod behind them is on its way."""

from __future__ import annotations

import pytest

from slipway.ops.cluster.serving import addressed, has_pods
from slipway.ops.cluster.verdict import State

READY = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}}
UNREADY = {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}
LEAVING = {"addresses": ["10.0.0.3"], "conditions": {"ready": False, "terminating": True}}
SELECTOR = {"selector": {"app": "api"}}


@pytest.mark.parametrize(
    "spec", [{**SELECTOR, "clusterIP": "None"}, {**SELECTOR, "type": "ExternalName"}, {"selector": {}}, {}]
)
def test_these_look_for_no_pods(spec):
    assert not has_pods({"spec": spec})
    assert has_pods({"spec": SELECTOR})


@pytest.mark.parametrize(
    ("endpoints", "state", "reason"),
    [
        ([READY, READY], State.READY, ""),
        ([READY, UNREADY], State.WAITING, "1 of 2 pods ready"),
        ([READY, LEAVING], State.READY, ""),
        ([], State.READY, ""),
    ],
)
def test_pods_on_their_way_are_waited_for_and_others_are_not(endpoints, state: State, reason: str):
    """A Service whose Deployment comes after backups and migrations is ready without it."""
    verdict = addressed({"spec": SELECTOR}, [{"endpoints": endpoints}, {"endpoints": None}])
    assert (verdict.state, verdict.reason) == (state, reason)


def test_a_load_balancer_has_an_address():
    live = {"spec": {"type": "LoadBalancer"}}
    assert addressed(live, []).reason == "no address of a load balancer"
    assert addressed({**live, "status": {"loadBalancer": {"ingress": [{}]}}}, []).is_ready
