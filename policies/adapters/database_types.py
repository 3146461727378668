"""Managed databases, and their properties for rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters import clouds
from framework import Resource, Verdict

IN_CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
"""A database of the CloudNativePG operator, which is a Kubernetes object and not a cloud's server."""
DATABASES = clouds.table(lambda cloud: cloud.databases)
INSTANCES = clouds.table(lambda cloud: cloud.instances)


def originals(resources: Sequence[Resource], verdict: Verdict) -> Iterator[Resource]:
    """Return the databases that are not replicas; reports those for which this is unknown."""
    databases = {each.urn: each for each in resources if each.type in DATABASES}
    for database in databases.values():
        copy = DATABASES[database.type].copy(database)
        if copy.missing:
            yield database
        elif copy.unknown and database.dependencies.isdisjoint(databases):
            verdict.undecided(database, copy)
