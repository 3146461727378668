"""Ways into a service beside the cloud's own identities, and where each kind of service closes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from frame import Property, Resource


@dataclass(frozen=True)
class Door:
    """How a kind of service says whether people come in by its own accounts or keys."""

    setting: Callable[[Resource], Property]
    closed: object
    """Its value when nobody does."""
    closed_by_default: bool = False


DOORS: Mapping[str, Door] = {
    "aws:eks/cluster:Cluster": Door(lambda cluster: cluster["accessConfig"]["authenticationMode"], "API"),
    "azure-native:containerservice:ManagedCluster": Door(lambda cluster: cluster["disableLocalAccounts"], True),
    "azure-native:containerregistry:Registry": Door(
        lambda registry: registry["adminUserEnabled"], False, closed_by_default=True
    ),
    "azure-native:storage:StorageAccount": Door(lambda account: account["allowSharedKeyAccess"], False),
}

LONG_LIVED = ("aws:iam/accessKey:AccessKey", "aws:iam/userLoginProfile:UserLoginProfile")
"""Keys and passwords of users, each a door by being there."""

CLUSTERS = ("aws:eks/cluster:Cluster", "azure-native:containerservice:ManagedCluster")
"""Managed clusters, whose pods take on identities of their cloud."""
