"""Protections of data on Azure from mistakes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from adapters.clouds.azure import managed_queues
from adapters.clouds.azure.managed_databases import DOCUMENTS, SERVER
from adapters.clouds.azure.storage import ACCOUNT
from adapters.clouds.contract import Evaluation
from adapters.safeguards import EACH, Safeguard, every
from framework import Resource, Settings, Verdict

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
        Safeguard(
            path=("deleteRetentionPolicy", "allowPermanentDelete"), safe=(False,), by_default=True, otherwise=_GONE
        ),
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
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?")
_DAYS_OF = (365, 30, 7, 1)
"""Days of years, months, weeks and days."""
LEAST = 7
"""Days for which backups must stay, as after a deletion."""


def _evaluate_backups(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check how long a vault keeps backups, as periods such as `P35D`."""
    path = ("properties", "policyRules", EACH, "lifecycles", EACH, "deleteAfter", "duration")
    for duration in every(policy.properties, path):
        found = _PERIOD.fullmatch(duration.text or "")
        days = sum(int(part or 0) * unit for part, unit in zip(found.groups(), _DAYS_OF, strict=True)) if found else 0
        if duration.unknown:
            verdict.undecided(policy, duration)
        elif duration.present and days < LEAST:
            verdict.violated(policy, f"deletes backups too soon: {duration.path} is less than {LEAST} days")


def _evaluate_files(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the rules of an account that apply to all of its files. What versions still have is not lost with a file."""
    for rule in policy["policy"]["rules"].elements():
        chosen, actions = rule["definition"]["filters"], rule["definition"]["actions"]
        if rule["enabled"].value is False or any(chosen[key].present for key in ("prefixMatch", "blobIndexMatch")):
            continue
        kept = actions["version"]["delete"]["daysAfterCreationGreaterThan"]
        of_all = [key for key in actions.keys if key != "baseBlob" or (kept.whole_number or 0) < LEAST]
        for ended in (actions[key]["delete"] for key in of_all):
            for days in (ended[key] for key in ended.keys):
                if not days.unknown and (days.whole_number or 0) < LEAST:
                    verdict.violated(policy, f"deletes files too soon: {days.path} is less than {LEAST} days")


DELETING: Mapping[str, Evaluation] = {
    "azure-native:dataprotection:BackupPolicy": _evaluate_backups,
    "azure-native:storage:ManagementPolicy": _evaluate_files,
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
