"""What guards data: backups and their schedules, locks, versions, copies, protection; and the bounds of namespaces."""

from __future__ import annotations

from typing import Any

from tests.policies.edits.network import OF_AWS, VAULT
from tests.policies.plan_under_test import Edit, Replaced
from tests.policies.swift import Addition

CRON, DUMP, TEST = "batch/v1:CronJob", "fleet/fleet-db-dump", "fleet/fleet-db-restore-test"
PLAN, TEST_PLAN = (
    ("backup/plan:Plan", "kingstons/kingstons"),
    ("restoreTestingPlan:RestoreTestingPlan", "kingstons/kingstons"),
)
BUCKET, VERSIONS = ("s3/bucket:Bucket", "expenses/backups"), ("bucketVersioning:BucketVersioning", "expenses/backups")
COPY, LOCK = ("bucketReplicationConfig:BucketReplicationConfig", "expenses/backups"), ("VaultLockConfiguration", "main")
FILES, KEY = ("storage:BlobServiceProperties", "fleet/backups"), ("kms/key:Key", "main-data")
SPACE, QUOTA = ("core/v1:Namespace", "fleet"), ("core/v1:ResourceQuota", "fleet")
SETTINGS = ("properties", "securitySettings")


def when(schedule: Any, job: str = DUMP) -> Edit:
    return Edit(CRON, job, ("spec", "schedule"), schedule)


def copied(every: str) -> Edit:
    """How often Azure copies what holds backups."""
    schedule = ("properties", "policyRules", 0, "trigger", "schedule", "repeatingTimeIntervals")
    when = f"R/2026-01-04T02:00:00+00:00/{every}"
    return Edit("dataprotection:BackupPolicy", "fleet/fleet_db", schedule, [when])


CAUGHT = {
    "backup-schedules": {
        "prod": [
            when("0 0 29 2 *"),
            when("0 0 30 2 *"),
            when("0 0 31 * *"),
            when("0 2 * * 0"),
            when("0 2 */2 * *"),
            when("0 2 * * 1-5"),
            when("@monthly"),
            when("whenever"),
            when("0 0 29 2 *", TEST),
            when("0 0 1 1 *", TEST),
            Edit(*TEST_PLAN, ("scheduleExpression",), "cron(0 4 1 1 ? *)"),
            Edit(*PLAN, ("rules", 1, "schedule"), "cron(0 2 29 2 ? *)"),
            Edit(*PLAN, ("rules", 1, "schedule"), "cron(0 2 ? * SUN *)"),
            Edit(*PLAN, ("rules", 1, "schedule"), "cron(0 2 30 2 ? *)"),
            Edit(*TEST_PLAN, ("scheduleExpression",), "rate(90 days)"),
            copied("P2W"),
            copied("P30D"),
            copied("PT0H"),
            copied("sometimes"),
        ],
        "local": [Edit("v1:ScheduledBackup", "fleet/fleet-db", ("spec", "schedule"), "0 0 1 29 2 *")],
    },
    "deletion-guards": {
        "prod": [
            Edit(*VAULT, ("properties", "enablePurgeProtection"), False),
            Edit(*VAULT, ("properties", "enableSoftDelete"), False),
            Edit(*FILES, ("isVersioningEnabled",), False),
            Edit(*FILES, ("deleteRetentionPolicy", "enabled"), False),
            Edit(*FILES, ("containerDeleteRetentionPolicy", "days"), 1),
            Edit("dataprotection:BackupVault", "fleet", (*SETTINGS, "softDeleteSettings", "state"), "Off"),
            Edit("dataprotection:BackupVault", "fleet", (*SETTINGS, "immutabilitySettings", "state"), "Disabled"),
            Edit(*BUCKET, ("forceDestroy",), True),
            Edit("backup/vault:Vault", "main", ("forceDestroy",), True),
            Edit(*VERSIONS, ("versioningConfiguration", "status"), "Suspended"),
            Edit(*KEY, ("enableKeyRotation",), False),
            Edit(*KEY, ("isEnabled",), False),
            Edit("secretsmanager/secret:Secret", "monitoring-main/SLACK_URL", ("recoveryWindowInDays",), 0),
            Edit("rds/instance:Instance", "kingstons/kingstons", ("deleteAutomatedBackups",), True),
            Edit("ObjectLockConfiguration", "expenses/backups", ("rule", "defaultRetention", "days"), 1),
        ]
    },
    "version-and-lock": {
        "prod": [
            Edit(*VERSIONS),
            Edit("VaultLockConfiguration", "main"),
        ]
    },
    "replication-elsewhere": {
        "prod": [
            Edit(*COPY, ("rules", 0, "status"), "Disabled"),
            Edit(*COPY, ("rules", 0, "filter", "prefix"), "nothing/"),
            Edit(*COPY, ("rules", 0, "destination", "account"), "999988887777"),
            Edit(*COPY, ("rules", 0, "destination", "bucket"), "arn:aws:s3:::somebody-elses"),
        ]
    },
    "data-protect": {
        "prod": [
            Edit("rds/instance:Instance", "kingstons/kingstons", ("protect",), False, part=""),
            Edit(*BUCKET, ("protect",), False, part=""),
            Edit("storage:StorageAccount", "fleet/backups", ("protect",), False, part=""),
            Edit(*VAULT, ("protect",), False, part=""),
        ]
    },
    "namespace-standard": {
        "prod": [
            Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce"), "privileged"),
            Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce"), "baseline"),
            Edit(*SPACE, ("metadata", "labels", "pod-security.kubernetes.io/enforce")),
            Edit(
                "core/v1:Namespace",
                "fleet/external-secrets",
                ("metadata", "labels", "pod-security.kubernetes.io/enforce"),
                "privileged",
            ),
        ]
    },
    "namespace-quota": {
        "prod": [
            Edit(*QUOTA),
            Edit(*QUOTA, ("spec", "hard"), {"services.nodeports": "0"}),
            Edit(*QUOTA, ("spec", "hard", "pods")),
        ]
    },
    "database-backup-copies": {
        "prod": [
            Edit(*PLAN, ("rules", 1, "copyActions"), []),
            Edit(
                *PLAN, ("rules", 1, "copyActions", 0, "destinationVaultArn"), Replaced("us-west-2", "us-east-1")
            ),
        ]
    },
}  # fmt: skip


def bucket() -> tuple[Addition, ...]:
    """One more, with all that belongs to it."""
    tags = {
        **OF_AWS["tags"],
        "slipway.dev/source": "systems/expenses/system.yaml:sites.new",
        "slipway.dev/system": "expenses",
    }
    name = {"bucket": "new-files", "region": "us-east-1"}
    flags: dict[str, Any] = dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    encrypted = {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}}]}
    policy = (
        '{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::new-files",'
        ' "arn:aws:s3:::new-files/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}'
    )
    kinds: dict[str, dict[str, Any]] = {
        "bucket:Bucket": {"tags": tags, "forceDestroy": False},
        "bucketPublicAccessBlock:BucketPublicAccessBlock": flags,
        "bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
        "bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": encrypted,
        "bucketPolicy:BucketPolicy": {"policy": policy},
    }
    return tuple(
        Addition(f"aws:s3/{kind}", "expenses/new", {**name, **inputs}, BUCKET) for kind, inputs in kinds.items()
    )


FINE = {
    "prod": [
        copied("P1D"),
        copied("PT12H"),
        bucket(),
        when("0 */6 * * *"),
        when("30 3 * * *"),
        when("0 5 1,15 * *", TEST),
        Edit(*PLAN, ("rules", 0, "schedule"), "cron(0 5 ? * * *)"),
        Edit(*TEST_PLAN, ("scheduleExpression",), "cron(0 4 ? * MON *)"),
        Edit("rds/instance:Instance", "kingstons/kingstons", ("instanceClass",), "db.r7g.xlarge"),
        Edit("rds/instance:Instance", "kingstons/kingstons", ("allocatedStorage",), 200),
        Edit(*QUOTA, ("spec", "hard", "pods"), "80"),
        Edit(*KEY, ("deletionWindowInDays",), 14),
        Edit(*FILES, ("deleteRetentionPolicy", "days"), 30),
        Edit("v1:PrometheusRule", "fleet/fleet", ("metadata", "labels", "team"), "fleet"),
    ]
}
