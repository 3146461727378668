"""The kinds of releases: what a reviewer reads is what the controller's classes say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from components.cluster.releases.manifests import definitions
from components.cluster.releases.manifests.schema import structural
from slipway.release.objects import ApprovalSpec, Object, ReleaseSpec
from slipway.release.status import Status
from slipway.scanners.charts.crd_validation import problems

FREE = "x-kubernetes-preserve-unknown-fields"
OPEN = {"body", "jsonEquals", "job", "blue", "green", "split", "closed"}
"""Fields whose content others define: JSON of a system, and whole objects of Kubernetes."""


def schemas() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each part of the two kinds' schemas, with its path."""
    for kind, found in definitions.recorded().items():
        yield from below(kind, found["spec"]["versions"][0]["schema"]["openAPIV3Schema"])


def below(path: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from below(f"{path}.{name}", each)
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from below(f"{path}.{key}", schema[key])


def test_the_file_is_up_to_date() -> None:
    assert definitions.FILE.read_text(encoding="utf-8") == definitions.rendered(), "run make crds"


def test_the_schemas_are_structural() -> None:
    """Each part has a type, and none a reference or a union, which the API server refuses."""
    found = dict(schemas())
    assert len(found) > 200
    assert [path for path, schema in found.items() if "type" not in schema] == []
    wrong = ("$ref", "anyOf", "oneOf", "allOf", "$defs", "const", "propertyNames")
    assert [(path, key) for path, schema in found.items() for key in wrong if key in schema] == []


def test_only_what_others_define_is_open() -> None:
    """Everything else is checked by the API server, and unknown fields are dropped."""
    found = {path.rpartition(".")[2] for path, schema in schemas() if schema.get(FREE)}
    assert found == OPEN


def test_every_field_is_described() -> None:
    """`kubectl explain release.spec` says what each is."""
    known = ("apiVersion", "kind", "metadata", "spec", "status", "items", "additionalProperties", "blue", "green")
    bare = [path for path, schema in schemas() if path.count(".") and "description" not in schema]
    assert [path for path in bare if path.rpartition(".")[2] not in known and ".previous." not in path] == []


@pytest.mark.parametrize("model", [ReleaseSpec, Status, ApprovalSpec])
def test_each_field_of_the_classes_is_in_the_schema(model: type[BaseModel]) -> None:
    names = {field.alias for field in model.model_fields.values()}
    assert set(structural(model)["properties"]) == names


def test_a_union_is_refused() -> None:
    class Loose(Object):
        either: int | str

    with pytest.raises(TypeError, match="union of 2 types"):
        structural(Loose)


GOOD: dict[str, Any] = {
    "id": "0123abcd",
    "system": "fleet",
    "stack": "prod",
    "owner": "fleet",
    "target": {"slot": "green", "version": "1.1.0"},
    "analysis": {"errorPercent": 1.0, "p95Seconds": 0.5},
}


def wrong(**changes: Any) -> list[str]:
    schema = definitions.recorded()["Release"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return problems(schema, {"metadata": {"name": "fleet"}, "spec": {**GOOD, **changes}})


def test_what_the_classes_take_the_schema_takes() -> None:
    assert wrong() == []
    assert ReleaseSpec.model_validate(GOOD).to_json() == GOOD


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": "XYZ"}, ".spec.id: must match"),
        ({"target": {"slot": "red", "version": "1"}}, ".spec.target.slot: must be one of blue, green"),
        ({"attempt": 0}, ".spec.attempt: minimum is 1"),
        ({"steps": [{"weight": 101, "holdSeconds": 1}]}, ".spec.steps[0].weight: maximum is 100"),
        ({"steps": [{"weight": 100}]}, ".spec.steps[0].holdSeconds: is required"),
        ({"deployments": {"red": []}}, ".spec.deployments.red: is unknown"),
        ({"strange": 1}, ".spec.strange: is unknown"),
    ],
)
def test_what_they_refuse_it_refuses(change: dict[str, Any], problem: str) -> None:
    assert any(problem in each for each in wrong(**change)), wrong(**change)
