"""Pulumi's annotations, and what pods say."""

from __future__ import annotations

import pytest

from live.cluster import annotations
from live.cluster.pods import LONGEST, trouble
from tests.live.cluster.conftest import thing

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
    (r"jsonpath={.metadata.labels.a\.b/c}=d", True),
    ('["condition=Ready", "jsonpath={.status.phase}=Running"]', True),
    ('["condition=Ready", "jsonpath={.status.phase}=Pending"]', False),
    ("delete", False),
]


@pytest.mark.parametrize(("text", "holds"), WAITS)
def test_what_is_waited_for(text: str, holds: bool):
    wanted = annotations.waits_for(thing("a", annotations={annotations.WAIT_FOR: text}))
    assert annotations.holds(wanted, LIVE).is_ready is holds


def test_what_is_missing_is_named():
    assert annotations.holds(("condition=Ready", "jsonpath={.x}"), LIVE).reason == "waits for jsonpath={.x}"


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
