"""Protections of data on Azure from mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.clouds.azure import managed_queues
from adapters.clouds.azure.managed_databases import DOCUMENTS, SERVER
from adapters.clouds.azure.storage import ACCOUNT
from adapters.safeguards import Safeguard

VAULT, BACKUPS = "azure-native:keyvault:Vault", "azure-native:dataprotection:BackupVault"
_GONE = "cannot be recovered after deletion"

GUARDS: Mapping[str, Sequence[Safeguard]] = {
    VAULT: [
        Safeguard(
            path=("properties", "enablePurgeProtection"),
            safe=(True,),
            otherwise="can be purged by anyone who may delete it",
        ),
        Safeguard(path=("properties", "enableSoftDelete"), safe=(True,), by_default=True, otherwise=_GONE),
    ],
    "azure-native:storage:BlobServiceProperties": [
        Safeguard(path=("isVersioningEnabled",), safe=(True,), otherwise="keeps no versions of its files"),
        Safeguard(path=("deleteRetentionPolicy", "enabled"), safe=(True,), otherwise=_GONE),
        Safeguard(path=("containerDeleteRetentionPolicy", "enabled"), safe=(True,), otherwise=_GONE),
    ],
    BACKUPS: [
        Safeguard(
            path=("properties", "securitySettings", "softDeleteSettings", "state"),
            safe=("On", "AlwaysOn"),
            otherwise=_GONE,
        ),
        Safeguard(
            path=("properties", "securitySettings", "immutabilitySettings", "state"),
            safe=("Unlocked", "Locked"),
            otherwise="allows backups to be deleted before their retention ends",
        ),
    ],
}
DAYS: Mapping[str, Sequence[tuple[tuple[str, ...], int]]] = {
    VAULT: [(("properties", "softDeleteRetentionInDays"), 7)],
    "azure-native:storage:BlobServiceProperties": [
        (("deleteRetentionPolicy", "days"), 7),
        (("containerDeleteRetentionPolicy", "days"), 7),
    ],
    "azure-native:storage:BlobContainerImmutabilityPolicy": [(("immutabilityPeriodSinceCreationInDays",), 7)],
    BACKUPS: [(("properties", "securitySettings", "softDeleteSettings", "retentionDurationInDays"), 14)],
}
PROTECTED = (BACKUPS, SERVER, VAULT, DOCUMENTS, ACCOUNT, managed_queues.SERVER, managed_queues.QUEUE)
