"""Which pods have room first on a full node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.manifests.priorities import CLASSES, DATA, SERVING
from slipway.rehearsal import Plan, Step
from tests.rehearsed import rehearsed

KIND, PROVIDER = "kubernetes:scheduling.k8s.io/v1:PriorityClass", "pulumi:providers:kubernetes"
DATA_STORES = {"Cluster", "Pooler", "MongoDBCommunity", "RabbitmqCluster", "StatefulSet"}
RUN_TO_THEIR_END = {"Job", "CronJob"}


@pytest.fixture(params=["prod", "local"])
def plan(request: pytest.FixtureRequest) -> Plan:
    return rehearsed(request.param).plan


def named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["priorityClassName"]] if "priorityClassName" in value else []
        for each in value.values():
            yield from named(each)
    elif isinstance(value, list):
        for each in value:
            yield from named(each)


def found(plan: Plan) -> list[tuple[Step, set[str]]]:
    """Objects of ours, with the classes that their pods name."""
    return [
        (step, set(named(step.inputs))) for step in plan.steps if step.package == "kubernetes" and "kind" in step.inputs
    ]


def test_data_stores_come_before_services_and_services_before_jobs(plan: Plan) -> None:
    """By name of a class; what names none, such as a dump, comes last."""
    assert CLASSES[DATA][0] > CLASSES[SERVING][0] > 0
    seen: dict[str, set[str]] = {}
    for step, classes in found(plan):
        kind = step.inputs["kind"]
        support = step.inputs["metadata"].get("labels", {}).get("app.kubernetes.io/name", "").endswith("-exporter")
        if kind == "Deployment" and not support:
            kind = "Service's Deployment"
        seen.setdefault(kind, set()).update(classes or {"none"})
    assert {kind: seen[kind] for kind in seen.keys() & DATA_STORES if seen[kind] != {DATA}} == {}
    assert seen["Service's Deployment"] == seen["EnvoyProxy"] == {SERVING}
    assert {each for kind in RUN_TO_THEIR_END for each in seen[kind]} == {"none"}


def test_a_class_is_there_before_the_pods_that_name_it(plan: Plan) -> None:
    """On each cluster: the provider of the systems' objects waits for it, and so does what the cluster's proxies are."""
    made = {step.urn: step.inputs["metadata"]["name"] for step in plan.steps if step.type == KIND}
    assert set(made.values()) == set(CLASSES)
    for step, classes in found(plan):
        provider = plan.by_urn[step.provider.rpartition("::")[0]]
        before = {made[urn] for each in (step, provider) for urn in each.dependencies if urn in made}
        assert classes <= before, step.urn
