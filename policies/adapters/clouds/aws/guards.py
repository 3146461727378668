"""Protections of data on AWS from mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.clouds.aws.buckets import BUCKETS, LOCK, VAULT, VERSIONING
from adapters.clouds.aws.managed_databases import AURORA, DOCUMENTS, INSTANCE
from adapters.clouds.aws.managed_queues import QUEUE
from adapters.safeguards import EACH, Safeguard

_LOCKED_OUT = Safeguard(
    path=("bypassPolicyLockoutSafetyCheck",), safe=(False,), by_default=True, otherwise="may lock out its account"
)

GUARDS: Mapping[str, Sequence[Safeguard]] = {
    "aws:ecr/repository:Repository": [
        Safeguard(path=("forceDelete",), safe=(False,), by_default=True, otherwise="is deleted with all its images")
    ],
    "aws:lb/loadBalancer:LoadBalancer": [
        Safeguard(
            path=("enableDeletionProtection",), safe=(True,), by_default=True, otherwise="is deleted with one API call"
        )
    ],
    "aws:route53/zone:Zone": [
        Safeguard(path=("forceDestroy",), safe=(False,), by_default=True, otherwise="is deleted with all its names")
    ],
    "aws:s3/bucket:Bucket": [
        Safeguard(path=("forceDestroy",), safe=(False,), by_default=True, otherwise="is deleted with all its files"),
    ],
    VAULT: [
        Safeguard(path=("forceDestroy",), safe=(False,), by_default=True, otherwise="is deleted with all its backups")
    ],
    VERSIONING: [
        Safeguard(
            path=("versioningConfiguration", "status"), safe=("Enabled",), otherwise="keeps no versions of its files"
        )
    ],
    "aws:kms/key:Key": [
        Safeguard(path=("isEnabled",), safe=(True,), by_default=True, otherwise="cannot decrypt what it encrypted"),
        Safeguard(path=("enableKeyRotation",), safe=(True,), otherwise="is never replaced"),
        _LOCKED_OUT,
    ],
    "aws:kms/keyPolicy:KeyPolicy": [_LOCKED_OUT],
    "aws:kms/replicaKey:ReplicaKey": [
        Safeguard(path=("enabled",), safe=(True,), by_default=True, otherwise="cannot decrypt what it encrypted"),
        _LOCKED_OUT,
    ],
    "aws:rds/instance:Instance": [
        Safeguard(
            path=("deleteAutomatedBackups",), safe=(False,), otherwise="takes its backups with it when it is deleted"
        ),
    ],
}
DAYS: Mapping[str, Sequence[tuple[tuple[str, ...], int]]] = {
    "aws:backup/plan:Plan": [
        (("rules", EACH, "lifecycle", "deleteAfter"), 7),
        (("rules", EACH, "copyActions", EACH, "lifecycle", "deleteAfter"), 7),
    ],
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": [(("rule", "defaultRetention", "days"), 7)],
    "aws:kms/key:Key": [(("deletionWindowInDays",), 7)],
    "aws:kms/replicaKey:ReplicaKey": [(("deletionWindowInDays",), 7)],
    "aws:secretsmanager/secret:Secret": [(("recoveryWindowInDays",), 7)],
    LOCK: [(("minRetentionDays",), 1)],
}

PROTECTED = (*BUCKETS, "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey", INSTANCE, AURORA, DOCUMENTS, QUEUE, VAULT)
