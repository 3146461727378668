"""Clouds behind one interface: `contract.py` defines it, and each folder implements it for one cloud."""

from __future__ import annotations

from importlib import import_module

from components.clouds.contract import ClusterFacts
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    """Creates the cluster with its network, registry and access, on the cloud that it names.

    Each cloud is a folder here with a function of this name; its SDK is imported only if a stack uses it.
    """
    cloud = import_module(f"components.clouds.{cluster.settings.cloud}")
    return cloud.foundation(cluster, stack)
