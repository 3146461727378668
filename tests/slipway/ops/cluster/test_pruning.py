"""What goes, in which order, and what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.ops.cluster import pruning, record
from slipway.ops.cluster.api_kinds import Kind, Kinds, Resource
from slipway.ops.cluster.marks import LABEL, Mark
from slipway.ops.cluster.pruning import Left, retention_reason, rounds
from slipway.ops.cluster.served_kinds import missing
from slipway.ops.cluster.snapshot import Snapshot
from tests.slipway.ops.cluster.conftest import thing

MARK = Mark("test", "main")
RESOURCES = {
    "/api/v1": [("configmaps", "ConfigMap", True), ("namespaces", "Namespace", False), ("pods/log", "Pod", True)],
    "/apis/apps/v1": [("deployments", "Deployment", True)],
}


class Held:
    """A cluster that holds some objects: `slipway.ops.cluster.api.Api` as far as it is asked here."""

    def __init__(self, lists: Mapping[str, list[dict[str, Any]]] = {}) -> None:
        self._lists = lists
        self.asked: list[str] = []

    def get(self, path: str, **_: str) -> dict[str, Any] | None:
        self.asked.append(path)
        if path not in RESOURCES:
            return None
        return {"resources": [{"name": n, "kind": k, "namespaced": s} for n, k, s in RESOURCES[path]]}

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        assert query == {"labelSelector": f"{LABEL}={MARK.digest}"}
        return self._lists.get(path, [])


def entry(name: str, namespace: str = "shop", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": name, **({"namespace": namespace} if namespace else {}), **metadata}}


def gone(kind: str, version: str = "v1", name: str = "a", namespace: str = "shop") -> Left:
    return Left(Resource(Kind(version, kind), kind.lower(), bool(namespace)), namespace, name, "uid")


def left(held: Any, recorded: list[Kind], *objects: Any) -> list[str]:
    kinds = Kinds(held)
    return [each.title for each in pruning.left(Snapshot(held, kinds, MARK, recorded), kinds, objects)]


def test_what_carries_the_mark_and_is_not_in_the_plan_goes():
    held = Held(
        {
            "/api/v1/configmaps": [entry("a"), entry("b"), entry("a", "other"), entry("c", deletionTimestamp="now")],
            "/api/v1/namespaces": [entry("shop", ""), entry("old", "")],
        }
    )
    namespace = thing("shop", "Namespace", namespace="default")
    recorded = [Kind("v1", "ConfigMap"), Kind("v1", "Namespace"), Kind("gone.example.com/v1", "Thing")]
    assert left(held, recorded, thing("a"), namespace) == ["ConfigMap other/a", "ConfigMap shop/b", "Namespace old"]


def test_another_version_of_a_kind_is_the_same_kind():
    held = Held({"/apis/apps/v1/deployments": [entry("web")]})
    assert left(held, [Kind("apps/v1", "Deployment")], thing("web", "Deployment", "apps/v2")) == []


def test_workloads_go_first_and_namespaces_after_all_that_is_in_them():
    entries = [
        gone("Namespace", namespace=""),
        gone("Secret"),
        gone("Role", "rbac.authorization.k8s.io/v1"),
        gone("RoleBinding", "rbac.authorization.k8s.io/v1"),
        gone("Cluster", "postgresql.cnpg.io/v1"),
        gone("CustomResourceDefinition", "apiextensions.k8s.io/v1", namespace=""),
        gone("Deployment", "apps/v1"),
        gone("HorizontalPodAutoscaler", "autoscaling/v2"),
    ]
    assert [[each.resource.kind.name for each in group] for group in rounds(entries)] == [
        ["Deployment", "HorizontalPodAutoscaler"],
        ["Cluster"],
        ["RoleBinding", "Secret"],
        ["Role"],
        ["Namespace"],
        ["CustomResourceDefinition"],
    ]


def test_data_stays():
    assert retention_reason(gone("PersistentVolumeClaim"), []) == "it contains data"
    namespace = gone("Namespace", namespace="")
    assert retention_reason(namespace, ["b", "a"]) == "it contains the PersistentVolumeClaims a, b"
    assert retention_reason(namespace, []) == ""
    assert retention_reason(gone("StatefulSet", "apps/v1"), []) == ""


def test_unknown_kinds_are_named_unless_the_plan_defines_them():
    definition = thing(
        *("things.example.com", "CustomResourceDefinition", "apps/v1"),
        spec={"group": "example.com", "names": {"kind": "Thing"}},
    )
    objects = [thing("a"), thing("b", "Thing", "example.com/v1"), thing("c", "Other", "example.com/v1")]
    known = {Kind("v1", "ConfigMap"), Kind("apps/v1", "CustomResourceDefinition")}
    absent = missing([*objects, definition], lambda kind: kind if kind in known else None)
    assert list(map(str, absent)) == ["example.com/v1 Other"]


def test_a_group_is_asked_for_once_and_a_missing_kind_again():
    held = Held()
    kinds = Kinds(held)
    assert kinds.find(Kind("v1", "ConfigMap")) == Resource(Kind("v1", "ConfigMap"), "configmaps", True)
    assert kinds.find(Kind("v1", "Namespace")) is not None
    assert kinds.find(Kind("v1", "Pod")) is None
    assert kinds.find(Kind("v1", "Pod")) is None
    assert held.asked == ["/api/v1"] * 3


def test_paths():
    cluster = Resource(Kind("postgresql.cnpg.io/v1", "Cluster"), "clusters", True)
    assert cluster.path("shop", "a") == "/apis/postgresql.cnpg.io/v1/namespaces/shop/clusters/a"
    assert cluster.path() == "/apis/postgresql.cnpg.io/v1/clusters"
    role = Resource(Kind("rbac.authorization.k8s.io/v1", "ClusterRole"), "clusterroles", False)
    assert role.path("shop", "system:a") == "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa"


def test_recorded_kinds_are_read_as_they_were_written():
    kinds = [Kind("v1", "Secret"), Kind("apps/v1", "Deployment")]

    class Remembering:
        def get(self, path: str) -> dict[str, Any]:
            assert path == f"{record.PLACE}/configmaps/{record.NAME}"
            return {"data": {MARK.digest: "\n".join(map(str, kinds)), "other": "v1 Pod"}}

    assert record.kinds_of(Remembering(), MARK) == tuple(kinds)  # type: ignore[arg-type]
    assert record.kinds_of(Remembering(), Mark("other", "main")) == ()  # type: ignore[arg-type]
