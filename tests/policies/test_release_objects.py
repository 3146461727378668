"""What a Release contains is judged like what stands in a plan by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, Pack, outcomes

RELEASE, JOB = "kubernetes:slipway.dev/v1:Release", "kubernetes:batch/v1:Job"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
GATES = "release-gates"


def split(blue: Any, green: Any) -> dict[str, Any]:
    backends = [{"name": f"api-{slot}", "weight": weight} for slot, weight in (("blue", blue), ("green", green))]
    return {"rules": [{"name": "by-weight-any", "backendRefs": backends}]}


def route(**states: Any) -> dict[str, Any]:
    closed = {"rules": [{"name": "maintenance", "filters": []}]}
    every = {"blue": split(100, 0), "green": split(0, 100), "split": split(50, 50), "closed": closed, **states}
    return {"name": "api-web", **every}


def release(*routes: Any, **spec: Any) -> Fact:
    wanted = {
        "target": {"slot": "green", "version": "2"},
        "steps": [{"weight": 10, "holdSeconds": 1}, {"weight": 100, "holdSeconds": 1}],
        "deployments": {"blue": ["api-blue"], "green": ["api-green"]},
        "routes": list(routes),
        **spec,
    }
    return Fact(RELEASE, {"metadata": {"name": "fleet", "namespace": "fleet"}, "spec": wanted}, "fleet")


def job(name: str, depends: Sequence[str] = (), **labels: str) -> Fact:
    named = {f"slipway.dev/{key}": value for key, value in labels.items()}
    return Fact(
        JOB,
        {"metadata": {"name": name, "namespace": "fleet", "labels": named, "annotations": {}}},
        name,
        dependencies=tuple(depends),
    )


def api(slot: str, *depends: str) -> Fact:
    metadata = {"name": f"api-{slot}", "namespace": "fleet", "labels": {"slipway.dev/slot": slot}}
    return Fact(DEPLOYMENT, {"metadata": metadata}, f"api-{slot}", dependencies=depends)


def rules(settings: Any) -> set[str]:
    return {rule for rule, _ in outcomes(settings)}


def test_hidden_routes_that_are_right_pass(preview: Evaluator) -> None:
    assert "route-weights" not in rules(preview.evaluate(release(route())))


@pytest.mark.parametrize("state", ["blue", "green", "split"])
def test_a_hidden_route_is_judged_in_each_of_its_states(preview: Evaluator, state: str) -> None:
    """Its weights must be percentages that add up to 100, as in a route of the plan."""
    findings = [each for each in preview.evaluate(release(route(**{state: split(90, 20)}))) if "weight" in each.message]
    assert [each.policy for each in findings] == ["route-weights"]
    assert "add up to 110" in findings[0].message


def test_hidden_routes_that_are_unknown_are_not_passed_over(preview: Evaluator) -> None:
    found = release()
    findings = preview.evaluate(
        Fact(RELEASE, {**found.properties, "spec": {**found.properties["spec"], "routes": UNKNOWN}})
    )
    assert "route-weights" in rules(findings)


def test_the_pods_of_hidden_jobs_are_judged(preview: Evaluator) -> None:
    """A validation that runs as root is found, as a Job of the plan would be."""
    container = {"name": "validate", "image": "docker.io/library/x:latest", "securityContext": {"privileged": True}}
    hidden = {"name": "sums", "job": {"template": {"spec": {"containers": [container]}}}}
    assert {"container-hardening", "image-pins"} <= rules(preview.evaluate(release(jobs=[hidden])))


def gated() -> list[Fact]:
    """A release with its gates, a migration between them, and the candidate."""
    wanted = release()
    admit = job("admit-1", [wanted.urn], gate="admit")
    migrate = job("migrate-1", [admit.urn], migration="1")
    candidate = api("green", admit.urn, migrate.urn)
    return [
        wanted,
        admit,
        migrate,
        api("blue"),
        candidate,
        job("promote-1", [admit.urn, candidate.urn], gate="promote"),
    ]


def test_a_release_with_its_gates_passes(preview: Evaluator) -> None:
    assert GATES not in rules(preview.evaluate(*gated()))


@pytest.mark.parametrize(
    ("missing", "problem"),
    [("admit-1", "has no Job 'admit' that waits for it"), ("promote-1", "has no Job 'promote' that waits for it")],
)
def test_a_missing_gate_is_found(preview: Evaluator, missing: str, problem: str) -> None:
    findings = preview.evaluate(*(each for each in gated() if each.name != missing))
    assert any(each.policy == GATES and problem in each.message for each in findings)


@pytest.mark.parametrize("early", ["migrate-1", "api-green"])
def test_nothing_of_the_candidate_starts_early(preview: Evaluator, early: str) -> None:
    """A migration or a Deployment that does not wait for admission; the active slot's need not."""
    facts = [Fact(each.type, each.properties, each.name) if each.name == early else each for each in gated()]
    findings = [each for each in preview.evaluate(*facts) if each.policy == GATES]
    assert len(findings) == 1
    assert "does not wait for the admission of its release" in findings[0].message


@pytest.fixture(scope="module")
def production() -> Iterator[Pack]:
    pack = Pack(environment="production")
    yield pack
    pack.close()


CHECK = {"name": "health", "request": {"host": "fleet.example.com", "path": "/health"}}
FIGURES = {"slots": {"blue": {"requests": "r", "errors": "e", "p95": "p"}}}
AT_ONCE, UNASKED = (
    "all visitors get the candidate at once",
    "nothing is asked of the candidate before its first visitor",
)


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        ({"checks": [CHECK], "queries": FIGURES}, []),
        ({"jobs": [{"name": "sums", "when": ["after"], "job": {}}], "queries": FIGURES}, []),
        ({"jobs": [{"name": "sums", "when": ["watch"], "job": {}}], "queries": FIGURES}, [UNASKED]),
        ({"queries": FIGURES}, [UNASKED]),
        ({"checks": [CHECK], "steps": []}, [AT_ONCE]),
        ({"checks": [CHECK], "steps": [{"weight": 100, "holdSeconds": 900}], "queries": FIGURES}, [AT_ONCE]),
        ({"checks": [CHECK]}, ["no figures judge its steps"]),
        ({"checks": [CHECK], "steps": [], "maintenance": True}, []),
        ({"steps": []}, [UNASKED, AT_ONCE]),
        ({"steps": [], "checks": UNKNOWN}, ["cannot be checked"]),
        ({"steps": [], "routes": []}, []),
    ],
)
def test_a_release_proves_its_candidate(production: Pack, spec: dict[str, Any], problems: list[str]) -> None:
    """By checks and by steps under judgement, where there are visitors who could meet a failure."""
    evaluated = production.evaluate(release(**{"routes": [route()], **spec}))
    evidence = [each for each in evaluated if each.policy == "release-evidence"]
    assert {each.level for each in evidence} <= {"advisory"}
    assert len(evidence) == len(problems), evidence
    assert all(any(problem in each.message for each in evidence) for problem in problems), evidence


def test_a_release_below_production_may_prove_little(preview: Evaluator) -> None:
    assert "release-evidence" not in rules(preview.evaluate(release(route(), steps=[])))
