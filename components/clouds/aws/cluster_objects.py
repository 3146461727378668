"""Objects that a cluster in Auto Mode needs before it runs anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core, meta, storage

from components.manifests import names
from slipway.settings.cluster_settings import NodePool

STORAGE_CLASS = "standard"
NODES = "slipway"


@dataclass(frozen=True, kw_only=True)
class ClusterObjectsArgs:
    source: str
    nodes: NodePool


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
        apiextensions.CustomResource(
            f"{name}-nodes",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata=meta.v1.ObjectMetaArgs(
                name=NODES, labels=labels, annotations=names.source_annotation(nodes.source or source)
            ),
            spec=node_pool(nodes),
            opts=own,
        )
        self.register_outputs({})


def node_pool(nodes: NodePool) -> dict[str, Any]:
    """Returns a node pool of machines with the declared cores and at least the declared memory; it grows with its pods
    up to the declared maximum. A node lives for two weeks at most, so that its operating system is never older."""
    requirements = {
        "kubernetes.io/arch": ("In", "amd64"),
        "karpenter.sh/capacity-type": ("In", "on-demand"),
        "eks.amazonaws.com/instance-category": ("In", "m", "r"),
        "eks.amazonaws.com/instance-cpu": ("In", str(nodes.cpu)),
        # Gt is exclusive, and machines offer slightly less memory than their nominal GiB.
        "eks.amazonaws.com/instance-memory": ("Gt", str(nodes.memory * 1024 - 1)),
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
