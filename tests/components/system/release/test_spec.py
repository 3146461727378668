"""The controller's specification of the five systems."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components.cluster.releases.manifests import definitions
from slipway.release.objects import ReleaseSpec
from slipway.scanners.charts.crd_validation import problems
from slipway.settings.load import load_systems
from slipway.settings.project import find_project
from tests.components.system.release.stack import RELEASE, SYSTEMS, one, released, spec
from tests.rehearsed import ROOT

STATES = ("blue", "green", "split", "closed")


def parsed(system: str) -> ReleaseSpec:
    return ReleaseSpec.model_validate(spec(released(), system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_api_server_and_the_controller_take_it(system: str) -> None:
    """The whole object against the schema, as strictly as the API server; and nothing is lost in the classes."""
    plan = released()
    release = one(plan, RELEASE, system).inputs
    schema = definitions.recorded()["Release"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert problems(schema, release) == []
    assert parsed(system).system == system


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_that_is_declared_is_left_out(system: str) -> None:
    declared = load_systems(find_project(ROOT))[system]
    wanted = parsed(system)
    assert [each.name for each in wanted.checks] == [each.name for each in declared.checks]
    assert [each.name for each in wanted.attestations] == [each.name for each in declared.attestations]
    assert [each.role for each in wanted.approvals] == [each.role for each in declared.release.approvals]
    assert [each.weight for each in wanted.steps] == [each.weight for each in declared.release.steps]
    assert [each.name for each in wanted.reviews] == [each.name for each in declared.release.reviews]
    assert len(wanted.announcements) == len(declared.release.announcements)
    assert len(wanted.load) == len(declared.release.load)
    assert len(wanted.watch.verify_after_seconds) == len(declared.release.watch.verify_after)
    assert (wanted.window is None) == (declared.release.window is None)
    assert wanted.maintenance == declared.release.maintenance
    kept = [each for each in declared.validations if set(each.when) - {"staging"}]
    assert [each.name for each in wanted.jobs] == [each.name for each in kept]


@pytest.mark.parametrize("system", SYSTEMS)
def test_outside_production_a_release_waits_for_nobody_and_notifies_nobody(system: str) -> None:
    """Checks, load, validations, steps and figures are the same."""
    there, here = (
        ReleaseSpec.model_validate(spec(released(environment=each), system)) for each in ("production", "local")
    )
    assert (here.window, here.approvals, here.attestations, here.announcements, here.reviews) == (None, [], [], [], [])
    assert (here.evidence.backup_seconds, here.evidence.restore_seconds, here.evidence.quiet) == (None, None, False)
    assert here.evidence.images == there.evidence.images
    for same in ("checks", "load", "steps", "analysis", "queries", "migrations", "maintenance", "watch"):
        assert getattr(here, same) == getattr(there, same)


def test_a_stack_without_visitors_holds_as_it_says_and_asks_for_no_requests() -> None:
    """In place of a quarter of an hour a step."""
    fleet = ReleaseSpec.model_validate(
        spec(released(environment="local", controller={"hold": "5s", "minimumRequests": 0}, only="fleet"), "fleet")
    )
    assert [each.hold_seconds for each in fleet.steps] == [5, 5, 5]
    assert fleet.analysis.minimum_requests == 0


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_release_can_begin_in_its_window(system: str) -> None:
    """As long as the window, it could begin at one moment only."""
    wanted = parsed(system)
    assert wanted.window is None or wanted.expected_seconds < wanted.window.duration_seconds


@pytest.mark.parametrize("system", SYSTEMS)
def test_routes_have_the_same_rules_and_backends_in_every_state(system: str) -> None:
    """Envoy Gateway applies a route before it knows a new backend, and answers 500 meanwhile; and policies name rules."""
    for route in spec(released(), system)["routes"]:
        constant = [
            [{key: value for key, value in rule.items() if key != "matches"} for rule in route[state]["rules"]]
            for state in STATES
        ]
        assert constant[0] == constant[1] == constant[2] == constant[3]
        names = [rule["name"] for rule in constant[0]]
        assert len(names) == len(set(names)) == 9
        for state in STATES:
            assert route[state]["hostnames"] == route["closed"]["hostnames"]
            assert route[state]["parentRefs"] == route["closed"]["parentRefs"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_the_rules_of_a_state_match_requests(system: str) -> None:
    """A slot alone answers whatever the cookie says, a split by the cookie and then by weight, a closed system nothing."""
    for route in spec(released(), system)["routes"]:
        applying = {state: [rule for rule in route[state]["rules"] if not is_unused(rule)] for state in STATES}
        for slot in ("blue", "green"):
            assert {answering(rule) for rule in applying[slot] if "backendRefs" in rule} == {slot}
            assert all("Cookie" not in str(rule["matches"]) for rule in applying[slot])
        split = {rule["name"]: answering(rule) for rule in applying["split"] if "backendRefs" in rule}
        assert split["blue-any"] == split["blue-safe"] == "blue"
        assert split["green-any"] == split["green-safe"] == "green"
        assert split["by-weight-any"] is None
        assert [rule["name"] for rule in applying["closed"]] == ["too-large", "maintenance-probed", "maintenance"]
        paths = {match["path"]["value"] for rule in applying["split"] for match in rule["matches"]}
        for state in ("blue", "green"):
            assert {match["path"]["value"] for rule in applying[state] for match in rule["matches"]} == paths


def test_a_rule_that_does_not_apply_can_be_read_by_envoy_and_never_chosen() -> None:
    """Envoy matches bytes, and refuses all routes of the gateway for a pattern with a character beyond."""
    (route, *_) = spec(released(), "fleet")["routes"]
    (pattern,) = {
        rule["matches"][0]["headers"][0]["value"]
        for state in STATES
        for rule in route[state]["rules"]
        if is_unused(rule)
    }
    assert max(int(found, 16) for found in re.findall(r"\\x\{?([0-9A-Fa-f]+)", pattern)) <= 0xFF
    assert not any(re.fullmatch(pattern, chr(byte)) for byte in range(256))
    assert re.fullmatch(pattern, "") is None


@pytest.mark.parametrize("system", SYSTEMS)
def test_figures_are_those_of_one_slot(system: str) -> None:
    """In every state, Envoy's name of each backend that visitors reach is found by the queries of its slot alone."""
    wanted = parsed(system)
    queries = {slot: each.requests for slot, each in wanted.queries.slots.items()}
    place = system if system != "marketplace" else "rent-to-own"
    for route in wanted.routes:
        for rules in (route.blue["rules"], route.green["rules"], route.split["rules"]):
            for number, rule in enumerate(rules):
                for index, backend in enumerate(rule.get("backendRefs", ())):
                    name = f"httproute/{place}/{route.name}/rule/{number}/backend/{index}"
                    found = [slot for slot, query in queries.items() if _finds(query, name)]
                    assert found == [backend["name"].rpartition("-")[2]], name
        smoke = f"httproute/{place}/{route.name}-pass/rule/0/backend/0"
        assert not any(_finds(query, smoke) for query in queries.values())


def _finds(query: str, name: str) -> bool:
    (wanted,), (unwanted,) = (re.findall(rf'envoy_cluster_name{sign}"([^"]+)"', query) for sign in ("=~", "!~"))
    return bool(re.fullmatch(wanted, name)) and not re.fullmatch(unwanted, name)


def is_unused(rule: dict[str, Any]) -> bool:
    """No header has a value that matches the empty class of characters."""
    ((match,), unused) = (rule["matches"][:1], {"type": "RegularExpression", "name": "x-slipway-unused"})
    return unused.items() <= (match.get("headers") or [{}])[0].items()


def answering(rule: dict[str, Any]) -> str | None:
    """The only slot that answers; None if both do."""
    slots = {each["name"].rpartition("-")[2] for each in rule["backendRefs"] if each["weight"]}
    return slots.pop() if len(slots) == 1 else None


def test_a_cookie_is_set_only_while_visitors_are_split() -> None:
    route = spec(released(), "fleet")["routes"][0]
    assert "Set-Cookie" in str(route["split"])
    for state in ("blue", "green", "closed"):
        assert all("Set-Cookie" not in str(rule) for rule in route[state]["rules"] if not is_unused(rule))


def test_secrets_are_named_and_never_shown() -> None:
    """Tokens and cookies by Secret and key, which the controller may read by name and no others."""
    wanted = parsed("expenses")
    cookies = [key for each in wanted.checks for key in each.request.cookies.values()]
    assert {key.secret for key in cookies} == {"expenses-supplied-smoke-test-session"}
    role = one(released(), "kubernetes:rbac.authorization.k8s.io/v1:Role", "expenses/release-controller").inputs[
        "rules"
    ]
    (secrets,) = [rule for rule in role if "secrets" in rule["resources"]]
    assert secrets["resourceNames"] == ["expenses-pass", "expenses-supplied-smoke-test-session"]
    assert secrets["verbs"] == ["get"]


def test_migrations_are_those_that_the_target_needs() -> None:
    """With the names of their Jobs, which the plan has."""
    plan = released()
    jobs = {step.inputs["metadata"]["name"] for step in plan.steps if step.type == "kubernetes:batch/v1:Job"}
    for system in SYSTEMS:
        for migration in ReleaseSpec.model_validate(spec(plan, system)).migrations:
            assert migration.job in jobs
            assert migration.backup is None or migration.backup in jobs
    kingstons = released(kingstons={"blue": {"version": "1.1.0"}}, only="kingstons")
    (breaking,) = [each for each in spec(kingstons, "kingstons")["migrations"] if each.get("compatible") is False]
    assert breaking["name"] == "001-fixed-fee-facilitated"


def test_a_validation_runs_as_its_service_does() -> None:
    """The candidate's image, with no rights at the API server; its network is opened by name."""
    plan = released()
    first = spec(plan, "expenses")["jobs"][0]
    pod = first["job"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "localhost:5000/app:expense-accounts-v1.0.0"
    assert container["command"] == ["node", "scripts/validate-expense-account-system.js"]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    policy = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "expenses/validate-expenses").inputs["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert policy["egress"]
