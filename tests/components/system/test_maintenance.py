"""A system that is closed for a change: visitors are kept away first, let in last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from slipway.rehearsal import Plan, Step
from tests.by_hand import stack_by_hand
from tests.rehearsed import planned_with

JOB, DEPLOYMENT = "kubernetes:batch/v1:Job", "kubernetes:apps/v1:Deployment"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
CLOSED = {"kingstons/kingstons-api-web", "kingstons/kingstons-frontend-web"}
SITE = "smartwallet/web-web"


def closed() -> Plan:
    """Two systems of `local`, with a new version of Kingstons in its place, whose migration the version before does not
    survive."""
    stack = stack_by_hand("local")
    stack["config"]["slipway:clusters"]["main"]["systems"] = {
        "kingstons": {"maintenance": True, "blue": {"version": "1.1.0"}},
        "smartwallet": {"maintenance": True, "blue": {"version": "2.4.0"}},
    }
    return planned_with("local", stack)


def one(plan: Plan, type_: str, name: str) -> Step:
    (found,) = [step for step in plan.steps if (step.type, step.name) == (type_, name)]
    return found


def of(plan: Plan, type_: str, system: str) -> list[Step]:
    return [step for step in plan.steps if step.type == type_ and step.name.startswith(f"{system}/")]


def before(plan: Plan, step: Step) -> set[str]:
    """Names of the routes, Jobs and Deployments that are there before `step`, at any distance."""
    seen: dict[str, Step] = {}
    waiting = list(step.dependencies)
    while waiting:
        urn = waiting.pop()
        if urn not in seen:
            seen[urn] = plan.by_urn[urn]
            waiting += seen[urn].dependencies
    return {each.name for each in seen.values() if each.type in (ROUTE, JOB, DEPLOYMENT)}


def rules(step: Step) -> Iterator[dict[str, Any]]:
    yield from step.inputs["spec"]["rules"]


@pytest.mark.parametrize("job", ["backup-001-fixed-fee-facilitated", "migrate-001-fixed-fee-facilitated"])
def test_nothing_happens_to_the_data_while_visitors_come_in(job: str) -> None:
    """Neither the backup, which would lack what they write after it, nor the migration."""
    plan = closed()
    assert before(plan, one(plan, JOB, f"kingstons/{job}")) >= CLOSED


@pytest.mark.parametrize("system", ["kingstons", "smartwallet"])
def test_no_pod_is_replaced_while_visitors_come_in(system: str) -> None:
    """Nor those of a site behind the gateway."""
    plan, own = closed(), CLOSED if system == "kingstons" else {SITE, "smartwallet/smartwallet-api-api"}
    deployments = [step for step in of(plan, DEPLOYMENT, system) if step.name.endswith("-blue")]
    assert deployments
    for step in deployments:
        assert before(plan, step) >= own, step.name


def test_the_routes_of_smoke_tests_come_after_what_they_lead_to() -> None:
    plan = closed()
    served = {"kingstons/kingstons-api-blue", "kingstons/kingstons-frontend-blue"}
    for name in CLOSED:
        assert before(plan, one(plan, ROUTE, f"{name}-pass")) >= served


def test_visitors_are_let_in_last() -> None:
    """Without maintenance a route waits for the slots, and no Job for a route."""
    plan = planned_with("local", stack_by_hand("local"))
    for name in CLOSED:
        route = one(plan, ROUTE, name)
        assert "kingstons/kingstons-api-blue" in before(plan, route)
        assert any("backendRefs" in rule for rule in rules(route))
        assert not any("maintenance" in rule["name"] for rule in rules(route))
    assert not any(before(plan, job) & CLOSED for job in of(plan, JOB, "kingstons"))


def test_probers_learn_that_it_is_closed_on_purpose() -> None:
    """DNS would leave the region otherwise, and the month's budget of availability would be gone."""
    plan = closed()
    for name in CLOSED:
        probed, everybody = rules(one(plan, ROUTE, name))
        assert [each["extensionRef"]["name"] for each in probed["filters"]] == ["maintenance-probed"]
        asked = {(match["headers"][0]["name"], match["headers"][0]["value"]) for match in probed["matches"]}
        assert asked == {("x-slipway-probe", ".+"), ("User-Agent", "Amazon-Route53-Health-Check-Service.*")}
        paths = {match["path"]["value"] for match in everybody["matches"]}
        assert {match["path"]["value"] for match in probed["matches"]} == paths
        assert [each["extensionRef"]["name"] for each in everybody["filters"]] == ["maintenance"]
