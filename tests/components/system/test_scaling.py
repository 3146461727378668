"""docs/scaling.md: its example on each cloud, planned and judged with those of the other pages."""

from __future__ import annotations

from typing import Any

import pytest

from components.clouds.aws.cluster_objects import extra_pool
from components.manifests import namespace, placement
from components.manifests.environment import Variables
from components.manifests.pod import Identity
from components.manifests.scope import Scope
from components.system.slot.manifests.container_files import PodFiles
from components.system.slot.manifests.schedule import Scheduled, cron_job
from slipway.ops.cluster import annotations
from slipway.settings.placement import ExtraNodePool, Placement, fitting
from slipway.settings.schedules import Schedule
from slipway.settings.services import Replicas, Service
from tests.components.system.test_programs import CLOUDS, about, planned, pod, steps


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("slot", ["blue", "green"])
def test_fixed_replicas_are_set_by_every_update(cloud: str, slot: str) -> None:
    """They have no autoscaler, and take the number over from one of before."""
    created = steps()[f"{cloud}/Deployment/gossip-{slot}"]
    assert created.inputs["spec"]["replicas"] == 3
    assert not created.state.get("ignoreChanges")
    notes = created.inputs["metadata"]["annotations"]
    assert (notes["slipway.dev/fixed-replicas"], notes["pulumi.com/patchForce"]) == ("true", "true")
    assert f"{cloud}/HorizontalPodAutoscaler/gossip-{slot}" not in steps()
    assert f"{cloud}/HorizontalPodAutoscaler/stock-{slot}" in steps()


def test_fixed_replicas_are_there_before_visitors() -> None:
    """The disruption budget comes after the Deployment and waits for as many healthy pods."""
    budget, by_urn = steps()["local/PodDisruptionBudget/gossip-blue"], planned().plan.by_urn
    assert "local/gossip-blue" in {by_urn[urn].name for urn in budget.dependencies}
    wanted = budget.inputs["metadata"]["annotations"][annotations.WAIT_FOR]
    healthy = [
        annotations.check((wanted,), {"status": {"expectedPods": 3, "currentHealthy": number}}).is_ready
        for number in (2, 3)
    ]
    assert healthy == [False, True]


def test_the_quota_has_room_for_as_many() -> None:
    """With the one more of an update, in both slots."""
    definition = planned().stack.clusters["local"].systems["local"].definition
    pods = []
    for replicas in (Replicas(fixed=3), Replicas(fixed=7)):
        changed = definition.services["gossip"].model_copy(update={"replicas": replicas})
        other = definition.model_copy(update={"services": {**definition.services, "gossip": changed}})
        pods.append(int(namespace.quota(Scope("local", "local"), definition=other).spec.hard["pods"]))  # type: ignore[union-attr,index]
    assert pods[1] - pods[0] == 2 * ((7 + 2) - (3 + 1))


def test_the_pack_accepts_what_is_fixed_on_purpose() -> None:
    said = [each for each in about("gossip") if "::local/" not in (each.urn or "")]
    assert {each.policy for each in said} <= {"service-logs"}


def node_affinity(cloud: str, name: str) -> dict[str, Any]:
    return pod(cloud, name)["affinity"]["nodeAffinity"]


def terms(cloud: str, name: str) -> list[list[tuple[str, ...]]]:
    """What each of the terms of which one must hold asks of a node."""
    found = node_affinity(cloud, name)["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return [
        [(each["key"], each["operator"], *each.get("values", ())) for each in term["matchExpressions"]]
        for term in found
    ]


POOL, SPOT = "slipway.dev/node-pool", "slipway.dev/spot"


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("slot", ["blue", "green"])
def test_spot_nodes_are_preferred_and_others_will_do(cloud: str, slot: str) -> None:
    """Those of the pool that fits, with the cloud's own taint, or nodes without a pool."""
    name = f"thumbnails-{slot}"
    assert terms(cloud, name) == [[(POOL, "In", "spare")], [(POOL, "DoesNotExist")]]
    (preferred,) = node_affinity(cloud, name)["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred["preference"]["matchExpressions"] == [{"key": SPOT, "operator": "In", "values": ["true"]}]
    own = {"azure": ["kubernetes.azure.com/scalesetpriority"]}.get(cloud, [])
    assert [each["key"] for each in pod(cloud, name)["tolerations"]] == [POOL, SPOT, *own]
    assert pod(cloud, name)["tolerations"][0] == {
        "key": POOL,
        "operator": "Equal",
        "value": "spare",
        "effect": "NoSchedule",
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_pods_run_on_the_nodes_that_they_ask_for(cloud: str) -> None:
    """On those of one pool; services that ask for nothing have neither affinity nor tolerations."""
    assert terms(cloud, "tiles-blue") == [[(POOL, "In", "arm"), ("kubernetes.io/arch", "In", "arm64")]]
    assert terms(cloud, "finder-blue") == [[(POOL, "In", "disks")]]
    assert [each["key"] for each in pod(cloud, "tiles-blue")["tolerations"]] == [POOL]
    usual = pod(cloud, "stock-blue")
    assert "affinity" not in usual
    assert "tolerations" not in usual
    assert pod(cloud, "tiles-blue")["topologySpreadConstraints"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_others_wait_for_goes_first_on_a_full_node(cloud: str) -> None:
    classes = [pod(cloud, f"{name}-blue").get("priorityClassName") for name in ("finder", "tiles", "thumbnails")]
    assert classes == ["slipway-data", "slipway-serving", None]


def test_pools_of_auto_mode_offer_what_is_declared() -> None:
    """Each with its label and taint, limits, and nodes that are replaced."""
    found = {
        step.inputs["metadata"]["name"]: step.inputs["spec"]
        for step in planned().plan.steps
        if step.type.endswith(":NodePool")
    }
    assert set(found) == {"slipway", "slipway-arm", "slipway-spare", "slipway-disks"}
    required = {
        name: {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}
        for name, spec in found.items()
    }
    assert required["slipway-arm"]["kubernetes.io/arch"] == ["arm64"]
    assert required["slipway-spare"]["karpenter.sh/capacity-type"] == ["spot"]
    assert required["slipway-disks"]["karpenter.sh/capacity-type"] == ["on-demand"]
    assert found["slipway-disks"]["template"]["metadata"]["labels"] == {"disk": "fast", POOL: "disks"}
    assert [each["key"] for each in found["slipway-spare"]["template"]["spec"]["taints"]] == [POOL, SPOT]
    assert found["slipway-spare"]["limits"] == {"cpu": "80", "memory": "320Gi"}
    assert "taints" not in found["slipway"]["template"]["spec"]


def test_agent_pools_offer_what_is_declared() -> None:
    """They begin without nodes; spot nodes have Azure's taint and no upgrade settings."""
    found = {
        step.inputs["agentPoolName"]: step.inputs for step in planned().plan.steps if step.type.endswith(":AgentPool")
    }
    assert {name: each["vmSize"] for name, each in found.items()} == {
        "arm": "Standard_D4pds_v5",
        "spare": "Standard_D8ads_v5",
        "disks": "Standard_E8ads_v5",
    }
    assert {(each["count"], each["minCount"]) for each in found.values()} == {(0, 0)}
    spare = found["spare"]
    assert (spare["scaleSetPriority"], spare["spotMaxPrice"], spare["maxCount"]) == ("Spot", -1, 10)
    assert "upgradeSettings" not in spare
    assert spare["nodeTaints"][-1] == "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"
    assert found["disks"]["nodeLabels"] == {"disk": "fast", POOL: "disks"}


def test_gpus_are_a_limit_on_nodes_that_have_them() -> None:
    """Nodes with GPUs are for pods that use them, and machines of the families that have some."""
    wanted, pool = Placement(gpus=1), ExtraNodePool(gpus=2, maximum=2)
    nodes = placement.NodePools(pools={"speech": pool, "arm": ExtraNodePool(architecture="arm64")})
    assert placement.gpus(wanted) == {"nvidia.com/gpu": "1"}
    tolerated = placement.tolerations(wanted, nodes) or []
    assert [each.key for each in tolerated] == [POOL, "nvidia.com/gpu"]  # type: ignore[union-attr]
    assert fitting(Placement(), nodes.pools) == []
    spec = extra_pool("speech", pool)
    required = {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}
    assert required["eks.amazonaws.com/instance-category"] == ["g", "p"]
    assert required["eks.amazonaws.com/instance-gpu-count"] == ["2"]
    assert spec["limits"]["nvidia.com/gpu"] == "4"


def test_pods_that_only_spot_nodes_fit_require_them() -> None:
    """So that the policy pack sees it."""
    only = placement.NodePools(pools={"cheap": ExtraNodePool(architecture="arm64", spot=True)})
    both = placement.NodePools(pools={**only.pools, "arm": ExtraNodePool(architecture="arm64")})
    keys = []
    for nodes in (only, both):
        found: Any = placement.affinity(Placement(architecture="arm64", spot=True), nodes)
        (term,) = found.node_affinity.required_during_scheduling_ignored_during_execution.node_selector_terms
        keys.append([each.key for each in term.match_expressions])
    assert keys == [[POOL, SPOT, "kubernetes.io/arch"], [POOL, "kubernetes.io/arch"]]


def test_a_schedule_runs_where_its_service_does() -> None:
    service = Service(image="shop/tiles", port=3000, placement=Placement(architecture="arm64"))
    nodes = placement.NodePools(pools={"arm": ExtraNodePool(architecture="arm64")})
    made = Scheduled(
        name="nightly",
        slot="blue",
        schedule=Schedule(service="tiles", schedule="0 2 * * *", args=["prune"]),
        service=service,
        image="shop/tiles:1",
        variables=Variables({}, {}),
        identity=Identity(),
        files=PodFiles("tiles", []),
        nodes=nodes,
    )
    spec: Any = cron_job(Scope("shop", "shop"), made).spec
    found = spec.job_template.spec.template.spec
    assert found.affinity.node_affinity is not None
    assert [each.key for each in found.tolerations] == [POOL]


def test_the_pack_accepts_the_placements_of_the_example() -> None:
    for name in ("thumbnails", "tiles", "finder"):
        said = [each for each in about(name) if "::local/" not in (each.urn or "")]
        assert {each.policy for each in said} <= {"service-logs"}
