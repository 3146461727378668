"""When an object is ready, by what its status says."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.readiness import readiness
from slipway.ops.cluster.verdict import State

READY, WAITING, FAILED = State.READY, State.WAITING, State.FAILED


def condition(kind: str, status: str, **more: str) -> dict[str, str]:
    return {"type": kind, "status": status, **more}


def evaluated(version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], generation: int = 0):
    live = {"metadata": {"generation": generation}, "spec": spec, "status": status}
    verdict = readiness(Kind(version, kind), live)
    return verdict.state, verdict.reason


THREE = {"replicas": 3}
ROLLED = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}
LATE = condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="too slow")
OVER_QUOTA = condition("ReplicaFailure", "True", message="exceeded quota")

DEPLOYMENTS = [
    (THREE, ROLLED, READY, ""),
    (THREE, {**ROLLED, "observedGeneration": 1}, WAITING, "its controller has not seen it yet"),
    (THREE, {**ROLLED, "updatedReplicas": 1}, WAITING, "1 of 3 pods updated"),
    (THREE, {**ROLLED, "replicas": 4}, WAITING, "1 old pod still there"),
    (THREE, {**ROLLED, "availableReplicas": 1}, WAITING, "1 of 3 pods available"),
    (THREE, {**ROLLED, "availableReplicas": 1, "conditions": [LATE]}, FAILED, "too slow"),
    (THREE, {**ROLLED, "updatedReplicas": 1, "conditions": [OVER_QUOTA]}, WAITING, "exceeded quota"),
    ({"replicas": 0}, {"observedGeneration": 2}, READY, ""),
    ({**THREE, "paused": True}, {"observedGeneration": 2}, READY, ""),
    ({}, {"observedGeneration": 2}, WAITING, "0 of 1 pods updated"),
]

SETTLED = {
    "observedGeneration": 2,
    "readyReplicas": 3,
    "updatedReplicas": 3,
    "currentRevision": "a",
    "updateRevision": "a",
}
ROLLING = {**SETTLED, "updateRevision": "b"}

STATEFUL_SETS = [
    (THREE, SETTLED, READY, ""),
    (THREE, {**SETTLED, "readyReplicas": 2}, WAITING, "2 of 3 pods ready"),
    (THREE, {**ROLLING, "updatedReplicas": 1}, WAITING, "1 of 3 pods updated"),
    ({**THREE, "updateStrategy": {"rollingUpdate": {"partition": 2}}}, {**ROLLING, "updatedReplicas": 1}, READY, ""),
    ({**THREE, "updateStrategy": {"type": "OnDelete"}}, {**ROLLING, "updatedReplicas": 0}, READY, ""),
]

OTHERS = [
    (
        "apps/v1",
        "DaemonSet",
        {},
        {"desiredNumberScheduled": 2, "numberAvailable": 2, "updatedNumberScheduled": 2},
        READY,
        "",
    ),
    (
        "apps/v1",
        "DaemonSet",
        {},
        {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1},
        WAITING,
        "1 of 2 pods updated",
    ),
    ("batch/v1", "Job", {}, {"conditions": [condition("Complete", "True")]}, READY, ""),
    ("batch/v1", "Job", {}, {"active": 1, "failed": 2}, WAITING, "not complete, 1 running, 2 failed"),
    (
        *("batch/v1", "Job", {}, {"conditions": [condition("Failed", "True", message="backoff limit")]}),
        *(FAILED, "the Job failed: backoff limit"),
    ),
    ("v1", "Pod", {}, {"phase": "Running", "conditions": [condition("Ready", "True")]}, READY, ""),
    ("v1", "Pod", {}, {"phase": "Running"}, WAITING, "not ready, Running"),
    ("v1", "Pod", {}, {"phase": "Succeeded"}, READY, ""),
    ("v1", "Pod", {}, {"phase": "Failed", "reason": "Evicted"}, FAILED, "the Pod failed: Evicted"),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}, READY, ""),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, WAITING, "not bound, Pending"),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Lost"}, FAILED, "its volume is lost"),
    ("v1", "Namespace", {}, {"phase": "Active"}, READY, ""),
    ("v1", "Namespace", {}, {"phase": "Terminating"}, WAITING, "not active, Terminating"),
    ("v1", "ResourceQuota", {"hard": {"pods": "1"}}, {"hard": {"pods": "1"}}, READY, ""),
    (
        "v1",
        "ResourceQuota",
        {"hard": {"pods": "2"}},
        {"hard": {"pods": "1"}},
        WAITING,
        "its limits are not enforced yet",
    ),
    ("v1", "ConfigMap", {}, {}, READY, ""),
    ("postgresql.cnpg.io/v1", "Cluster", {}, {}, READY, ""),
]

NAMED = condition("NamesAccepted", "True")
TAKEN = condition("NamesAccepted", "False", message="taken")
DEFINITIONS = [
    ([NAMED, condition("Established", "True")], READY, ""),
    ([NAMED, condition("Established", "False")], WAITING, "not established"),
    ([TAKEN], FAILED, "its names are taken: taken"),
    ([], WAITING, "not established"),
]


@pytest.mark.parametrize(("spec", "status", "state", "reason"), DEPLOYMENTS)
def test_a_deployment_is_rolled_out(spec, status, state: State, reason: str):
    assert evaluated("apps/v1", "Deployment", spec, status, generation=2) == (state, reason)


@pytest.mark.parametrize(("spec", "status", "state", "reason"), STATEFUL_SETS)
def test_a_stateful_set_is_updated_and_ready(spec, status, state: State, reason: str):
    assert evaluated("apps/v1", "StatefulSet", spec, status, generation=2) == (state, reason)


@pytest.mark.parametrize(("version", "kind", "spec", "status", "state", "reason"), OTHERS)
def test_other_kinds(version: str, kind: str, spec, status, state: State, reason: str):
    assert evaluated(version, kind, spec, status) == (state, reason)


@pytest.mark.parametrize(("conditions", "state", "reason"), DEFINITIONS)
def test_a_definition_is_established(conditions, state: State, reason: str):
    found = evaluated("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {"conditions": conditions})
    assert found == (state, reason)


def test_a_status_that_nobody_wrote_yet_is_waited_for():
    assert readiness(Kind("v1", "Namespace"), {"metadata": {}}).state is WAITING
    assert readiness(Kind("apps/v1", "Deployment"), {"metadata": {"generation": 1}, "spec": {}}).state is WAITING
