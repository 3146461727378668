"""What waits for what: the release, its first gate, backups and migrations, the candidate, its second gate."""

from __future__ import annotations

import pytest

from tests.components.system.release.stack import (
    DEPLOYMENT,
    IMAGE,
    JOB,
    RELEASE,
    ROUTE,
    SYSTEMS,
    before,
    of,
    one,
    released,
    spec,
)

CLOSING = ("expenses", "kingstons")
"""Systems with `release.maintenance`."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_gate_on_either_side(system: str) -> None:
    """Release, then `admit`, then whatever changes, then `promote`, which is last."""
    plan = released()
    release, admit = one(plan, RELEASE, system), one(plan, JOB, f"{system}/admit")
    promote = one(plan, JOB, f"{system}/promote")
    assert release.urn in admit.dependencies
    assert admit.urn in promote.dependencies
    assert {
        each.urn for each in of(plan, DEPLOYMENT, system) if "exporter" not in each.name and "flagd" not in each.name
    } <= before(plan, promote)
    assert not any(promote.urn in each.dependencies for each in plan.steps)


@pytest.mark.parametrize("system", SYSTEMS)
def test_neither_backup_nor_migration_begins_before_admission(system: str) -> None:
    """With maintenance, `admit` ends once the system is proven closed: what is written after the backup would be lost."""
    plan = released(kingstons={"blue": {"version": "1.1.0"}}, only=system) if system == "kingstons" else released()
    admit = one(plan, JOB, f"{system}/admit")
    jobs = [each for each in of(plan, JOB, system) if each.name.partition("/")[2].startswith(("backup-", "migrate-"))]
    assert jobs or system == "smartwallet"
    for job in jobs:
        assert admit.urn in job.dependencies, job.name
    earlier = before(plan, admit)
    assert not {each.urn for each in jobs} & earlier


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_of_the_candidate_is_there_before_admission(system: str) -> None:
    """Of its slot only Services are: they are addresses without pods."""
    plan = released()
    admit, slot = one(plan, JOB, f"{system}/admit"), spec(plan, system)["target"]["slot"]
    earlier = before(plan, admit)
    candidate = [
        each
        for each in plan.steps
        if each.package == "kubernetes"
        and each.name.startswith(f"{system}/")
        and each.inputs.get("metadata", {}).get("labels", {}).get("slipway.dev/slot") == slot
        and each.inputs["kind"] != "Service"
    ]
    assert candidate
    assert [each.name for each in candidate if each.urn in earlier] == []
    late = [each.name for each in candidate if admit.urn not in before(plan, each)]
    assert late == []


def test_the_slot_that_visitors_have_does_not_wait() -> None:
    """Its pods may be changed by an update whose release nobody has approved yet, but for what migrations need."""
    plan = released()
    admit = one(plan, JOB, "fleet/admit")
    assert admit.urn not in one(plan, DEPLOYMENT, "fleet/fleet-frontend-blue").dependencies


@pytest.mark.parametrize("system", SYSTEMS)
def test_routes_of_visitors_are_in_the_release_alone(system: str) -> None:
    """Those of smoke tests, and those that lead from HTTP to HTTPS, are resources of their own."""
    plan = released()
    names = {each["name"] for each in spec(plan, system)["routes"]}
    plain = {each.inputs["metadata"]["name"] for each in of(plan, ROUTE, system)}
    assert names
    assert not names & plain
    assert {f"{name}-pass" for name in names} <= plain
    promote = before(plan, one(plan, JOB, f"{system}/promote"))
    assert {each.urn for each in of(plan, ROUTE, system) if each.name.endswith("-pass")} <= promote


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_answers_while_it_is_closed_is_there_first(system: str) -> None:
    """The page and the Gateway: the controller writes closed routes as soon as it sees the release."""
    plan = released()
    earlier = {plan.by_urn[urn].name for urn in one(plan, RELEASE, system).dependencies}
    assert {
        f"{system}/maintenance",
        f"{system}/maintenance-probed",
        f"{system}/too-large",
        f"{system}/{system}",
    } <= earlier


def test_policies_that_name_rules_are_not_awaited() -> None:
    """While a system is closed the rules are missing, and the gateway says so."""
    plan = released()
    policies = [each for each in plan.steps if each.type.endswith(":BackendTrafficPolicy")]
    assert policies
    for each in policies:
        annotations = each.inputs["metadata"]["annotations"]
        assert annotations["pulumi.com/skipAwait"] == "true"
        assert "pulumi.com/waitFor" not in annotations


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("gate", ["admit", "promote"])
def test_a_gate_is_a_pod_that_may_read_one_release(system: str, gate: str) -> None:
    """Named by the release's id; lost pods are replaced, and only a refusal fails it."""
    plan = released()
    step = one(plan, JOB, f"{system}/{gate}")
    job, metadata, wanted = step.inputs["spec"], step.inputs["metadata"], spec(plan, system)
    assert metadata["name"] == f"{gate}-{wanted['id']}"
    assert metadata["labels"]["slipway.dev/gate"] == gate
    assert metadata["annotations"]["pulumi.com/replaceUnready"] == "true"
    assert job["podFailurePolicy"]["rules"][-1] == {
        "action": "FailJob",
        "onExitCodes": {"containerName": "gate", "operator": "In", "values": [1]},
    }
    (container,) = job["template"]["spec"]["containers"]
    assert container["image"] == IMAGE
    assert container["command"][-5:] == [gate, "--release", system, "--id", wanted["id"]]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert step.state["customTimeouts"]["create"] > job["activeDeadlineSeconds"] >= 3600
    role = one(plan, "kubernetes:rbac.authorization.k8s.io/v1:Role", f"{system}/release-gate").inputs["rules"]
    assert role == [
        {"apiGroups": ["slipway.dev"], "resources": ["releases"], "resourceNames": [system], "verbs": ["get"]}
    ]


def test_holds_and_migrations_have_room_in_the_deadline() -> None:
    """The controller gives a release up before its gate does."""
    plan = released()
    for system in SYSTEMS:
        wanted = spec(plan, system)
        held = sum(each["holdSeconds"] for each in wanted.get("steps", ()))
        deadline = one(plan, JOB, f"{system}/promote").inputs["spec"]["activeDeadlineSeconds"]
        assert deadline >= held + wanted.get("progressSeconds", 3600)


def test_another_version_is_another_release() -> None:
    """And so is another attempt; the same stack is the same release."""
    others = ({"blue": {"version": "1.0.1"}}, {"attempt": 2, "blue": {"version": "1.0.0"}})
    plans = [released(only="kingstons"), *(released(kingstons=each, only="kingstons") for each in others)]
    ids = [spec(plan, "kingstons")["id"] for plan in plans]
    assert len(set(ids)) == len(ids)
    assert spec(released(), "kingstons")["id"] == ids[0]
    assert {system for system in CLOSING if spec(released(), system).get("maintenance")} == set(CLOSING)
