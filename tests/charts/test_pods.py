"""Every pod that a plan brings about starts in its namespace: those of charts, as Helm rendered them, and our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from components.manifests.versions import pins
from slipway.rehearsal import Plan
from slipway.rehearsal.plan import Step
from slipway.scanners.charts import pod_security, records
from slipway.scanners.charts.__main__ import IN_NO_PLAN
from tests.rehearsed import rehearsed

STACKS = ("local", "prod", "staging")
RECORD_IT = "record it with `make charts` where the charts' repositories can be reached"


@pytest.mark.parametrize("chart", sorted(pins()["charts"]))
def test_a_record_is_of_the_pinned_version(chart: str) -> None:
    """A pin that moves needs a new record. Read at another patch only where the pinned one was not at hand."""
    record = records.read(chart)
    assert record.version == str(pins()["charts"][chart]["version"]), RECORD_IT
    assert record.read_at.rpartition(".")[0] == record.version.rpartition(".")[0]


def test_every_release_is_rendered_with_its_values_and_no_record_is_left_over() -> None:
    used: dict[str, list[records.Rendered]] = {chart: [] for chart in pins()["charts"]}
    for stack in STACKS:
        for step in records.releases(rehearsed(stack).plan):
            chart = step.inputs["name"]
            found = records.read(chart).of(step.inputs["values"])
            assert found is not None, f"{chart} in {stack}: nobody has seen what these values render; {RECORD_IT}"
            used[chart].append(found)
    for chart, seen in used.items():
        left = [each for each in records.read(chart).rendered if each not in seen]
        assert len(left) == (1 if chart in IN_NO_PLAN else 0), f"{chart}: {left}"


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_of_a_chart_meets_the_level_of_its_namespace(stack: str) -> None:
    plan = rehearsed(stack).plan
    levels = records.levels(plan)
    refused: dict[str, list[str]] = {}
    for step in records.releases(plan):
        found = records.read(step.inputs["name"]).of(step.inputs["values"])
        assert found is not None
        level = levels[records.cluster(step), step.inputs["namespace"]]
        for name, pod in found.pods.items():
            refused[f"{step.name}: {name}"] = pod_security.problems(level, pod)
    assert refused
    assert {name: problems for name, problems in refused.items() if problems} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_every_pod_of_our_own_meets_the_level_of_its_namespace(stack: str) -> None:
    """Those too that operators make of a template in a custom resource."""
    plan = rehearsed(stack).plan
    levels = records.levels(plan)
    refused = {
        f"{step.name}: {pod['spec']['containers'][0]['name']}": pod_security.problems(
            levels[records.cluster(step), step.inputs["metadata"]["namespace"]], pod
        )
        for step, pod in _own_pods(plan)
    }
    assert len(refused) > 50
    assert {name: problems for name, problems in refused.items() if problems} == {}


def _own_pods(plan: Plan) -> Iterator[tuple[Step, pod_security.Pod]]:
    for step in plan.steps:
        if step.package == "kubernetes" and "kind" in step.inputs:
            yield from ((step, pod) for pod in records.templates(step.inputs))


def test_what_the_namespace_of_logs_admits_is_used_by_the_agents_alone() -> None:
    """Elasticsearch and Kibana meet `restricted`, though nothing there asks for it."""
    plan = rehearsed("prod").plan
    pods = [pod for step, pod in _own_pods(plan) if step.inputs["kind"] in ("Elasticsearch", "Kibana")]
    assert pods
    assert [pod_security.problems(pod_security.RESTRICTED, pod) for pod in pods] == [[]] * len(pods)


def test_the_operator_of_document_databases_starts() -> None:
    """In no plan here, but in those of others."""
    (found,) = records.read("mongodb-kubernetes").rendered
    assert found.values == records.reduced(IN_NO_PLAN["mongodb-kubernetes"][0])
    assert [pod_security.problems(pod_security.RESTRICTED, pod) for pod in found.pods.values()] == [[]]
