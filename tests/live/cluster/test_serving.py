"""Which Services wait for addresses."""

from __future__ import annotations

import pytest

from live.cluster.objects import Object
from live.cluster.serving import addressed, locked, served_by
from live.cluster.verdict import State
from tests.live.cluster.conftest import thing, workload

ENDPOINT = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}}
UNREADY = {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}


def service(**spec) -> Object:
    return thing("web", "Service", spec={"selector": {"app": "api"}, **spec})


def test_a_service_waits_for_the_workloads_that_it_selects():
    objects = [service(), workload("api"), workload("other"), thing("job", "Job", "batch/v1", spec={})]
    assert served_by(objects) == {"web": frozenset({"api"})}


@pytest.mark.parametrize(
    "spec", [{"clusterIP": "None"}, {"type": "ExternalName"}, {"selector": {}}, {"selector": {"app": "nobody"}}]
)
def test_these_wait_for_nothing(spec):
    assert served_by([service(**spec), workload("api")]) == {}


def test_a_workload_without_pods_is_none():
    assert served_by([service(), workload("api", replicas=0)]) == {}


def test_pods_of_another_namespace_are_not_its_own():
    pod = thing("api", "Pod", namespace="elsewhere", metadata={"name": "api", "labels": {"app": "api"}})
    assert served_by([service(), pod]) == {}


def test_a_service_whose_pods_wait_for_it_would_wait_for_ever():
    objects = [service(), thing("between", needs=["web"]), workload("api", needs=["between"])]
    by_urn = {each.urn: each for each in objects}
    assert locked(objects[0], frozenset({"api"}), by_urn) == "Deployment shop/api"
    assert locked(objects[0], frozenset({"between"}), {**by_urn, "between": thing("between")}) == ""


@pytest.mark.parametrize(
    ("endpoints", "state", "reason"),
    [
        ([ENDPOINT, UNREADY], State.READY, ""),
        ([UNREADY], State.WAITING, "none of 1 pods ready"),
        ([], State.WAITING, "no pods behind it"),
    ],
)
def test_one_address_is_enough(endpoints, state: State, reason: str):
    verdict = addressed({"spec": {}}, [{"endpoints": endpoints}, {"endpoints": None}], awaited=True)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_a_load_balancer_has_an_address():
    live = {"spec": {"type": "LoadBalancer"}}
    assert addressed(live, [], awaited=False).reason == "no address of a load balancer"
    assert addressed({**live, "status": {"loadBalancer": {"ingress": [{}]}}}, [], awaited=False).is_ready
