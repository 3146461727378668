"""Managed databases of Azure."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.contract import Database, Lock
from adapters.safeguards import Safeguard
from framework import Absence, Property, Resource

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
LOCKS = {"azure-native:authorization:ManagementLockByScope": Lock("scope", "level", ("CanNotDelete", "ReadOnly"))}
