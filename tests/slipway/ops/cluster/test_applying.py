"""When an object is unchanged, updated, or recreated."""

from __future__ import annotations

import pytest

from slipway.ops.cluster.annotations import REPLACE_UNREADY
from slipway.ops.cluster.api import Refused
from slipway.ops.cluster.applying import is_failed_job, is_same, must_replace, owners
from tests.slipway.ops.cluster.conftest import thing

FAILED = {"status": {"conditions": [{"type": "Failed", "status": "True"}]}}
IMMUTABLE = Refused(422, "spec.template: Invalid value: ...: field is immutable", [{"field": "spec.template"}])


def live(version: str, **parts) -> dict:
    return {"metadata": {"resourceVersion": version, "name": "a"}, **parts}


def test_the_same_version_is_the_same():
    assert is_same(live("1"), live("1", spec={}))


def test_what_a_controller_wrote_meanwhile_is_no_change():
    assert is_same(live("1", spec={"a": 1}, status={"a": 1}), live("2", spec={"a": 1}, status={"a": 2}))
    assert not is_same(live("1", spec={"a": 1}), live("2", spec={"a": 2}))
    labelled = live("2")
    labelled["metadata"]["labels"] = {"a": "b"}
    assert not is_same(live("1"), labelled)


def test_a_failed_job_runs_again_if_it_says_so():
    again = {REPLACE_UNREADY: "true"}
    assert is_failed_job(thing("a", "Job", "batch/v1", annotations=again), FAILED)
    assert not is_failed_job(thing("a", "Job", "batch/v1"), FAILED)
    assert not is_failed_job(thing("a", "Job", "batch/v1", annotations=again), {"status": {}})


@pytest.mark.parametrize(
    ("kind", "version", "replaced"),
    [
        ("Job", "batch/v1", True),
        ("Deployment", "apps/v1", True),
        ("PersistentVolumeClaim", "v1", False),
        ("Namespace", "v1", False),
        ("Service", "serving.knative.dev/v1", False),
    ],
)
def test_what_holds_data_or_is_an_operator_s_is_never_recreated(kind: str, version: str, replaced: bool):
    assert must_replace(thing("a", kind, version), IMMUTABLE) is replaced


def test_other_refusals_replace_nothing():
    assert not must_replace(thing("a", "Job", "batch/v1"), Refused(422, "spec.x: Required value"))
    assert not must_replace(thing("a", "Job", "batch/v1"), Refused(403, "the field is immutable"))
    assert not must_replace(thing("a", "Job", "batch/v1", patch=True), IMMUTABLE)


def test_owners_of_fields_are_named():
    causes = [
        {"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": 'conflict with "hpa" using apps/v1'},
        {"reason": "Other", "field": ".x", "message": ""},
    ]
    refusal = Refused(409, "conflict", causes)
    assert owners(refusal) == "spec.replicas from hpa"
    assert not refusal.may_pass


@pytest.mark.parametrize(
    ("status", "message", "passes"),
    [
        (429, "slow down", True),
        (503, "no", True),
        (409, "the object has been modified", True),
        (500, "failed to create typed patch object: .spec.x: field not declared in schema", False),
        (422, "invalid", False),
        (403, "forbidden", False),
    ],
)
def test_what_is_tried_again(status: int, message: str, passes: bool):
    assert Refused(status, message).may_pass is passes


def test_a_long_refusal_keeps_its_ends():
    text = str(Refused(422, "begin " + "x" * 5000 + " end"))
    assert text.startswith("begin")
    assert text.endswith("end (HTTP 422)")
    assert len(text) < 500
