"""Pulumi's annotations, and what pods say."""

from __future__ import annotations

import pytest

from slipway.ops.cluster import annotations
from slipway.ops.cluster.pod_problems import LONGEST, trouble
from slipway.ops.cluster.verdict import State
from tests.rehearsed import rehearsed
from tests.slipway.ops.cluster.conftest import thing

LIVE = {
    "status": {"phase": "Running", "list": [{"ip": "10.0.0.1"}], "conditions": [{"type": "Ready", "status": "True"}]},
    "metadata": {"labels": {"a.b/c": "d"}},
    "spec": {"replicas": 3},
}

WAITS = [
    ("condition=Ready", True),
    ("condition=ready=True", True),
    ("condition=Ready=False", False),
    ("condition=Other", False),
    ("jsonpath={.status.phase}=Running", True),
    ("jsonpath={.status.phase}=Pending", False),
    ("jsonpath={.status.phase}", True),
    ("jsonpath={.status.nothing}", False),
    ("jsonpath={.status.list[0].ip}=10.0.0.1", True),
    ("jsonpath={.status.list[1].ip}", False),
    ("jsonpath={.spec.replicas}=3", True),
    ("jsonpath={.metadata.labels['a.b/c']}=d", True),
    ("jsonpath={$.status.list[?@.ip == '10.0.0.1'].ip}", True),
    ("jsonpath={.status.conditions[?(@.type=='Ready')].status}=True", True),
    ("jsonpath={$[?@.replicas > 2 || @.none == 0].replicas}", True),
    ("jsonpath={$[?@.replicas > 3 || @.none == 0].replicas}", False),
    ('["condition=Ready", "jsonpath={.status.phase}=Running"]', True),
    ('["condition=Ready", "jsonpath={.status.phase}=Pending"]', False),
]
UNREADABLE = [
    *("delete", "jsonpath=.status.phase", "jsonpath={.status[}", r"jsonpath={.metadata.labels.a\.b}=d"),
    "jsonpath={$[?@.replicas >= 3].replicas}",
]


@pytest.mark.parametrize(("text", "holds"), WAITS)
def test_what_is_waited_for(text: str, holds: bool):
    wanted = annotations.waits_for(thing("a", annotations={annotations.WAIT_FOR: text}))
    assert annotations.check(wanted, LIVE).is_ready is holds


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_the_provider_cannot_read_fails(text: str):
    verdict = annotations.check((text,), LIVE)
    assert verdict.state is State.FAILED
    assert "pulumi.com/waitFor cannot be read" in verdict.reason


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("condition=Ready", {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}),
        ("condition=Ready", {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}),
        ("jsonpath={.status.phase}=Running", {"observedGeneration": 1, "phase": "Running"}),
    ],
)
def test_a_status_of_the_generation_before_is_not_believed(wanted: str, status):
    assert not annotations.check((wanted,), {"metadata": {"generation": 2}, "status": status}).is_ready
    assert annotations.check((wanted,), {"metadata": {"generation": 1}, "status": status}).is_ready


@pytest.mark.parametrize("stack", ["prod", "local"])
def test_all_that_a_plan_waits_for_can_be_read(stack: str):
    """By the rehearsal and by the provider: of objects that nobody has seen yet, all wait and none fails."""
    texts = {
        step.inputs["metadata"].get("annotations", {}).get(annotations.WAIT_FOR, "")
        for step in rehearsed(stack).plan.steps
        if step.package == "kubernetes" and "metadata" in step.inputs
    }
    waits = [annotations.waits_for(thing("a", annotations={annotations.WAIT_FOR: text})) for text in texts if text]
    assert {len(each) for each in waits} >= {1, 2}
    assert {annotations.check(each, {"metadata": {"generation": 1}}).state for each in waits} == {State.WAITING}


def test_what_is_missing_is_named():
    assert annotations.check(("condition=Ready", "jsonpath={.x}"), LIVE).reason == "waits for jsonpath={.x}"


@pytest.mark.parametrize(
    ("stated", "timeouts", "seconds"),
    [
        ("", {}, 600),
        ("30", {}, 30),
        ("30", {"create": 7}, 7),
        ("30", {"update": 7}, 30),
        ("soon", {}, 600),
        ("0", {}, 600),
    ],
)
def test_how_long_is_waited(stated: str, timeouts, seconds: float):
    target = thing("a", annotations={annotations.TIMEOUT: stated}, timeouts=timeouts)
    assert annotations.timeout(target, "create", 600) == seconds


def test_the_others():
    marked = thing("a", annotations={annotations.SKIP: "true", annotations.MANAGER: "me"})
    assert (annotations.skips(marked), annotations.manager(marked)) == (True, "me")
    assert (annotations.skips(thing("a")), annotations.manager(thing("a"))) == (False, "slipway")
    assert annotations.waits_for(thing("a")) == ()


def container(**state) -> dict:
    return {"name": "web", "state": state}


PODS = [
    ({"containerStatuses": [container(waiting={"reason": "ImagePullBackOff"})]}, "ImagePullBackOff"),
    ({"containerStatuses": [container(waiting={"reason": "ContainerCreating"})]}, ""),
    ({"initContainerStatuses": [container(waiting={"reason": "A", "message": "why"})]}, "A: why"),
    ({"containerStatuses": [container(terminated={"exitCode": 3})]}, "web ended with status 3"),
    ({"containerStatuses": [container(terminated={"exitCode": 0})]}, ""),
    (
        {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}]},
        "Unschedulable: no node",
    ),
    ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "Slow"}]}, "Slow"),
    ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("status", "reason"), PODS)
def test_why_a_pod_does_not_run(status, reason: str):
    assert trouble([{}, {"status": status}]) == reason


def test_a_reason_is_one_short_line():
    long = {"containerStatuses": [container(waiting={"reason": "x\n" * LONGEST})]}
    assert len(trouble([{"status": long}])) == LONGEST + 1
