"""What a cluster in Auto Mode still needs inside, before anything runs on it."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import core, meta, storage

STORAGE_CLASS = "standard"


class ClusterObjects(pulumi.ComponentResource):
    """Network policies switched on, and a default StorageClass: Auto Mode ships neither."""

    def __init__(self, name: str, source: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("slipway:aws:ClusterObjects", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self)
        annotations = {"slipway.dev/source": source}
        # Without this key NetworkPolicies are accepted and not enforced.
        core.v1.ConfigMap(
            f"{name}-network-policies",
            metadata=meta.v1.ObjectMetaArgs(name="amazon-vpc-cni", namespace="kube-system", annotations=annotations),
            data={"enable-network-policy-controller": "true"},
            opts=own,
        )
        storage.v1.StorageClass(
            f"{name}-storage",
            metadata=meta.v1.ObjectMetaArgs(
                name=STORAGE_CLASS,
                annotations={**annotations, "storageclass.kubernetes.io/is-default-class": "true"},
            ),
            provisioner="ebs.csi.eks.amazonaws.com",
            parameters={"type": "gp3", "encrypted": "true"},
            volume_binding_mode="WaitForFirstConsumer",
            reclaim_policy="Delete",
            allow_volume_expansion=True,
            opts=own,
        )
        self.register_outputs({})
