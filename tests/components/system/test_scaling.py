"""docs/scaling.md: its example on each cloud, planned and judged with those of the other pages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components.clouds.aws.cluster_objects import extra_pool
from components.manifests import namespace, placement
from components.manifests.environment import Variables
from components.manifests.pod import Identity
from components.manifests.scope import Scope
from components.system.broker.manifests import rabbitmq_cluster
from components.system.slot.manifests.container_files import PodFiles
from components.system.slot.manifests.schedule import Scheduled, cron_job
from slipway.ops.cluster import annotations
from slipway.rehearsal import Step
from slipway.scanners.charts import crd_validation
from slipway.settings import scaled_services
from slipway.settings.placement import ExtraNodePool, Placement, fitting
from slipway.settings.schedules import Schedule
from slipway.settings.services import Replicas, Service
from slipway.settings.system import System
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


def scaled(cloud: str, name: str) -> Step:
    return steps()[f"{cloud}/ScaledObject/{name}"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_worker_scales_to_zero_by_its_queue_and_hours(cloud: str) -> None:
    """In the live slot; in the other it is paused. Both begin without pods."""
    live, other = scaled(cloud, "packer-blue").inputs, scaled(cloud, "packer-green").inputs
    spec = live["spec"]
    assert {key: spec[key] for key in ("minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod")} == {
        "minReplicaCount": 0,
        "maxReplicaCount": 10,
        "pollingInterval": 15,
        "cooldownPeriod": 600,
    }
    assert spec["scaleTargetRef"] == {"name": "packer-blue"}
    assert spec["fallback"]["replicas"] == 1
    by_type = {each["type"]: each for each in spec["triggers"]}
    assert by_type["rabbitmq"]["metadata"] == {
        "protocol": "amqp",
        "mode": "QueueLength",
        "queueName": "parcels",
        "value": "20",
        "activationValue": "0",
    }
    assert by_type["cron"]["metadata"]["desiredReplicas"] == "2"
    assert {by_type[each]["metadata"]["value"] for each in ("cpu", "memory")} == {"70", "80"}
    notes = [each["metadata"]["annotations"].get("autoscaling.keda.sh/paused-replicas") for each in (live, other)]
    assert notes == [None, "0"]
    for slot in ("blue", "green"):
        assert steps()[f"{cloud}/Deployment/packer-{slot}"].inputs["spec"]["replicas"] == 0
        assert f"{cloud}/HorizontalPodAutoscaler/packer-{slot}" not in steps()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_keda_logs_in_to_the_broker_by_references(cloud: str) -> None:
    """To Secrets, over TLS by the broker's own authority; its network policy lets KEDA in, where the cloud runs it."""
    name = f"{cloud}-queue"
    (trigger,) = [
        each for each in scaled(cloud, "packer-blue").inputs["spec"]["triggers"] if each["type"] == "rabbitmq"
    ]
    assert trigger["authenticationRef"] == {"name": name}
    found = steps()[f"{cloud}/TriggerAuthentication/{name}"].inputs["spec"]
    assert [(each["parameter"], each["name"], each["key"]) for each in found["secretTargetRef"]] == [
        ("host", f"{name}-login", "connection_string"),
        ("ca", rabbitmq_cluster.certificate_secret(name), "ca.crt"),
    ]
    (trusting,) = found["configMapTargetRef"]
    assert steps()[f"{cloud}/ConfigMap/{trusting['name']}"].inputs["data"] == {"tls": "enable"}
    rules = steps()[f"{cloud}/NetworkPolicy/{name}"].inputs["spec"]["ingress"]
    namespaces = [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for rule in rules
        for peer in rule["from"]
        if "namespaceSelector" in peer and rule["ports"][0]["port"] == 5671
    ]
    assert namespaces == ["kube-system" if cloud == "azure" else "keda"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_metric_is_summed_over_the_system(cloud: str) -> None:
    """Without series it cannot be read, and at least the minimum stays."""
    spec = scaled(cloud, "labels-blue").inputs["spec"]
    (trigger,) = [each for each in spec["triggers"] if each["type"] == "prometheus"]
    assert trigger["metadata"] == {
        "serverAddress": "https://figures.example.com",
        "query": f'sum(labels_waiting{{namespace="{cloud}"}})',
        "threshold": "100",
        "activationThreshold": "0",
        "ignoreNullValues": "false",
    }
    assert (spec["minReplicaCount"], spec["fallback"]["replicas"]) == (2, 2)
    assert "autoscaling.keda.sh/paused-replicas" not in scaled(cloud, "labels-green").inputs["metadata"]["annotations"]


def test_keda_is_aks_own_or_a_chart() -> None:
    """It reads Secrets of systems, because one scales by its broker."""
    charts = {
        step.provider.split("::")[3]: step.inputs["values"]
        for step in planned().plan.steps
        if step.type == "kubernetes:helm.sh/v3:Release" and step.inputs["name"] == "keda"
    }
    assert set(charts) == {"aws", "local"}
    assert not any(each["permissions"]["operator"]["restrict"]["secret"] for each in charts.values())
    (aks,) = [step for step in planned().plan.steps if step.type.endswith(":ManagedCluster")]
    assert aks.inputs["workloadAutoScalerProfile"] == {"keda": {"enabled": True}}


def test_the_pack_accepts_autoscalers_of_keda() -> None:
    for name in ("packer", "labels"):
        assert {each.policy for each in about(name) if "::local/" not in (each.urn or "")} <= {"service-logs"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_api_server_accepts_objects_of_keda(cloud: str) -> None:
    """By their CRDs, as with strict validation."""
    kinds = crd_validation.recorded()
    mine = [step for name, step in steps().items() if re.match(rf"{cloud}/(ScaledObject|TriggerAuthentication)/", name)]
    assert len(mine) == 5
    for step in mine:
        schema = kinds["keda.sh/v1alpha1", step.inputs["kind"]]
        assert crd_validation.problems(schema, step.inputs) == [], step.urn


def refusals(change: Any) -> list[str]:
    """What `slipway check` says of a changed worker of the page."""
    worker: dict[str, Any] = {
        "image": "shop/packer",
        "liveOnly": True,
        "health": {"by": "none", "reason": "It ends"},
        "environment": {"JOBS_URL": {"queue": "url"}},
        "replicas": {"minimum": 0, "maximum": 4, "triggers": [{"queue": "parcels", "threshold": 20}]},
    }
    system: dict[str, Any] = {"title": "Shop", "owner": {"team": "shop"}, "services": {"packer": worker}}
    system["queue"] = {"vhost": "shop", "queues": {"parcels": {}}}
    change(worker, system)
    definition = System.model_validate(system, by_alias=True, by_name=False)
    return [f"{'.'.join(map(str, each.path))} {each.rule}" for each in scaled_services.findings(definition)]


def setting(key: str, value: Any) -> Any:
    return lambda worker, _: worker["replicas"].update({key: value})


HOURS = {"start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "desiredReplicas": 2}


@pytest.mark.parametrize(
    ("change", "where", "rule"),
    [
        (
            lambda worker, _: worker.update(port=3000, health={"path": "/"}),
            "replicas.minimum",
            "leaves nobody to answer",
        ),
        (lambda worker, _: worker.update(liveOnly=False), "replicas.minimum", "set 'liveOnly: true'"),
        (setting("triggers", []), "replicas.minimum", "nothing that would start the first replica"),
        (setting("triggers", [{"queue": "parcel", "threshold": 1}]), "triggers.0.queue", "did you mean 'parcels'"),
        (lambda worker, _: worker.update(environment={}), "triggers.0.queue", "does not receive from"),
        (lambda _, system: system.update(queues={"parcels": {}}), "triggers.0.queue", "rename one of them"),
        (setting("triggers", [{**HOURS, "end": HOURS["start"]}]), "triggers.0.end", "is when the hours start"),
        (setting("triggers", [{**HOURS, "desiredReplicas": 5}]), "desiredReplicas", "at most the maximum, 4"),
        (setting("pollingInterval", "1500ms"), "replicas.pollingInterval", "not in whole seconds"),
    ],
)
def test_what_an_autoscaler_could_not_do_is_refused(change: Any, where: str, rule: str) -> None:
    found = refusals(change)
    assert len(found) == 1, found
    assert where in found[0]
    assert rule in found[0]


def test_keys_of_triggers_without_triggers_are_refused() -> None:
    found = refusals(lambda worker, _: worker.update(replicas={"cooldownPeriod": "5m"}))
    assert found == [
        "services.packer.replicas.cooldownPeriod is for 'triggers', of which there are none: set them, or remove it"
    ]
    assert refusals(lambda *_: None) == []
