"""Which objects of a plan go to a cluster, and after which others."""

from __future__ import annotations

import pytest

from slipway.ops.cluster.objects import Unplaced, cluster_of, manifests
from slipway.rehearsal import Step
from tests.slipway.ops.cluster.conftest import PROVIDER, plan, step, urn

CLUSTERS = ("main", "main-eu", "other")
RELEASE = "kubernetes:helm.sh/v3:Release"
PASSWORD = "random:index/randomPassword:RandomPassword"


def needs(*steps) -> dict[str, set[str]]:
    found = manifests(plan(*steps), "main", CLUSTERS).objects
    return {each.name: {need.rpartition("::")[2] for need in each.needs} for each in found}


def test_a_dependency_is_a_need_however_it_is_stated():
    found = needs(
        step("a"),
        step("b"),
        step("c", dependencies=[urn("a")], propertyDependencies={"data": [urn("b")]}),
    )
    assert found == {"a": set(), "b": set(), "c": {"a", "b"}}


def test_what_no_cluster_holds_passes_needs_on():
    found = needs(step("a"), step("random", PASSWORD, dependencies=[urn("a")]), step("b", dependencies=[urn("random")]))
    assert found["b"] == {"a"}


def test_a_component_means_all_below_it():
    found = needs(
        step("component", "shop:index:Thing"),
        step("below", "shop:index:Thing", parent=urn("component")),
        step("a", parent=urn("below")),
        step("b", dependencies=[urn("component")]),
    )
    assert found == {"a": set(), "b": {"a"}}


def test_children_of_an_object_come_after_it_and_siblings_do_not():
    found = needs(
        step("a"),
        step("component", "shop:index:Thing", parent=urn("a")),
        step("b", parent=urn("component")),
        step("c", parent=urn("component")),
    )
    assert found == {"a": set(), "b": {"a"}, "c": {"a"}}


def test_charts_reads_and_other_clusters_are_left_out():
    other = f"{PROVIDER.removesuffix('main')}other::id"
    wanted = plan(
        step("chart", RELEASE),
        step("read", op="read"),
        step("elsewhere", provider=other),
        step("component", "kubernetes:yaml:ConfigFile", custom=False),
        step("bucket", "aws:s3/bucket:Bucket"),
        step("a", dependencies=[urn("chart")]),
    )
    found = manifests(wanted, "main", CLUSTERS)
    assert [each.name for each in found.objects] == ["a"]
    assert found.charts == ("chart",)
    assert not manifests(wanted, "other", CLUSTERS).charts


def test_names_and_namespaces_that_are_not_stated():
    provider = step("ignored", "pulumi:providers:kubernetes", inputs={"namespace": "fallback"})
    provider = type(provider)(provider.op, PROVIDER, provider.state)
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    found = manifests(plan(provider, step("shop/Bare", inputs=bare)), "main", CLUSTERS).objects[0]
    assert found.namespace == "fallback"
    assert found.name.startswith("bare-")
    assert manifests(plan(step("shop/Bare", inputs=bare)), "main", CLUSTERS).objects[0].namespace == "default"


def test_a_patch_is_of_an_object_with_another_owner():
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    found = manifests(plan(step("a", "kubernetes:core/v1:ConfigMapPatch", inputs=inputs)), "main", CLUSTERS).objects[0]
    assert found.patch
    assert found.kind.name == "ConfigMap"


def test_a_provider_is_of_the_cluster_that_its_name_begins_with():
    assert cluster_of("main", CLUSTERS) == "main"
    assert cluster_of("main-systems", CLUSTERS) == "main"
    assert cluster_of("main-eu-systems", CLUSTERS) == "main-eu"
    with pytest.raises(Unplaced, match="provider mainly does not have the name of a cluster"):
        cluster_of("mainly", CLUSTERS)


def test_what_a_provider_waits_for_comes_before_all_that_goes_through_it():
    name = f"{PROVIDER}-systems"
    state = {
        "type": "pulumi:providers:kubernetes",
        "custom": True,
        "inputs": {},
        "dependencies": [urn("chart"), urn("a")],
    }
    found = needs(
        step("a"),
        step("chart", RELEASE, dependencies=[urn("a")]),
        Step("create", name, state),
        step("b", provider=f"{name}::id"),
    )
    assert found == {"a": set(), "b": {"a"}}
