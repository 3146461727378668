"""Databases that a cloud manages, and where each kind says what rules ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from frame import Absence, Property, Resource

MONGO_CLUSTER_DAYS = 35
"""What Azure DocumentDB keeps of each cluster; it cannot be set."""


@dataclass(frozen=True)
class Database:
    """How a kind of database says what becomes of its backups."""

    retention: Callable[[Resource], Property]
    """The days that backups are kept, as a whole number."""
    copy: Callable[[Resource], Property]
    """Set if it is a copy of another database, which is the one that is backed up."""
    longest: int | None = 35
    """Days that it can keep backups itself, when a vault of the cloud keeps what was declared beyond."""


def _no_copy(_: Resource) -> Property:
    return Property(Absence.MISSING)


def _is_replica(server: Resource) -> Property:
    mode = server["createMode"]
    return mode if mode.unknown or mode.text == "Replica" else Property(Absence.MISSING)


DATABASES: Mapping[str, Database] = {
    "aws:rds/instance:Instance": Database(
        lambda instance: instance["backupRetentionPeriod"], lambda instance: instance["replicateSourceDb"]
    ),
    "aws:rds/cluster:Cluster": Database(
        lambda cluster: cluster["backupRetentionPeriod"], lambda cluster: cluster["replicationSourceIdentifier"]
    ),
    "aws:docdb/cluster:Cluster": Database(lambda cluster: cluster["backupRetentionPeriod"], _no_copy),
    "azure-native:dbforpostgresql:Server": Database(
        lambda server: server["backup"]["backupRetentionDays"], _is_replica
    ),
    "azure-native:mongocluster:MongoCluster": Database(
        lambda _: Property(MONGO_CLUSTER_DAYS, "backup"), _no_copy, longest=None
    ),
}
