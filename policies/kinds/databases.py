"""Databases that a cloud manages, and where each kind says what rules ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from frame import Absence, Property, Resource, Verdict
from kinds.safeguards import Safeguard

MONGO_CLUSTER_DAYS = 35
"""What Azure DocumentDB keeps of each cluster; it cannot be set."""
IN_CLUSTER = "kubernetes:postgresql.cnpg.io/v1:Cluster"
"""A database of the CloudNativePG operator, which is a Kubernetes object and no server of a cloud."""


@dataclass(frozen=True)
class AwsNames:
    """How AWS Backup names a kind of database."""

    arn: str
    """In an ARN."""
    identifier: str
    """The property that ends the ARN."""
    service: str
    """In a restore test."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """How a kind of database says what becomes of it, and of its backups."""

    retention: Callable[[Resource], Property]
    """The days that backups are kept, as a whole number."""
    copy: Callable[[Resource], Property]
    """Set if it is a copy of another database, which is the one that is backed up."""
    longest: int | None = 35
    """Days that it can keep backups itself, when a vault of the cloud keeps what was declared beyond."""
    named: AwsNames | None = None
    """None of a cloud other than AWS."""
    copied: Safeguard | None = None
    """What copies its backups to a second region; none if only a vault does."""
    kept: tuple[Safeguard, ...] = ()
    """What keeps it from deletion, and its data after one; none if the cloud has locks for that."""
    encrypted: Safeguard | None = None
    """What encrypts it at rest; none if the cloud always does."""
    private: Safeguard | None = None
    """What keeps it from the internet; none if nothing can open it."""


def _no_copy(_: Resource) -> Property:
    return Property(Absence.MISSING)


def _of_source(key: str) -> Callable[[Resource], Property]:
    """Outputs say of a database that is no copy that its source is an empty text."""

    def source(database: Resource) -> Property:
        return Property(Absence.MISSING) if database[key].text == "" else database[key]

    return source


def _is_replica(server: Resource) -> Property:
    mode = server["createMode"]
    return mode if mode.unknown or mode.text == "Replica" else Property(Absence.MISSING)


_KEPT_BY_AWS = (
    Safeguard(
        path=("deletionProtection",),
        safe=(True,),
        otherwise="can be deleted by one call",
        key="deletionProtection",
    ),
    Safeguard(
        path=("skipFinalSnapshot",), safe=(False,), by_default=True, otherwise="leaves no snapshot when it is deleted"
    ),
    Safeguard(path=("finalSnapshotIdentifier",), otherwise="leaves no snapshot when it is deleted"),
)
_ENCRYPTED_BY_AWS = Safeguard(path=("storageEncrypted",), safe=(True,), otherwise="is not encrypted at rest")

_PUBLIC = "can be reached from the internet"
_PRIVATE_ON_AWS = Safeguard(path=("publiclyAccessible",), safe=(False,), by_default=True, otherwise=_PUBLIC)

DATABASES: Mapping[str, Database] = {
    "aws:rds/instance:Instance": Database(
        retention=lambda instance: instance["backupRetentionPeriod"],
        copy=_of_source("replicateSourceDb"),
        named=AwsNames("db", "identifier", "RDS"),
        kept=_KEPT_BY_AWS,
        encrypted=_ENCRYPTED_BY_AWS,
        private=_PRIVATE_ON_AWS,
    ),
    "aws:rds/cluster:Cluster": Database(
        retention=lambda cluster: cluster["backupRetentionPeriod"],
        copy=_of_source("replicationSourceIdentifier"),
        named=AwsNames("cluster", "clusterIdentifier", "Aurora"),
        kept=_KEPT_BY_AWS,
        encrypted=_ENCRYPTED_BY_AWS,
    ),
    "aws:docdb/cluster:Cluster": Database(
        retention=lambda cluster: cluster["backupRetentionPeriod"],
        copy=_no_copy,
        named=AwsNames("cluster", "clusterIdentifier", "DocumentDB"),
        kept=_KEPT_BY_AWS,
        encrypted=_ENCRYPTED_BY_AWS,
    ),
    "azure-native:dbforpostgresql:Server": Database(
        retention=lambda server: server["backup"]["backupRetentionDays"],
        copy=_is_replica,
        copied=Safeguard(
            path=("backup", "geoRedundantBackup"),
            safe=("Enabled",),
            otherwise="has its backups in one region only",
            key="backup.copyToSecondRegion",
        ),
        private=Safeguard(path=("network", "publicNetworkAccess"), safe=("Disabled",), otherwise=_PUBLIC),
    ),
    "azure-native:mongocluster:MongoCluster": Database(
        retention=lambda _: Property(MONGO_CLUSTER_DAYS, "backup"),
        copy=_no_copy,
        longest=None,
        private=Safeguard(path=("properties", "publicNetworkAccess"), safe=("Disabled",), otherwise=_PUBLIC),
    ),
}

INSTANCES: Mapping[str, Safeguard] = {"aws:rds/clusterInstance:ClusterInstance": _PRIVATE_ON_AWS}
"""What keeps from the internet the servers of those that have several."""


def originals(resources: Sequence[Resource], verdict: Verdict) -> Iterator[Resource]:
    """The databases among `resources` that are no copies. Of what nobody can say yet which it is, that is reported."""
    databases = {each.urn: each for each in resources if each.type in DATABASES}
    for database in databases.values():
        copy = DATABASES[database.type].copy(database)
        if copy.missing:
            yield database
        elif copy.unknown and database.dependencies.isdisjoint(databases):
            verdict.undecided(database, copy)
