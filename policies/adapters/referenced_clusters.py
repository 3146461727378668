"""Clusters that another stack has: what a stack of systems says of them in the component of the cluster.

Its properties are of the same settings as the objects in the other stack, where the rules judge those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framework import Property, Resource

TYPE = "slipway:cluster:Cluster"


def receivers(cluster: Resource) -> Property | None:
    """Return Alertmanager's configuration, if the other stack installs it."""
    found = cluster["alertmanager"]
    return found if found.present else None


def collecting(resources: Sequence[Resource]) -> set[str]:
    """Return the clusters whose agents collect the logs of every system."""
    return {each.name for each in _clusters(resources) if each["collectsLogs"].value is True}


def budgeted(resources: Sequence[Resource]) -> set[str]:
    """Return the clusters with a monthly budget that notifies somebody."""
    return {each.name for each in _clusters(resources) if each["monthlyBudget"].present}


def immutable(resources: Sequence[Resource]) -> list[str]:
    """Return the repositories of images whose tags are immutable, with their registry."""
    return [text for each in _clusters(resources) for one in each["immutableImages"].elements() if (text := one.text)]


def _clusters(resources: Sequence[Resource]) -> Iterator[Resource]:
    return (each for each in resources if each.type == TYPE)
