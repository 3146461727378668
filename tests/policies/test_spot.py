"""What runs on spot nodes has several pods, and in production other nodes to run on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, Pack, PackView, outcomes

RULES = ("spot-availability", "node-limits")
SOURCE = "systems/fleet/system.yaml:services.api"
MANDATORY, ADVISORY = [(RULES[0], "mandatory")], [(RULES[0], "advisory")]
TOLERATION = {"key": "slipway.dev/spot", "operator": "Exists", "effect": "NoSchedule"}
FALLBACK = {"matchExpressions": [{"key": "slipway.dev/node-pool", "operator": "DoesNotExist"}]}
SPOT = {"matchExpressions": [{"key": "slipway.dev/spot", "operator": "In", "values": ["true"]}]}


@pytest.fixture(scope="module")
def prod() -> Iterator[Evaluator]:
    """The rules of `prod`, where two pods are the fewest, and none on spot nodes alone."""
    pack = Pack(stack="prod")
    yield PackView(pack, RULES)
    pack.close()


def affinity(*terms: Any) -> dict[str, Any]:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}}


def deployment(replicas: Any = 3, notes: dict[str, str] | None = None, **pod: Any) -> Fact:
    made = {"name": "api", "namespace": "fleet", "annotations": {"slipway.dev/source": SOURCE, **(notes or {})}}
    spec = {"replicas": replicas, "template": {"spec": {"tolerations": [TOLERATION], **pod}}}
    if replicas is None:
        del spec["replicas"]
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": made, "spec": spec}, "api")


def autoscaler(minimum: Any) -> Fact:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
    spec = {"scaleTargetRef": target, "minReplicas": minimum, "maxReplicas": 6}
    properties = {"metadata": {"name": "api", "namespace": "fleet"}, "spec": spec}
    return Fact("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", properties, "scaler")


@pytest.mark.parametrize(
    "facts",
    [
        (deployment(2),),
        (deployment(1), autoscaler(2)),
        (deployment(None), autoscaler(2)),
        (deployment(affinity=affinity(SPOT, FALLBACK)),),
        (deployment(0, {"slipway.dev/live-only": "true"}),),
        (deployment(1, tolerations=[]),),
        (deployment(1, tolerations=[{"key": "slipway.dev/node-pool", "operator": "Exists"}]),),
    ],
)
def test_what_can_lose_a_node_satisfies(prod: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Enough pods by their autoscaler or their number, other nodes, or no spot nodes at all."""
    assert prod.evaluate(*facts) == []


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ((deployment(1),), "has 1 pods at the fewest on spot nodes, fewer than the 2 required"),
        ((deployment(None),), "has 1 pods"),
        ((deployment("3"),), "has 0 pods"),
        ((deployment(3), autoscaler(1)), "has 1 pods"),
        ((deployment(1, tolerations=[{"operator": "Exists"}]),), "has 1 pods"),
        ((deployment(1, tolerations=[{"key": "kubernetes.azure.com/scalesetpriority"}]),), "has 1 pods"),
        ((deployment(1, {"slipway.dev/singleton": "A lock"}),), "has 1 pods"),
        ((deployment(affinity=affinity(SPOT)),), "runs on spot nodes alone"),
        ((deployment(nodeSelector={"karpenter.sh/capacity-type": "spot"}),), "runs on spot nodes alone"),
    ],
)
def test_what_a_lost_node_ends_violates(prod: Evaluator, facts: tuple[Fact, ...], problem: str) -> None:
    said = prod.evaluate(*facts)
    assert outcomes(said) == MANDATORY
    assert problem in said[0].message
    assert f"fix: {SOURCE}." in said[0].message


def test_one_pod_with_volumes_violates(prod: Evaluator) -> None:
    """It would wait with its disks until the cloud has another node."""
    stored = Fact("kubernetes:apps/v1:StatefulSet", deployment(1).properties, "api")
    assert outcomes(prod.evaluate(stored)) == MANDATORY


@pytest.mark.parametrize(
    "facts",
    [
        (deployment(UNKNOWN),),
        (deployment(), autoscaler(UNKNOWN)),
        (deployment(tolerations=UNKNOWN),),
        (deployment(affinity=UNKNOWN),),
        (deployment(affinity=affinity(UNKNOWN)),),
    ],
)
def test_unknown_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]) -> None:
    assert outcomes(preview.evaluate(*facts)) == ADVISORY
    assert outcomes(update.evaluate(*facts)) == MANDATORY


def test_below_production_one_will_do(preview: Evaluator) -> None:
    assert preview.evaluate(deployment(1, affinity=affinity(SPOT))) == []


POOL = {"vmSize": "Standard_D4pds_v5", "maxCount": 6, "enableAutoScaling": True}


class TestAgentPools:
    """Pools of AKS have a limit, as those of Karpenter have."""

    @staticmethod
    def pool(**changes: Any) -> Fact:
        properties = {key: value for key, value in {**POOL, **changes}.items() if value is not None}
        return Fact("azure-native:containerservice:AgentPool", properties, "arm")

    def test_a_limit_satisfies(self, preview: Evaluator) -> None:
        assert preview.evaluate(self.pool()) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"maxCount": 400},
            {"maxCount": None},
            {"maxCount": "6"},
            {"vmSize": "large"},
            {"vmSize": None},
            {"enableAutoScaling": None},
            {"enableAutoScaling": False},
        ],
    )
    def test_none_violates(self, preview: Evaluator, changes: dict[str, Any]) -> None:
        assert outcomes(preview.evaluate(self.pool(**changes))) == [("node-limits", "mandatory")]

    @pytest.mark.parametrize("key", list(POOL))
    def test_unknown_is_told(self, preview: Evaluator, key: str) -> None:
        assert outcomes(preview.evaluate(self.pool(**{key: UNKNOWN}))) == [("node-limits", "advisory")]
