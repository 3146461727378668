"""Managed databases of AWS, and their names in AWS Backup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.clouds.contract import Database, Evaluation
from adapters.safeguards import Safeguard
from framework import Absence, Property, Resource, Settings, Verdict

INSTANCE, AURORA, DOCUMENTS = "aws:rds/instance:Instance", "aws:rds/cluster:Cluster", "aws:docdb/cluster:Cluster"


@dataclass(frozen=True)
class Names:
    """The names of a database type in AWS Backup."""

    arn: str
    """In an ARN."""
    identifier: str
    """Property with the last part of the ARN."""
    service: str
    """In a restore test."""


NAMES: Mapping[str, Names] = {
    INSTANCE: Names("db", "identifier", "RDS"),
    AURORA: Names("cluster", "clusterIdentifier", "Aurora"),
    DOCUMENTS: Names("cluster", "clusterIdentifier", "DocumentDB"),
}


def _of_source(key: str) -> Callable[[Resource], Property]:
    """Return the source; outputs of a database that is no replica have an empty text."""

    def source(database: Resource) -> Property:
        return Property(Absence.MISSING) if database[key].text == "" else database[key]

    return source


_KEPT = (
    Safeguard(
        path=("deletionProtection",),
        safe=(True,),
        otherwise="can be deleted with one API call",
        key="deletionProtection",
        value=True,
    ),
    Safeguard(
        path=("skipFinalSnapshot",),
        safe=(False,),
        by_default=True,
        otherwise="leaves no final snapshot when it is deleted",
    ),
    Safeguard(path=("finalSnapshotIdentifier",), otherwise="leaves no final snapshot when it is deleted"),
)
ENCRYPTED = Safeguard(path=("storageEncrypted",), safe=(True,), otherwise="is not encrypted at rest")
_PRIVATE = Safeguard(
    path=("publiclyAccessible",), safe=(False,), by_default=True, otherwise="is reachable from the internet"
)

DATABASES: Mapping[str, Database] = {
    INSTANCE: Database(
        retention=lambda instance: instance["backupRetentionPeriod"],
        copy=_of_source("replicateSourceDb"),
        kept=_KEPT,
        private=_PRIVATE,
    ),
    AURORA: Database(
        retention=lambda cluster: cluster["backupRetentionPeriod"],
        copy=_of_source("replicationSourceIdentifier"),
        kept=_KEPT,
    ),
    DOCUMENTS: Database(retention=lambda cluster: cluster["backupRetentionPeriod"], kept=_KEPT),
}


def _evaluate_standby(instance: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a database; a read replica is a second one itself."""
    if DATABASES[INSTANCE].copy(instance).missing:
        _SECOND.evaluate(instance, verdict)


_SECOND = Safeguard(
    path=("multiAz",), safe=(True,), otherwise="is lost for hours with its zone", key="highAvailability", value=True
)
STANDBY: Mapping[str, Evaluation] = {INSTANCE: _evaluate_standby}

INSTANCES: Mapping[str, Safeguard] = dict.fromkeys(
    (
        "aws:rds/clusterInstance:ClusterInstance",
        "aws:neptune/clusterInstance:ClusterInstance",
        "aws:redshift/cluster:Cluster",
        "aws:mq/broker:Broker",
        "aws:dms/replicationInstance:ReplicationInstance",
    ),
    _PRIVATE,
)
"""Settings that keep individual servers of a cluster off the internet."""
