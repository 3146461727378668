"""Objects of a gateway are in force when their controller says so of their own generation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.cluster.gateway.manifests import awaiting
from slipway.ops.cluster import annotations
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.readiness import readiness
from slipway.ops.cluster.verdict import READY, Verdict
from tests.slipway.ops.cluster.conftest import thing

STANDARD, ENVOY = "gateway.networking.k8s.io/v1", "gateway.envoyproxy.io/v1alpha1"
GENERATION = 4
PARENT = {"name": "fleet", "sectionName": "web"}
SEEN = {"Accepted": "True", "ResolvedRefs": "True", "Programmed": "True"}


def conditions(found: Mapping[str, str], generation: int = GENERATION) -> list[dict[str, Any]]:
    return [
        {"type": type_, "status": status, "observedGeneration": generation, "message": f"why {type_}"}
        for type_, status in found.items()
    ]


def gateway(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "Gateway", "status": {"conditions": found}}


def route(found: list[dict[str, Any]], **parent: str) -> dict[str, Any]:
    parent_status = {"parentRef": {**PARENT, **parent}, "controllerName": "envoy", "conditions": found}
    return {"kind": "HTTPRoute", "spec": {"parentRefs": [PARENT]}, "status": {"parents": [parent_status]}}


def policy(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "SecurityPolicy", "status": {"ancestors": [{"ancestorRef": PARENT, "conditions": found}]}}


KINDS = {"Gateway": gateway, "HTTPRoute": route, "SecurityPolicy": policy}


def live(document: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"generation": GENERATION, "namespace": "fleet"}, "spec": {}, **document}


def evaluated(document: dict[str, Any]) -> Verdict:
    kind = document["kind"]
    return readiness(Kind(ENVOY if kind.endswith("Policy") else STANDARD, kind), live(document))


def as_annotated(document: dict[str, Any]) -> bool:
    """By the annotation that `pulumi up` reads."""
    found = awaiting.awaited(document["kind"], document.get("spec", {}))
    return annotations.check(annotations.waits_for(thing("a", annotations=found)), live(document)).is_ready


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_accepted_is_in_force(kind: str) -> None:
    document = KINDS[kind](conditions(SEEN))
    assert evaluated(document) == READY
    assert as_annotated(document)


@pytest.mark.parametrize("kind", KINDS)
def test_a_status_of_the_generation_before_is_not_believed(kind: str) -> None:
    """The controller is away: all conditions are true, of what was there before."""
    document = KINDS[kind](conditions(SEEN, GENERATION - 1))
    assert evaluated(document).reason.endswith("its controller has seen generation 3 of 4")
    assert not as_annotated(document)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("refused", [True, False])
def test_what_is_refused_is_not_in_force(kind: str, refused: bool) -> None:
    document = KINDS[kind](conditions({**SEEN, "Accepted": "False"}) if refused else [])
    assert evaluated(document).reason.endswith("not Accepted: why Accepted" if refused else "has not seen it yet")
    assert not as_annotated(document)


@pytest.mark.parametrize(("kind", "condition"), [("Gateway", "Programmed"), ("HTTPRoute", "ResolvedRefs")])
def test_one_condition_of_several_is_not_enough(kind: str, condition: str) -> None:
    document = KINDS[kind](conditions({**SEEN, condition: "False"}))
    assert f"not {condition}" in evaluated(document).reason
    assert not as_annotated(document)


def test_a_route_is_asked_about_at_each_of_its_parents() -> None:
    document = route(conditions(SEEN))
    document["spec"] = {"parentRefs": [PARENT, {**PARENT, "sectionName": "api"}]}
    assert evaluated(document).reason == "at fleet/api: its controller has not seen it yet"
    assert not as_annotated(document)


def test_the_word_on_another_parent_says_nothing() -> None:
    assert "has not seen it yet" in evaluated(route(conditions(SEEN), sectionName="api")).reason
    assert evaluated(route(conditions(SEEN), namespace="fleet")) == READY
    assert not evaluated(route(conditions(SEEN), namespace="other")).is_ready


def test_the_paths_have_the_form_that_the_provider_reads() -> None:
    """One `{…}` and one `=` beside `==` (pulumi-kubernetes, pkg/jsonpath)."""
    found = awaiting.awaited("HTTPRoute", {"parentRefs": [PARENT]})
    for expression in json.loads(found[annotations.WAIT_FOR]):
        form = expression.removeprefix("jsonpath=")
        assert (form.count("{"), form.count("}"), form.replace("==", "").count("=")) == (1, 1, 1)
        assert form.startswith("{$.status.parents")
