"""What a plan changes of what was there before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway.rehearsal import SECRET, UNKNOWN, Plan, StateError, Step
from slipway.rehearsal.difference import Before, Changed, compare, read_file, replacing
from slipway.rehearsal.difference.before import of_plan
from slipway.rehearsal.difference.properties import ABSENT, changes

STACK = "urn:pulumi:test::shop::"
PROVIDER = f"{STACK}pulumi:providers:aws::main"
DATABASE, NETWORK, SUBNET = "aws:rds/instance:Instance", "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
DEPLOYMENT, NAMESPACE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Namespace"


def resource(type_: str, name: str, inputs: dict[str, Any] | None = None, **state: Any) -> Step:
    urn = f"{STACK}{type_}::{name}"
    return Step("create", urn, {"urn": urn, "type": type_, "custom": True, "inputs": inputs or {}, **state})


def plan(*steps: Step) -> Plan:
    return Plan("shop", "test", "organization", steps)


def changed(old: Step | list[Step], new: Step | list[Step]) -> tuple[Changed, ...]:
    before, after = (each if isinstance(each, list) else [each] for each in (old, new))
    return compare(of_plan("main", plan(*before)), plan(*after)).resources


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": True}, {"a": 1}, [(("a",), True, 1)]),
        ({"a": []}, {}, []),
        ({}, {"a": 1}, [(("a",), ABSENT, 1)]),
        ({"a": 1}, {}, [(("a",), 1, ABSENT)]),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 2, "d": 2}}}, [(("a", "b", "c"), 1, 2)]),
        ({"a": SECRET}, {"a": SECRET}, []),
        ({"a": "x"}, {"a": SECRET}, [(("a",), "x", SECRET)]),
        ({"a": "x"}, {"a": UNKNOWN}, [(("a",), "x", UNKNOWN)]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, [(("a",), ["x", "y"], ["y", "x"])]),
        (
            {"c": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]},
            {"c": [{"name": "new"}, {"name": "b", "image": "1"}, {"name": "a", "image": "2"}]},
            [(("c", "[a]", "image"), "1", "2"), (("c", "[new]"), ABSENT, {"name": "new"})],
        ),
        ({"c": [{"x": 1}, {"x": 2}]}, {"c": [{"x": 1}]}, [(("c", "[1]"), {"x": 2}, ABSENT)]),
        ({"p": '{"a": 1, "b": [1]}'}, {"p": '{"b":[1],"a":2}'}, [(("p", "a"), 1, 2)]),
        ({"p": "a: 1\nb: [1]\n"}, {"p": "b:\n- 1\na: 2\n"}, [(("p", "a"), "1", "2")]),
        ({"p": "a: 1\n"}, {"p": "a: 1 # why\n"}, [(("p",), "a: 1\n", "a: 1 # why\n")]),
        ({"p": "a: &x 1\n"}, {"p": "a: &x 2\n"}, [(("p",), "a: &x 1\n", "a: &x 2\n")]),
        ({"p": "set -e\nrun a\n"}, {"p": "set -e\nrun b\n"}, [(("p",), "set -e\nrun a\n", "set -e\nrun b\n")]),
        ({"p": '{"a": 1}'}, {"p": "{no json"}, [(("p",), '{"a": 1}', "{no json")]),
    ],
)
def test_properties(old: dict[str, Any], new: dict[str, Any], found: list[Any]) -> None:
    """By path; entries of lists by their key; JSON as what it says; what is not set apart from what is."""
    assert [(each.path, each.old, each.new) for each in changes(old, new)] == found


def test_what_an_update_will_know_is_taken_for_the_same_where_it_is_known() -> None:
    """A state knows what a plan cannot."""
    assert changes({"a": "arn:1", "b": 1}, {"a": UNKNOWN, "b": 2}, resolved=True) == changes({"b": 1}, {"b": 2})


def test_operations() -> None:
    """What is new, gone, changed and the same; components are no resources."""
    component = resource("my:index:Comp", "c", custom=False)
    old = [
        component,
        resource(DEPLOYMENT, "same"),
        resource(DEPLOYMENT, "gone"),
        resource(DEPLOYMENT, "other", {"x": 1}),
    ]
    new = [
        component,
        resource(DEPLOYMENT, "same"),
        resource(DEPLOYMENT, "fresh"),
        resource(DEPLOYMENT, "other", {"x": 2}),
    ]
    assert [(each.op, each.name) for each in changed(old, new)] == [
        ("same", "same"),
        ("create", "fresh"),
        ("update", "other"),
        ("delete", "gone"),
    ]


def test_an_alias_is_a_move_and_no_deletion() -> None:
    """Its data stays."""
    old, new = resource(DATABASE, "a", {"engine": "postgres"}), resource(DATABASE, "b", {"engine": "postgres"})
    new = Step(new.op, new.urn, {**new.state, "aliases": [old.urn]})
    (found,) = changed(old, new)
    assert (found.op, found.old_urn, found.loses_data) == ("moved", old.urn, "")
    gone = changed(old, resource(DATABASE, "b", {"engine": "postgres"}))
    assert [(each.op, each.loses_data) for each in gone] == [("create", ""), ("delete", "the database")]


@pytest.mark.parametrize(
    ("type_", "old", "new", "op", "lost"),
    [
        (DATABASE, {"engine": "postgres"}, {"engine": "mysql"}, "replace", "the database"),
        (DATABASE, {"instanceClass": "a"}, {"instanceClass": "b"}, "update", ""),
        (DATABASE, {"tags": {"a": "1"}}, {"tags": {"a": "2"}}, "update", ""),
        (DATABASE, {"somethingNew": 1}, {"somethingNew": 2}, "update", "the database"),
        (
            "azure-native:storage/v20230101:StorageAccount",
            {"accountName": "a"},
            {"accountName": "b"},
            "replace",
            "the objects",
        ),
        (DEPLOYMENT, {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, "update", ""),
        (
            DEPLOYMENT,
            {"spec": {"selector": {"matchLabels": {"a": "1"}}}},
            {"spec": {"selector": {"matchLabels": {"a": "2"}}}},
            "replace",
            "",
        ),
        (NAMESPACE, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, "replace", "everything in the namespace"),
        (
            "kubernetes:postgresql.cnpg.io/v1:Cluster",
            {"metadata": {"name": "a"}},
            {"metadata": {"name": "b"}},
            "replace",
            "the database",
        ),
        ("kubernetes:example.com/v1:Thing", {"spec": {"a": 1}}, {"spec": {"a": 2}}, "update", ""),
    ],
)
def test_what_replaces(type_: str, old: Any, new: Any, op: str, lost: str) -> None:
    """By the table; where it does not know, data may be lost."""
    (found,) = changed(resource(type_, "x", old), resource(type_, "x", new))
    assert (found.op, found.loses_data) == (op, lost)
    assert bool(found.may_replace) == (op == "update" and bool(lost))


CLAIM, CLASS = "kubernetes:core/v1:PersistentVolumeClaim", "kubernetes:storage.k8s.io/v1:StorageClass"
JOB, PRIORITY = "kubernetes:batch/v1:Job", "kubernetes:scheduling.k8s.io/v1:PriorityClass"
CNPG, AZURE = "kubernetes:postgresql.cnpg.io/v1:Cluster", "azure-native:dbforpostgresql:Server"


def asking(size: str) -> dict[str, Any]:
    return {"spec": {"resources": {"requests": {"storage": size}}}}


@pytest.mark.parametrize(
    ("type_", "old", "new", "refused"),
    [
        (CLAIM, asking("10Gi"), asking("5Gi"), ("spec.resources.requests.storage",)),
        (CLAIM, asking("1Ti"), asking("900Gi"), ("spec.resources.requests.storage",)),
        (CLAIM, asking("10Gi"), asking("20Gi"), ()),
        (CLAIM, asking("10Gi"), asking(UNKNOWN), ()),
        (CLAIM, {"spec": {"volumeMode": "Filesystem"}}, {"spec": {"volumeMode": "Block"}}, ("spec.volumeMode",)),
        (CLASS, {"reclaimPolicy": "Delete"}, {"reclaimPolicy": "Retain"}, ("reclaimPolicy",)),
        (CLASS, {"allowVolumeExpansion": True}, {"allowVolumeExpansion": False}, ()),
        (PRIORITY, {"value": 10}, {"value": 11}, ("value",)),
        (PRIORITY, {"description": "a"}, {"description": "b"}, ()),
        (
            JOB,
            {"spec": {"podFailurePolicy": {"a": 1}}},
            {"spec": {"podFailurePolicy": {"a": 2}}},
            ("spec.podFailurePolicy.a",),
        ),
        (JOB, {"spec": {"backoffLimit": 1}}, {"spec": {"backoffLimit": 2}}, ()),
        (
            CNPG,
            {"spec": {"storage": {"size": "40Gi"}}},
            {"spec": {"storage": {"size": "20Gi"}}},
            ("spec.storage.size",),
        ),
        (DATABASE, {"allocatedStorage": 40}, {"allocatedStorage": 20}, ("allocatedStorage",)),
        (AZURE, {"storage": {"storageSizeGB": 64}}, {"storage": {"storageSizeGB": 32}}, ("storage.storageSizeGB",)),
    ],
)
def test_what_no_target_changes_is_refused(type_: str, old: Any, new: Any, refused: tuple[str, ...]) -> None:
    """As an API server of 1.36 answered each of those of Kubernetes; the update fails, so it blocks."""
    found = compare(of_plan("main", plan(resource(type_, "x", old))), plan(resource(type_, "x", new)))
    assert [each.refused for each in found.resources] == [refused]
    assert (found.blocks, len(found.refusals)) == (bool(refused), bool(refused))


def test_what_is_replaced_is_not_refused() -> None:
    """A Job with another template is made again, with whatever policy."""
    old, new = (resource(JOB, "x", {"spec": {"template": it, "podFailurePolicy": it}}) for it in ("a", "b"))
    (found,) = changed(old, new)
    assert (found.op, found.refused) == ("replace", ())


def test_what_the_program_asks_to_be_replaced_for_is() -> None:
    """By `replace_on_changes`, of a path or of everything."""
    for asked in ("spec.size", "*"):
        old, new = (resource("a:b:C", "x", {"spec": {"size": size}}, replaceOnChanges=[asked]) for size in (1, 2))
        (found,) = changed(old, new)
        assert (found.op, found.replaced_by) == ("replace", ("spec.size",))


def test_ignored_changes_are_none() -> None:
    """By `ignore_changes`, with all below."""
    old, new = (resource(DATABASE, "x", {"engine": {"a": it}}, ignoreChanges=["engine"]) for it in (1, 2))
    assert [each.op for each in changed(old, new)] == ["same"]


def test_whatever_needs_a_replaced_network_is_named() -> None:
    """A value of something that is replaced will be another one, and replaces in its turn."""

    def steps(cidr: str) -> list[Step]:
        network = resource(NETWORK, "net", {"cidrBlock": cidr})
        needs = {"vpcId": [network.urn]}
        subnet = resource(SUBNET, "sub", {"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24"}, propertyDependencies=needs)
        tagged = resource(SUBNET, "fixed", {"vpcId": "vpc-1"}, propertyDependencies=needs)
        return [network, subnet, tagged]

    network, subnet, fixed = changed(steps("10.0.0.0/16"), steps("10.1.0.0/16"))
    assert (network.op, network.replaced_by) == ("replace", ("cidrBlock",))
    assert (subnet.op, subnet.replaced_by, subnet.via) == ("replace", ("vpcId",), (network.urn,))
    assert fixed.op == "same"


def test_another_cluster_is_another_everything_in_it() -> None:
    """Its provider is replaced, and with it what the provider made."""

    def steps(name: str) -> list[Step]:
        cluster = resource("aws:eks/cluster:Cluster", "c", {"name": name})
        needs = {"kubeconfig": [cluster.urn]}
        provider = resource("pulumi:providers:kubernetes", "p", {"kubeconfig": UNKNOWN}, propertyDependencies=needs)
        return [cluster, provider, resource(NAMESPACE, "n", provider=f"{provider.urn}::{UNKNOWN}")]

    assert [each.op for each in changed(steps("a"), steps("b"))] == ["replace"] * 3


def test_what_is_kept_when_it_is_deleted_is_not_lost() -> None:
    """`retain_on_delete` leaves it in its cloud."""
    assert [each.loses_data for each in changed(resource(DATABASE, "x", retainOnDelete=True), [])] == [""]
    assert [each.loses_data for each in changed(resource("a:b:C", "x", protect=True), [])] == ["what is protected"]
    assert [each.loses_data for each in changed(resource(DEPLOYMENT, "x", protect=True), [])] == [""]


def test_a_plan_as_json_is_the_plan(tmp_path: Path) -> None:
    """What `slipway preview --format json` writes."""
    whole = plan(resource(DATABASE, "x", {"engine": "postgres"}))
    file = tmp_path / "plan.json"
    file.write_text(whole.to_json())
    assert {each.op for each in compare(read_file(file), whole).resources} == {"same"}


@pytest.mark.parametrize("version", [3, 4])
def test_an_exported_state_knows_more(version: int, tmp_path: Path) -> None:
    """Its secrets are secrets, and what the plan does not know is taken for what it knows."""
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    one = resource(DATABASE, "x", {"password": sealed, "arn": "arn:1", "engine": "postgres"})
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": version, "deployment": {"resources": [one.state]}}))
    now = resource(DATABASE, "x", {"password": SECRET, "arn": UNKNOWN, "engine": "mysql"})
    (found,) = compare(read_file(file), plan(now)).resources
    assert [(each.path, each.old, each.new) for each in found.changes] == [(("engine",), "postgres", "mysql")]


POD = "kubernetes:apps/v1:Deployment"
KUBERNETES_SECRET = "kubernetes:core/v1:Secret"


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "a", **fields}]}}}}


@pytest.mark.parametrize(
    ("type_", "state", "given", "paths"),
    [
        (POD, container(env=[{"name": "A"}]), container(env=[{"name": "A", "value": ""}]), []),
        (
            POD,
            container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
            container(volumeMounts=[{"name": "v", "mountPath": "/v", "readOnly": False}]),
            [],
        ),
        (POD, {"spec": {}}, {"spec": {"replicas": 0}}, ["spec.replicas"]),
        (POD, container(env=[{"name": "A"}]), container(env=[{"name": "A", "value": "1"}]), ["value"]),
        ("kubernetes:x.io/v1:Thing", {"spec": {}}, {"spec": {"value": ""}}, ["spec.value"]),
        (KUBERNETES_SECRET, {"data": SECRET}, {"stringData": SECRET}, []),
        (KUBERNETES_SECRET, {"data": {"a": "YQ=="}}, {"stringData": {"a": "a"}}, []),
        (KUBERNETES_SECRET, {"data": {"a": SECRET}}, {"stringData": {"a": SECRET}}, []),
        (KUBERNETES_SECRET, {"data": {"a": "YQ=="}}, {"stringData": {"a": "b"}}, ["data.a"]),
        (KUBERNETES_SECRET, {"data": {"a": "YQ=="}}, {"data": {"a": "YQ=="}, "stringData": {"a": "a"}}, ["stringData"]),
    ],
)
def test_a_state_has_inputs_as_the_kubernetes_provider_writes_them(
    type_: str, state: dict[str, Any], given: dict[str, Any], paths: list[str]
) -> None:
    """A field that Go's types leave out is no change, and `stringData` is `data`; a pointer's zero is one."""
    (found,) = changed(resource(type_, "x", state), resource(type_, "x", given))
    assert len(found.changes) == len(paths)
    for each, path in zip(found.changes, paths, strict=True):
        assert ".".join(each.path).endswith(path)


def test_a_default_provider_of_a_state_is_not_deleted(tmp_path: Path) -> None:
    """The engine lists it in the state and in no preview; a provider of the program, below the stack, is compared."""
    provider = "pulumi:providers:random"
    own, another = resource(provider, "default_4_21_4"), resource(provider, "default_mine", parent="urn:stack")
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [own.state, another.state]}}))
    (found,) = compare(read_file(file), plan()).resources
    assert (found.op, found.urn) == ("delete", another.urn)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps": 1}', '{"steps": [{}]}', '{"deployment": {}}'])
def test_a_file_that_is_neither_is_refused(text: str, tmp_path: Path) -> None:
    """With its name and how to write one."""
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises(StateError, match=r"x\.json: "):
        read_file(file)


def test_every_row_is_read_and_has_a_source_of_its_own_or_its_package() -> None:
    """A row says something, in keys that are known."""
    rows = yaml.safe_load(Path(replacing.__file__).with_name("replaces.yaml").read_text())
    known = {"replaces", "inPlace", "restarts", "refused", "grows", "network", "every", "data", "protected", "source"}
    for name, row in rows.items():
        assert row.keys() <= known, name
        assert row.keys() - {"source"}, name
        assert "source" in row or "source" in rows[name.partition(":")[0]], name


def test_nothing_before_is_everything_new() -> None:
    """As for a stack that the reference does not have."""
    assert {each.op for each in compare(Before("main", {}), plan(resource(DATABASE, "x"))).resources} == {"create"}
