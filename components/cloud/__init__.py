"""Clouds behind one interface: `contract.py` says what may be asked, each folder answers it for one cloud."""

from __future__ import annotations

from importlib import import_module

from components.cloud.contract import ClusterFacts
from settings.stacks import PlacedCluster, Stack


def foundation(cluster: PlacedCluster, stack: Stack) -> ClusterFacts:
    """The cluster with its network, registry and access, on whatever cloud it names.

    A cloud is a folder here with a function of this name; its SDK is imported only when a stack uses it.
    """
    cloud = import_module(f"components.cloud.{cluster.settings.cloud}")
    return cloud.foundation(cluster, stack)
