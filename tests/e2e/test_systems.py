"""The five systems come up as they are declared, and stay."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from tests.e2e.conftest import World
from tests.e2e.rig import ABSENT, NOT_BY_THE_CLOCK, STACK, rehearse

PRIVILEGED = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "privileged"},
    "spec": {"containers": [{"name": "a", "image": "a", "securityContext": {"privileged": True}}]},
}
SYSTEMS = {"expenses", "fleet", "kingstons", "rent-to-own", "smartwallet"}


def test_every_workload_is_ready(world: World) -> None:
    """Each Deployment, StatefulSet and database of each system has all its pods; Jobs are complete."""
    sets = {
        f"{each['metadata']['name']}.{each['metadata']['namespace']}": (
            each["status"].get("readyReplicas", 0),
            each["spec"]["replicas"],
        )
        for each in world.rig.get("statefulsets.apps", "-A")
    }
    assert sets.keys() >= {
        f"{step.inputs['metadata']['name']}.{step.inputs['metadata']['namespace']}"
        for step in world.plan.steps
        if step.type == "kubernetes:apps/v1:StatefulSet"
    }
    assert sets
    assert {name for name, (ready, wanted) in sets.items() if ready < wanted} == set()
    planned = {
        step.inputs["metadata"]["name"] + "." + step.inputs["metadata"]["namespace"]
        for step in world.plan.steps
        if step.type == "kubernetes:apps/v1:Deployment"
    }
    there = {
        f"{each['metadata']['name']}.{each['metadata']['namespace']}": each["status"].get("availableReplicas", 0)
        for each in world.rig.get("deployments.apps", "-A")
    }
    assert {name for name in planned if not there.get(name)} == set()
    assert {name.rsplit(".", 1)[1] for name in planned} == SYSTEMS
    for job in world.rig.get("jobs.batch", "-A"):
        if job["metadata"]["namespace"] not in SYSTEMS or "ownerReferences" in job["metadata"]:
            continue  # Other tests' own, and what a CronJob began, which may still run.
        assert job["status"].get("succeeded") == 1, job["metadata"]["name"]


def test_a_second_run_changes_nothing(world: World) -> None:
    """Every object is as the plan says, passwords included."""
    status, output = rehearse(world.rig, STACK)
    assert status == 0, output[-3000:]
    assert re.search(r" 0 created, 0 changed, \d+ unchanged, 0 pruned", output), output[-500:]


def test_objects_without_a_controller_are_listed(world: World) -> None:
    """They are applied and not awaited, and no others: alerts, certificates, the broker."""
    _, _, after = world.first.partition("not awaited because they have no controller:\n")
    listed = re.findall(r"(?m)^  (\w+) [^:]+: (\S+)$", after.split("\nrehearsed ")[0])
    kinds = {kind for kind, _ in listed}
    assert kinds >= {"PrometheusRule", "Certificate", "RabbitmqCluster"}
    planned = Counter(
        step.inputs["kind"]
        for step in world.plan.steps
        if step.package == "kubernetes" and step.inputs.get("apiVersion", "").partition("/")[0] in ABSENT
    )
    assert Counter(kind for kind, _ in listed) == planned
    assert not kinds & {"Gateway", "HTTPRoute", "SecurityPolicy"}


def test_nothing_was_refused_by_pod_security(world: World) -> None:
    """No warning and no event says that a pod violates the standard of its namespace, which would be told: a pod with a
    right too many is refused."""
    for namespace in SYSTEMS:
        with pytest.raises(AssertionError, match="violates PodSecurity"):
            world.rig.kubectl("-n", namespace, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(PRIVILEGED))
    events = world.rig.get("events", "-A", "--field-selector", NOT_BY_THE_CLOCK)
    assert [event["message"] for event in events if event["metadata"]["namespace"] in SYSTEMS] == []
    assert "would violate PodSecurity" not in world.first
    for namespace in world.rig.get("namespaces"):
        if namespace["metadata"]["name"] in SYSTEMS:
            assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
