"""Managed databases of Azure."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.contract import Database, Evaluation, Lock
from adapters.safeguards import Safeguard
from framework import Absence, Property, Resource, Settings, Verdict

SERVER, DOCUMENTS = "azure-native:dbforpostgresql:Server", "azure-native:mongocluster:MongoCluster"
DOCUMENT_DAYS = 35
"""Days for which Azure DocumentDB retains backups of each cluster, which cannot be changed. Source: Azure DocumentDB,
backup and restore."""
_PUBLIC = "is reachable from the internet"


def _is_replica(server: Resource) -> Property:
    mode = server["createMode"]
    return mode if mode.unknown or mode.text == "Replica" else Property(Absence.MISSING)


DATABASES: Mapping[str, Database] = {
    SERVER: Database(
        retention=lambda server: server["backup"]["backupRetentionDays"],
        copy=_is_replica,
        copied=Safeguard(
            path=("backup", "geoRedundantBackup"),
            safe=("Enabled",),
            otherwise="has backups in one region only",
            key="backup.copyToSecondRegion",
            value=True,
        ),
        private=Safeguard(path=("network", "publicNetworkAccess"), safe=("Disabled",), otherwise=_PUBLIC),
    ),
    DOCUMENTS: Database(
        retention=lambda _: Property(DOCUMENT_DAYS, "backup"),
        longest=None,
        private=Safeguard(path=("properties", "publicNetworkAccess"), safe=("Disabled",), otherwise=_PUBLIC),
    ),
}


def _evaluate_standby(server: Resource, _settings: Settings, verdict: Verdict) -> None:
    if _is_replica(server).missing:
        _SECOND.evaluate(server, verdict)


_SECOND = Safeguard(
    path=("highAvailability", "mode"),
    safe=("ZoneRedundant", "SameZone"),
    otherwise="is lost for hours with its machine",
    key="highAvailability",
    value=True,
)
STANDBY: Mapping[str, Evaluation] = {SERVER: _evaluate_standby}
LOCKS = {"azure-native:authorization:ManagementLockByScope": Lock("scope", "level", ("CanNotDelete", "ReadOnly"))}
