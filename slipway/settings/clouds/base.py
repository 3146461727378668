"""The declarations of each cloud for the settings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from slipway.settings.clouds.capabilities import Capability
from slipway.settings.clouds.grants.granted_kinds import Kind
from slipway.settings.cluster_settings import ClusterSettings
from slipway.settings.fields import Matching
from slipway.settings.finding import Found
from slipway.settings.inert import Table
from slipway.settings.inert_anywhere import ANYWHERE
from slipway.settings.pointers import Path
from slipway.settings.stacks import StackCluster


def _nothing(path: Path, settings: Any, cluster: StackCluster) -> Found:
    return iter(())


def _nothing_across(clusters: Mapping[str, StackCluster]) -> Found:
    return iter(())


def _none(settings: Any) -> Collection[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class CloudSettings:
    """A cloud, its settings and its checks."""

    title: str
    """Its name in messages."""
    cluster: type[ClusterSettings]
    """Settings of a cluster on it."""
    findings: Callable[[Path, Any, StackCluster], Found] = _nothing
    """Checks of a cluster at a path against the cloud's limits."""
    across: Callable[[Mapping[str, StackCluster]], Found] = _nothing_across
    """Checks of the clusters of a stack, also those of other clouds, against each other."""
    inside: Callable[[Any], Collection[str]] = _none
    """Database engines that an operator runs in the cluster, and `cache` if caches run there."""
    grantable: Sequence[Kind] = ()
    """Kinds of resources of others on which services may have rights."""
    label_domains: tuple[str, ...] = ()
    """Domains of node labels that the cloud sets."""
    storage_classes: Sequence[str] = ()
    """StorageClasses that its clusters have from the start, and those of other clouds do not."""
    secret_entry: Matching | None = None
    """Form of an entry in its store of secrets; None if it has none."""
    lacks: Mapping[Capability, str] = field(default_factory=dict)
    """Capabilities that it lacks, each with the reason or what to set instead."""
    own_inert: Table = ()
    """Keys that change nothing on this cloud, always or where another value decides so."""

    @property
    def inert(self) -> Table:
        """Return all keys that change nothing on it, each with the reason and what to do instead."""
        return (*self.own_inert, *ANYWHERE)
