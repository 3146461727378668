"""Every custom resource of a plan is one that the pinned charts' CRDs take, with strict validation."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from components.cluster.releases.manifests import definitions as releases
from slipway.scanners.charts import crd_validation
from slipway.settings.kinds import KINDS
from tests.charts.test_pods import RECORD_IT, STACKS
from tests.rehearsed import rehearsed

OF_THE_CLOUD = {("karpenter.sh/v1", "NodePool")}
"""Kinds that a cluster has from its cloud, and no chart brings."""


OWN = {
    ("slipway.dev/v1", kind): found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    for kind, found in releases.recorded().items()
}
"""Schemas of the kinds that the program itself brings."""


def custom(stack: str) -> list[dict[str, Any]]:
    """Objects of groups that are not Kubernetes' own."""
    steps = [step for step in rehearsed(stack).plan.steps if step.package == "kubernetes"]
    found = [dict(step.inputs) for step in steps if "." in step.inputs.get("apiVersion", "").partition("/")[0]]
    own = [each for each in found if each["apiVersion"].partition("/")[0].endswith(".k8s.io")]
    outside = {"gateway.networking.k8s.io"}
    return [each for each in found if each not in own or each["apiVersion"].partition("/")[0] in outside]


@pytest.mark.parametrize("stack", STACKS)
def test_every_custom_resource_is_taken(stack: str) -> None:
    kinds, refused = {**crd_validation.recorded(), **OWN}, {}
    for found in custom(stack):
        kind = found["apiVersion"], found["kind"]
        if kind not in OF_THE_CLOUD:
            assert kind in kinds, f"{kind} is of no recorded chart; {RECORD_IT}"
            refused[*kind, found["metadata"]["name"]] = crd_validation.problems(kinds[kind], found)
    assert len(refused) > 50
    assert {name: problems for name, problems in refused.items() if problems} == {}


@pytest.fixture(scope="module")
def broker() -> dict[str, Any]:
    return next(each for each in custom("prod") if each["kind"] == "RabbitmqCluster")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("replica",), 3, ".spec.replica: is unknown"),
        (("replicas",), "3", ".spec.replicas: must be of type integer, is '3'"),
        (("persistence", "storage"), True, ".spec.persistence.storage: must be a number or text, is True"),
        (
            ("override", "statefulSet", "spec", "template", "spec", "containers", 0, "image"),
            1,
            "must be of type string",
        ),
        (("override", "statefulSet", "spec", "template", "spec", "containers", 0, "name"), None, "must not be null"),
        (("service",), {"type": "Ingress"}, ".spec.service.type: must be one of ClusterIP, LoadBalancer, NodePort"),
    ],
)
def test_what_no_api_server_takes_is_found(
    broker: dict[str, Any], path: tuple[Any, ...], value: Any, problem: str
) -> None:
    wrong = copy.deepcopy(broker)
    place = wrong["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    schema = crd_validation.recorded()["rabbitmq.com/v1beta1", "RabbitmqCluster"]
    assert any(problem in each for each in crd_validation.problems(schema, wrong))
    assert crd_validation.problems(schema, broker) == []


def test_a_required_field_is_missed() -> None:
    schema = {"type": "object", "required": ["spec"], "properties": {"spec": {"type": "object"}}}
    assert crd_validation.problems(schema, {"metadata": {}}) == [".spec: is required"]


def test_free_form_is_free_below_what_is_known() -> None:
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": {"type": "string"}}}
    assert crd_validation.problems(free, {"anything": [1]}) == []
    assert crd_validation.problems(free, {"a": 1}) == [".a: must be of type string, is 1"]


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "pattern": "^[a-z]+$"}, "abc", "ABC"),
        ({"type": "integer", "minimum": 1, "maximum": 3}, 3, 4),
        ({"type": "array", "maxItems": 1, "items": {"type": "string"}}, ["a"], ["a", "b"]),
        ({"type": "string", "minLength": 2}, "ab", "a"),
        ({"oneOf": [{"minimum": 2}, {"maximum": 4}], "type": "integer"}, 5, 3),
        ({"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}], "type": "string"}, "b", "c"),
        ({"not": {"enum": ["a"]}, "type": "string"}, "b", "a"),
        ({"type": "boolean"}, True, "true"),
    ],
)
def test_bounds(schema: dict[str, Any], good: Any, bad: Any) -> None:
    whole = {"type": "object", "properties": {"it": schema}}
    assert crd_validation.problems(whole, {"it": good}) == []
    assert len(crd_validation.problems(whole, {"it": bad})) == 1


JOB: dict[str, Any] = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledJob",
    "metadata": {"name": "packing"},
    "spec": {
        "jobTargetRef": {"template": {"spec": {"containers": [{"name": "pack", "image": "shop/pack:1.0.0"}]}}},
        "maxReplicaCount": 4,
        "triggers": [{"type": "rabbitmq", "metadata": {"queueName": "boxes"}}],
    },
}
"""A ScaledJob of a system's own."""


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("maxReplicaCount", "4", ".spec.maxReplicaCount: must be of type integer"),
        ("maximumReplicas", 4, ".spec.maximumReplicas: is unknown"),
        ("jobTargetRef", {}, ".spec.jobTargetRef.template: is required"),
    ],
)
def test_what_keda_takes_as_a_job_is_known(key: str, value: Any, problem: str) -> None:
    """No plan here has one, and systems may bring one."""
    schema = crd_validation.recorded()["keda.sh/v1alpha1", "ScaledJob"]
    assert crd_validation.problems(schema, JOB) == []
    found = crd_validation.problems(schema, {**JOB, "spec": {**JOB["spec"], key: value}})
    assert any(problem in each for each in found), found


def test_every_known_kind_of_a_chart_has_its_definition() -> None:
    """So that an object of a system's own can be compared with it."""
    known = {
        kind for kind in KINDS if "." in kind[0].partition("/")[0] and not kind[0].partition("/")[0].endswith("k8s.io")
    }
    assert known - crd_validation.recorded().keys() - OWN.keys() == set()
