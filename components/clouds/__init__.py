"""Clouds behind one interface: `contract.py` defines it, and each folder implements it for one cloud."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from components.clouds.contract import ClusterFacts
from components.clouds.exported import Exported
from slipway.settings.stacks import Stack, StackCluster


def foundation(cluster: StackCluster, stack: Stack) -> ClusterFacts:
    """Creates the cluster with its network, registry and access, on the cloud that it names.

    Each cloud is a folder here with a function of this name; its SDK is imported only if a stack uses it.
    """
    return _cloud(cluster).foundation(cluster, stack)


def referenced(cluster: StackCluster, stack: Stack, exported: Exported) -> ClusterFacts:
    """Returns the facts of a cluster that another stack has: from settings, and from what that stack `exported`. Creates
    providers only."""
    return _cloud(cluster).referenced(cluster, stack, exported)


def _cloud(cluster: StackCluster) -> ModuleType:
    return import_module(f"components.clouds.{cluster.settings.cloud}")
