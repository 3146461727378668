"""Objects that a cluster in Auto Mode needs before it runs anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core, meta, storage

from components.manifests import names, placement
from slipway.settings.cluster_settings import NodePool
from slipway.settings.placement import ExtraNodePool

STORAGE_CLASS = "standard"
NODES = "slipway"
INSTANCE = "eks.amazonaws.com/instance"
CATEGORY, CAPACITY = f"{INSTANCE}-category", "karpenter.sh/capacity-type"


@dataclass(frozen=True, kw_only=True)
class ClusterObjectsArgs:
    source: str
    nodes: NodePool
    pools: Mapping[str, ExtraNodePool] = field(default_factory=dict)
    """Nodes besides, for services that ask for them."""


class ClusterObjects(pulumi.ComponentResource):
    """Enables network policies and creates a default StorageClass and the declared node pools; Auto Mode has none of
    them."""

    def __init__(self, name: str, args: ClusterObjectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        source, nodes = args.source, args.nodes
        super().__init__("slipway:aws:ClusterObjects", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self)
        annotations, labels = names.source_annotation(source), names.labels(names.CLUSTER)
        # Without this key NetworkPolicies are accepted but not enforced.
        core.v1.ConfigMap(
            f"{name}-network-policies",
            metadata=meta.v1.ObjectMetaArgs(
                name="amazon-vpc-cni", namespace="kube-system", labels=labels, annotations=annotations
            ),
            data={"enable-network-policy-controller": "true"},
            opts=own,
        )
        storage.v1.StorageClass(
            f"{name}-storage",
            metadata=meta.v1.ObjectMetaArgs(
                name=STORAGE_CLASS,
                labels=labels,
                annotations={**annotations, "storageclass.kubernetes.io/is-default-class": "true"},
            ),
            provisioner="ebs.csi.eks.amazonaws.com",
            parameters={"type": "gp3", "encrypted": "true"},
            volume_binding_mode="WaitForFirstConsumer",
            reclaim_policy="Delete",
            allow_volume_expansion=True,
            opts=own,
        )
        _create_pool(f"{name}-nodes", NODES, node_pool(nodes), nodes.source or source, own)
        for pool_name, pool in args.pools.items():
            full_name = f"{NODES}-{pool_name}"
            _create_pool(f"{name}-nodes-{pool_name}", full_name, extra_pool(pool_name, pool), pool.source, own)
        self.register_outputs({})


def _create_pool(name: str, full_name: str, spec: dict[str, Any], source: str, opts: pulumi.ResourceOptions) -> None:
    apiextensions.CustomResource(
        name,
        api_version="karpenter.sh/v1",
        kind="NodePool",
        metadata=meta.v1.ObjectMetaArgs(
            name=full_name, labels=names.labels(names.CLUSTER), annotations=names.source_annotation(source)
        ),
        spec=spec,
        opts=opts,
    )


def node_pool(nodes: NodePool) -> dict[str, Any]:
    """Returns the pool of the usual nodes."""
    return _pool(
        nodes, {"kubernetes.io/arch": ("In", "amd64"), CAPACITY: ("In", "on-demand"), CATEGORY: ("In", "m", "r")}
    )


def extra_pool(name: str, pool: ExtraNodePool) -> dict[str, Any]:
    """Returns a pool with its own labels and taints. Auto Mode installs the driver and the device plugin of GPUs."""
    requirements: dict[str, tuple[str, ...]] = {
        "kubernetes.io/arch": ("In", pool.architecture),
        CAPACITY: ("In", "spot" if pool.spot else "on-demand"),
        CATEGORY: ("In", *(("g", "p") if pool.gpus else ("m", "r"))),
    }
    if pool.gpus:
        requirements[f"{INSTANCE}-gpu-manufacturer"] = ("In", "nvidia")
        requirements[f"{INSTANCE}-gpu-count"] = ("In", str(pool.gpus))
    spec = _pool(pool, requirements)
    spec["template"]["metadata"] = {"labels": placement.labels(name, pool)}
    spec["template"]["spec"]["taints"] = [
        {"key": key, "value": value, "effect": "NoSchedule"} for key, value in placement.taints(name, pool).items()
    ]
    if pool.gpus:
        spec["limits"]["nvidia.com/gpu"] = str(pool.maximum * pool.gpus)
    return spec


def _pool(nodes: NodePool | ExtraNodePool, requirements: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Returns a node pool of machines with the declared cores and at least the declared memory; it grows with its pods
    up to the declared maximum. A node lives for two weeks at most, so that its operating system is never older."""
    requirements = {
        **requirements,
        f"{INSTANCE}-cpu": ("In", str(nodes.cpu)),
        # Gt is exclusive, and machines offer slightly less memory than their nominal GiB.
        f"{INSTANCE}-memory": ("Gt", str(nodes.memory * 1024 - 1)),
    }
    return {
        "template": {
            "spec": {
                "nodeClassRef": {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": "default"},
                "requirements": [
                    {"key": key, "operator": operator, "values": values}
                    for key, (operator, *values) in requirements.items()
                ],
                "expireAfter": "336h",
            }
        },
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": "5m",
            "budgets": [{"nodes": "10%"}],
        },
        "limits": {"cpu": str(nodes.maximum * nodes.cpu), "memory": f"{nodes.maximum * nodes.memory}Gi"},
    }
