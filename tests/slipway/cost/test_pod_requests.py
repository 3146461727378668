"""Pods, volumes and the nodes that they need."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.cost import Span, estimate, pod_requests
from slipway.cost.resources import resources
from tests.slipway.cost.plans import MAIN, SYSTEMS, plan, prices, resource

POD = {"containers": [{"resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]}


def deployment(name: str, replicas: int = 1, pod: Any = POD) -> Any:
    template = {"spec": pod}
    meta, spec = {"name": name, "namespace": "shop"}, {"replicas": replicas, "template": template}
    return resource("kubernetes:apps/v1:Deployment", name, by=SYSTEMS, metadata=meta, spec=spec)


def autoscaler(name: str, low: int, high: int, namespace: str = "shop") -> Any:
    spec = {"minReplicas": low, "maxReplicas": high, "scaleTargetRef": {"name": name}}
    meta = {"name": name, "namespace": namespace}
    return resource(
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", f"{namespace}-{name}", by=SYSTEMS, metadata=meta, spec=spec
    )


def requests(*steps: Any) -> pod_requests.Requests:
    return pod_requests.requests(resources(plan(*MAIN, *steps)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250m", 0.25), ("4Gi", 4 * 2**30), ("2", 2), (3, 3), ("1k", 1000), ("", 0), ("much", 0), (None, 0), (True, 0)],
)
def test_quantities_are_read_as_kubernetes_writes_them(text: Any, expected: float) -> None:
    assert pod_requests.amount(text) == expected


def test_pods_are_counted_by_replicas() -> None:
    """All containers of a pod, its sidecars among them, and none that only start it."""
    both = {"containers": [*POD["containers"], *POD["containers"]], "initContainers": POD["containers"]}
    assert requests(deployment("api", 3)) == pod_requests.Requests(Span.exactly(1.5), Span.exactly(3))
    assert requests(deployment("api", 1, both)) == pod_requests.Requests(Span.exactly(1), Span.exactly(2))
    (one,) = POD["containers"]
    sidecar = {**POD, "initContainers": [one, {**one, "restartPolicy": "Always"}]}
    assert requests(deployment("api", 1, sidecar)) == pod_requests.Requests(Span.exactly(1), Span.exactly(2))


def test_an_autoscaler_makes_a_range() -> None:
    """That of the same name in the same namespace."""
    assert requests(deployment("api"), autoscaler("api", 2, 6)).cpu == Span(1, 3)
    assert requests(deployment("api"), autoscaler("api", 2, 6, "other")).cpu == Span.exactly(0.5)


def test_an_autoscaler_of_keda_begins_at_nothing() -> None:
    """Its bounds have defaults of their own."""

    def scaled(**bounds: int) -> Any:
        meta, spec = {"name": "by", "namespace": "shop"}, {"scaleTargetRef": {"name": "api"}, **bounds}
        return resource("kubernetes:keda.sh/v1alpha1:ScaledObject", "by", by=SYSTEMS, metadata=meta, spec=spec)

    assert requests(deployment("api"), scaled(minReplicaCount=1, maxReplicaCount=4)).cpu == Span(0.5, 2)
    assert requests(deployment("api"), scaled()).cpu == Span(0, 50)


def test_charts_and_operators_say_how_many_in_words_of_their_own() -> None:
    """The closest number on the way to what pods ask for counts."""
    wants = {"resources": {"requests": {"cpu": "1"}}}
    chart = {"deployment": {"replicas": 2, "controller": wants}, "webhook": {"replicaCount": 3, **wants}}
    release = resource("kubernetes:helm.sh/v3:Release", "chart", by=SYSTEMS, values=chart)
    assert requests(release).cpu == Span.exactly(5)
    nodes = {"nodeSets": [{"count": 3, "podTemplate": {"spec": {"containers": [wants]}}}]}
    logs = resource("kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch", "logs", by=SYSTEMS, spec=nodes)
    assert requests(logs).cpu == Span.exactly(3)
    scaling = {"envoyDeployment": {"container": wants}, "envoyHpa": {"minReplicas": 2, "maxReplicas": 9}}
    proxy = {"provider": {"kubernetes": scaling}}
    entry = resource("kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy", "proxy", by=SYSTEMS, spec=proxy)
    assert requests(entry).cpu == Span(2, 9)


def test_jobs_and_bounds_are_no_pods() -> None:
    """Jobs end, and a quota asks for nothing."""
    job = resource("kubernetes:batch/v1:Job", "migrate", by=SYSTEMS, spec={"template": {"spec": POD}})
    assert requests(job) == pod_requests.Requests()


def test_volumes_are_counted_by_pods() -> None:
    """Storage is asked for in claims, and in words of operators; it is no memory."""
    claim = {"spec": {"resources": {"requests": {"storage": "50Gi"}}}}
    chart = {"prometheus": {"replicas": 2, "storageSpec": {"volumeClaimTemplate": claim}}}
    for spec, expected in (
        ({"nodeSets": [{"count": 3, "volumeClaimTemplates": [claim]}]}, (50, 3)),
        ({"replicas": 3, "persistence": {"storage": "10Gi"}}, (10, 3)),
        ({"instances": 2, "storage": {"size": "20Gi"}}, (20, 2)),
    ):
        (one,) = resources(plan(*MAIN, resource("kubernetes:apps/v1:StatefulSet", "x", by=SYSTEMS, spec=spec)))
        assert pod_requests.volumes(one) == [pod_requests.Volumes(expected[0], Span.exactly(expected[1]))]
        assert pod_requests.requests([one]) == pod_requests.Requests()
    (release,) = resources(plan(*MAIN, resource("kubernetes:helm.sh/v3:Release", "x", by=SYSTEMS, values=chart)))
    assert pod_requests.volumes(release) == [pod_requests.Volumes(50, Span.exactly(2))]


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [
        (Span(1, 1), Span(1, 1), Span(3, 3)),
        (Span(25, 31), Span(1, 1), Span(4, 5)),
        (Span(1, 1), Span(100, 200), Span(4, 7)),
        (Span(1, 900), Span(1, 1), Span(3, 12)),
    ],
)
def test_nodes_hold_what_pods_request(cpu: Span, memory: Span, expected: Span) -> None:
    """The scarcer of cores and memory counts, within the bounds of the pool."""
    assert pod_requests.nodes(pod_requests.Requests(cpu, memory), cpu=7.5, memory=29, minimum=3, maximum=12) == expected


def test_a_pool_of_nodes_costs_what_its_pods_need() -> None:
    """By instance, fee and disk; pods of another cluster do not count."""
    rules = [("instance-cpu", "8"), ("instance-memory", "32767")]
    found = [{"key": f"eks.amazonaws.com/{key}", "operator": "In", "values": [value]} for key, value in rules]
    spec = {"limits": {"cpu": "96"}, "template": {"spec": {"requirements": found}}}
    pool = resource("kubernetes:karpenter.sh/v1:NodePool", "nodes", by=SYSTEMS, spec=spec)
    rows = prices({"node m6i.2xlarge": 1, "auto mode m6i.2xlarge": 0.12, "volume": 0.1})
    cost = estimate(plan(*MAIN, pool, deployment("api"), autoscaler("api", 2, 60)), rows)
    assert {line.price.item: line.amount for line in cost.lines} == {
        "node m6i.2xlarge": Span(3 * 730, 4 * 730),
        "auto mode m6i.2xlarge": Span(3 * 730, 4 * 730),
        "volume": Span(240, 320),
    }
    assert set(cost.assumptions) == {"hours", "node-cpu", "node-memory", "nodes-minimum", "node-disk"}


def bound(name: str, replicas: int, *pools: str) -> Any:
    """Pods of a core each that run on these pools alone."""
    rule = {"matchExpressions": [{"key": pod_requests.NODE_POOL, "operator": "In", "values": list(pools)}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [rule]}}}
    container = {"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}
    return deployment(name, replicas, {"affinity": affinity, "containers": [container]})


def test_pods_count_on_the_pool_to_which_they_are_bound() -> None:
    """On the usual nodes no more; at the upper end where several pools may have them."""
    found = resources(plan(*MAIN, deployment("api", 4), bound("speech", 3, "arm"), bound("batch", 2, "arm", "spot")))
    assert pod_requests.requests(found).cpu == Span.exactly(2)
    assert pod_requests.requests(found, "arm").cpu == Span(3, 5)
    assert pod_requests.requests(found, "spot").cpu == Span(0, 2)
    assert pod_requests.requests(found, "other").cpu == Span.exactly(0)


@pytest.mark.parametrize(
    ("machine", "rules"),
    [
        ("m6g.xlarge", {"arch": "arm64", "instance-memory": "16383"}),
        ("r6g.xlarge", {"arch": "arm64", "instance-memory": "32767"}),
        ("m6i.xlarge", {"arch": "amd64", "instance-memory": "16383"}),
        ("g4dn.xlarge", {"arch": "amd64", "instance-memory": "16383", "instance-gpu-count": "1"}),
    ],
)
def test_a_pool_of_its_own_has_the_nodes_of_its_pods(machine: str, rules: dict[str, str]) -> None:
    """None without them."""
    found = [
        {"key": f"eks.amazonaws.com/{key}", "operator": "In", "values": [value]}
        for key, value in {**rules, "instance-cpu": "4"}.items()
    ]
    labels = {"labels": {pod_requests.NODE_POOL: "extra"}}
    spec = {"limits": {"cpu": "40"}, "template": {"metadata": labels, "spec": {"requirements": found}}}
    pool = resource("kubernetes:karpenter.sh/v1:NodePool", "nodes", by=SYSTEMS, spec=spec)
    rows = prices({f"node {machine}": 1, f"auto mode {machine}": 0.12, "volume": 0.1})
    for pods, nodes in ((bound("speech", 4, "extra"), 2), (deployment("api", 4), 0)):
        cost = estimate(plan(*MAIN, pool, pods), rows)
        assert {line.price.item: line.amount for line in cost.lines} == {
            f"node {machine}": Span.exactly(nodes * 730),
            f"auto mode {machine}": Span.exactly(nodes * 730),
            "volume": Span.exactly(nodes * 80),
        }
        assert cost.unknown == ()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"instance-cpu": "4", "capacity-type": "spot"}, "spot nodes of pool extra: their price changes by the hour"),
        ({"instance-cpu": "48", "instance-gpu-count": "4"}, "nodes of pool extra with 48 cores"),
        ({"instance-cpu": "5"}, "nodes of pool extra with 5 cores"),
    ],
)
def test_a_pool_without_a_price_is_unknown(rules: dict[str, str], message: str) -> None:
    """Spot nodes have no list price, and not all machines are in the table."""
    found = [{"key": f"x/{key}", "operator": "In", "values": [value]} for key, value in rules.items()]
    labels = {"labels": {pod_requests.NODE_POOL: "extra"}}
    spec = {"template": {"metadata": labels, "spec": {"requirements": found}}}
    pool = resource("kubernetes:karpenter.sh/v1:NodePool", "nodes", by=SYSTEMS, spec=spec)
    (unknown,) = estimate(plan(*MAIN, pool), prices({})).unknown
    assert message in str(unknown)
