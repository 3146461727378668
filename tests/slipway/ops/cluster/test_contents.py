"""What is sent for an object."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from slipway.ops.cluster.contents import contents, unknowns
from slipway.ops.cluster.marks import ANNOTATION, DIGEST, LABEL, Mark
from slipway.ops.cluster.snapshot import digest
from slipway.rehearsal import UNKNOWN
from tests.slipway.ops.cluster.conftest import thing

MARK = Mark("test", "main")


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def data(live: dict[str, Any] | None, **parts: Any) -> dict[str, str]:
    return contents(thing("login", "Secret", **parts), live, MARK)["data"]


def test_an_object_carries_the_mark_and_keeps_its_own():
    target = thing("a", annotations={"own": "1"}, data={"a": "b"}, status={"never": "sent"})
    body = contents(target, None, MARK)
    assert body["metadata"]["labels"] == {LABEL: MARK.digest}
    reported = body["metadata"]["annotations"]
    assert reported == {"own": "1", ANNOTATION: "test/main", DIGEST: digest(target, MARK)}
    assert "status" not in body
    assert "labels" not in target.body["metadata"]


def test_a_patch_carries_no_mark():
    assert "labels" not in contents(thing("a", patch=True), None, MARK)["metadata"]


def test_marks_of_two_clusters_differ():
    assert Mark("test", "main").digest != Mark("test", "other").digest
    assert len(Mark("s" * 99, "main").digest) < 63


def test_known_secrets_are_sent_as_data():
    assert data(None, stringData={"a": "text"}, data={"b": coded("bytes")}) == {"a": coded("text"), "b": coded("bytes")}


def test_an_unknown_secret_is_made_once():
    made = data(None, stringData={"a": UNKNOWN, "b": f"x{UNKNOWN}"})
    assert len(base64.b64decode(made["a"])) == 32
    assert made["a"] != made["b"]
    assert data({"data": made}, stringData={"a": UNKNOWN, "b": f"x{UNKNOWN}"}) == made


def test_a_known_secret_outranks_the_live_one():
    assert data({"data": {"a": coded("old")}}, stringData={"a": "new"}) == {"a": coded("new")}


def test_a_secret_that_is_unknown_as_a_whole_keeps_what_it_has():
    assert data({"data": {"a": coded("old")}}, stringData=UNKNOWN) == {"a": coded("old")}
    assert data(None, data=UNKNOWN) == {}


def test_a_secret_without_data_leaves_data_to_its_owner():
    body = contents(thing("supplied", "Secret", ignored=("data", "stringData")), {"data": {"a": coded("mine")}}, MARK)
    assert "data" not in body
    assert "stringData" not in body


def test_ignored_changes_keep_the_live_value():
    live = {"spec": {"replicas": 7, "other": 8}, "metadata": {"annotations": {"a/b.c": "live"}}}
    ignored = ("spec.replicas", 'metadata.annotations["a/b.c"]', "spec.absent", "spec.deep.er", "spec.list[0].x")
    target = thing(
        *("a", "Deployment", "apps/v1"),
        ignored=ignored,
        annotations={"a/b.c": "plan"},
        spec={"replicas": 2, "other": 3, "list": [{"x": 1}]},
    )
    body = contents(target, live, MARK)
    assert body["spec"] == {"replicas": 7, "other": 3, "list": [{"x": 1}]}
    assert body["metadata"]["annotations"]["a/b.c"] == "live"
    assert contents(target, None, MARK)["spec"]["replicas"] == 2


def test_an_ignored_secret_keeps_its_live_value():
    kept = data({"data": {"a": coded("live")}}, ignored=("stringData",), stringData={"a": "plan"})
    assert kept == {"a": coded("live")}


def test_values_that_only_a_cloud_knows_are_named():
    target = thing("a", "ServiceAccount", annotations={"role-arn": UNKNOWN}, items=["x", {"y": UNKNOWN}])
    assert unknowns(target) == ("metadata.annotations.role-arn", "items[1].y")
    assert unknowns(thing("a", "Secret", stringData={"a": UNKNOWN})) == ()


def owned_by(*managers: str) -> dict[str, Any]:
    fields = [{"manager": each, "fieldsV1": {"f:spec": {"f:replicas": {}}}} for each in managers]
    return {"metadata": {"managedFields": fields}, "spec": {"replicas": 9}}


@pytest.mark.parametrize(
    ("managers", "sent"),
    [(["autoscaler"], {}), (["slipway"], {"replicas": 9}), (["slipway", "autoscaler"], {"replicas": 9})],
)
def test_a_number_that_an_autoscaler_owns_is_not_sent(managers: list[str], sent: dict[str, int]) -> None:
    """Ours alone, it is sent as it is: left out it would fall back to one."""
    body = contents(thing("a", ignored=("spec.replicas",), spec={"replicas": 3}), owned_by(*managers), MARK)
    assert body["spec"] == sent


def test_the_first_pods_are_as_many_as_declared() -> None:
    assert contents(thing("a", ignored=("spec.replicas",), spec={"replicas": 3}), None, MARK)["spec"] == {"replicas": 3}
