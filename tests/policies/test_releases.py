"""Visitors are shared out by whole percentages, and never over an incompatible migration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes, secret

RULES = ("route-weights", "release-compatibility")
WEIGHTS, COMPATIBILITY = RULES

SOURCE = "systems/fleet/system.yaml:migrations[0]"
ABSENT = object()
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


def backend(name: Any, weight: Any = ABSENT) -> dict[str, Any]:
    return {"name": name, "port": 3000, **({} if weight is ABSENT else {"weight": weight})}


def route(*rules: Any, name: str = "api") -> Fact:
    """A route with rules of backends."""
    spec = {"rules": [{"backendRefs": rule} if rule is not None else {"filters": []} for rule in rules]}
    return Fact(ROUTE, {"metadata": {"name": name, "namespace": "fleet"}, "spec": spec}, name)


def shared(blue: Any, green: Any) -> Fact:
    return route([backend("api-blue", blue), backend("api-green", green)])


def unused(value: str) -> Fact:
    """A route's rule that splits visitors in another of its states."""
    header = {"type": "RegularExpression", "name": "x-slipway-unused", "value": value}
    rule = {"matches": [{"headers": [header]}], "backendRefs": [backend("api-blue", 50), backend("api-green", 50)]}
    return Fact(ROUTE, {"metadata": {"name": "api", "namespace": "fleet"}, "spec": {"rules": [rule]}}, "api")


def edge(text: Any, key: Any = "state") -> Fact:
    """An entry of the store that CloudFront's function reads."""
    return Fact("aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey", {"key": key, "value": text}, "web")


def state(blue: Any, green: Any) -> Fact:
    weights = {name: weight for name, weight in (("blue", blue), ("green", green)) if weight is not ABSENT}
    return edge(json.dumps({"active": "blue", "weights": weights}))


@pytest.mark.parametrize("make", [shared, state])
@pytest.mark.parametrize(("blue", "green"), [(100, 0), (90, 10), (0, 100), (95.0, 5.0)])
def test_hundred_percent_satisfies(preview: Evaluator, make: Any, blue: Any, green: Any) -> None:
    """Whole percentages that make 100; numbers may be floats."""
    assert preview.evaluate(make(blue, green)) == []


@pytest.mark.parametrize("make", [shared, state])
@pytest.mark.parametrize(
    ("blue", "green"),
    [(90, 5), (90, 20), (0, 0), (150, -50), (99.5, 0.5), ("100", 0), (True, 99), (100, "much"), (90, ABSENT)],
)
def test_any_other_sum_violates(preview: Evaluator, make: Any, blue: Any, green: Any) -> None:
    """Too little, too much, no percentage, a wrong type or a missing weight is one finding."""
    findings = preview.evaluate(make(blue, green))
    assert outcomes(findings) == [(WEIGHTS, "mandatory")]
    assert "green.weight" in findings[0].message


def test_backend_alone_gets_all(preview: Evaluator) -> None:
    """One backend needs no percentage, but some weight; a rule that answers by itself has none."""
    assert preview.evaluate(route([backend("api-blue", 1)]), route([backend("api-blue")]), route(None), route()) == []
    assert outcomes(preview.evaluate(route([backend("api-blue", 0)]))) == [(WEIGHTS, "mandatory")]


def test_equal_problems_are_reported_once(preview: Evaluator) -> None:
    """Two rules of a route with the same wrong sum are one finding."""
    rule = [backend("api-blue", 90), backend("api-green", 0)]
    assert outcomes(preview.evaluate(route(rule, rule))) == [(WEIGHTS, "mandatory")]


@pytest.mark.parametrize(
    ("fact", "named"),
    [
        (shared(UNKNOWN, 0), "weight"),
        (route(UNKNOWN), "backendRefs"),
        (Fact(ROUTE, {"spec": {"rules": UNKNOWN}}), "spec.rules"),
        (edge(UNKNOWN), "value"),
    ],
)
def test_unknown_weight_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, fact: Fact, named: str
) -> None:
    """A share that is not known is advice naming it, and blocks an update."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(WEIGHTS, "advisory")]
    assert named in findings[0].message
    assert outcomes(update.evaluate(fact)) == [(WEIGHTS, "mandatory")]


def test_other_entries_of_an_edge_hold_no_weights(preview: Evaluator) -> None:
    """The store keeps other texts too, which may be secret."""
    assert preview.evaluate(edge(UNKNOWN, "pass"), edge(secret(CANARY), "pass")) == []


@pytest.mark.parametrize("text", [CANARY, "[]", "{}", '{"weights": []}', 7, secret(CANARY)])
def test_state_without_weights_violates(preview: Evaluator, text: Any) -> None:
    """An edge that finds no weights is told, and no text shown."""
    findings = preview.evaluate(edge(text))
    assert outcomes(findings) == [(WEIGHTS, "mandatory")]
    assert CANARY not in findings[0].message


def service(slot: str) -> Fact:
    metadata = {"name": f"api-{slot}", "namespace": "fleet"}
    spec = {"selector": {"slipway.dev/slot": slot}}
    return Fact("kubernetes:core/v1:Service", {"metadata": metadata, "spec": spec}, f"api-{slot}")


def migration(compatible: Any = "false", namespace: str = "fleet") -> Fact:
    reported = {} if compatible is ABSENT else {"slipway.dev/migration-compatible": compatible}
    metadata = {
        "namespace": namespace,
        "labels": {"slipway.dev/migration": "005"},
        "annotations": {"slipway.dev/source": SOURCE, **reported},
    }
    return Fact("kubernetes:batch/v1:Job", {"metadata": metadata}, "migrate-005")


def deployment(slot: str, *, needs: bool) -> Fact:
    metadata = {"namespace": "fleet", "labels": {"slipway.dev/slot": slot}}
    dependencies = (migration().urn,) if needs else ()
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": metadata}, f"api-{slot}", dependencies=dependencies)


SERVICES = (service("blue"), service("green"))
ONE_NEEDS = (*SERVICES, deployment("blue", needs=False), deployment("green", needs=True))
BOTH_NEED = (*SERVICES, deployment("blue", needs=True), deployment("green", needs=True))


@pytest.mark.parametrize(
    "facts",
    [
        (migration(), shared(100, 0), *ONE_NEEDS),
        (migration(), shared(0, 100), *ONE_NEEDS),
        (migration(), shared(50, 50), *BOTH_NEED),
        (migration(), shared(50, UNKNOWN), *BOTH_NEED),
        (migration("true"), shared(50, 50), *ONE_NEEDS),
        (migration(namespace="other"), shared(50, 50), *ONE_NEEDS),
        (migration(), route(None), *ONE_NEEDS),
        (migration(), shared(100, 0), route([backend("api-green", 1)], name="pass"), *ONE_NEEDS),
        (migration(), unused(r"[^\x00-\xFF]"), *ONE_NEEDS),
    ],
    ids=["old", "new", "both new", "one unknown", "compatible", "elsewhere", "closed", "smoke tests", "unused"],
)
def test_one_version_over_a_migration_satisfies(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """All visitors on one side of an incompatible migration, or a migration that both versions bear."""
    assert [each for each in preview.evaluate(*facts) if each.policy == COMPATIBILITY] == []


@pytest.mark.parametrize("green", [10, 50.0, 99])
def test_split_over_an_incompatible_migration_violates(preview: Evaluator, green: Any) -> None:
    """Visitors of two slots of which one waits for the migration."""
    findings = preview.evaluate(migration(), shared(100 - green, green), *ONE_NEEDS)
    assert outcomes(findings) == [(COMPATIBILITY, "mandatory")]
    assert "blue and green" in findings[0].message
    assert findings[0].message.endswith(f"fix: {SOURCE}.compatible")


def test_a_rule_that_a_client_can_choose_is_used(preview: Evaluator) -> None:
    """Whatever its header is called."""
    findings = preview.evaluate(migration(), unused(".*"), *ONE_NEEDS)
    assert outcomes(findings) == [(COMPATIBILITY, "mandatory")]


def test_split_over_a_migration_that_nobody_waits_for_violates(preview: Evaluator) -> None:
    """Nobody can say which of the versions works."""
    none = (*SERVICES, deployment("blue", needs=False), deployment("green", needs=False))
    assert outcomes(preview.evaluate(migration(), shared(50, 50), *none)) == [(COMPATIBILITY, "mandatory")]


@pytest.mark.parametrize("message", [ABSENT, "maybe", True, secret(CANARY)])
def test_a_migration_declares_whether_it_is_compatible(preview: Evaluator, message: Any) -> None:
    """One that does not tell, or by a wrong type, is a finding that shows no value."""
    findings = preview.evaluate(migration(message))
    assert outcomes(findings) == [(COMPATIBILITY, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    "facts",
    [
        (migration(UNKNOWN),),
        (migration(), shared(100, UNKNOWN), *ONE_NEEDS),
        (migration(), route([backend("api-blue", 100), backend(UNKNOWN, 5)]), *ONE_NEEDS),
        (migration(), shared(100, 0), route(UNKNOWN, name="other"), *ONE_NEEDS),
    ],
)
def test_unknown_split_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """Whether visitors are split over the migration may hang on an unknown."""
    findings = [each for each in preview.evaluate(*facts) if each.policy == COMPATIBILITY]
    assert outcomes(findings) == [(COMPATIBILITY, "advisory")]
    assert (COMPATIBILITY, "mandatory") in outcomes(update.evaluate(*facts))
