"""An S3 bucket with all of S3's protections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.policy import Statement, document

REPLACED_DAYS = 90
"""Days in which a deleted or overwritten file can be restored. Chosen: a quarter."""


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    bucket_name: str
    region: str
    key_arn: pulumi.Input[str]
    versioned: bool
    locked_days: int | None
    expire_days: int | None
    adopt: str | None
    protect: bool
    tags: Mapping[str, str]


class PrivateBucket(pulumi.ComponentResource):
    """A private bucket; a replica waits for `versioning`."""

    versioning: list[pulumi.Resource]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:PrivateBucket", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        self._bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket_name,
            region=args.region,
            force_destroy=False,
            object_lock_enabled=args.locked_days is not None or None,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, import_=args.adopt),
        )
        self._close()
        self._encrypt()
        self.versioning = self._create_versioning()
        self._expire()
        self.register_outputs({"name": args.bucket_name})

    def _close(self) -> None:
        closed = aws.s3.BucketPublicAccessBlock(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._opts,
        )
        aws.s3.BucketOwnershipControls(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._opts,
        )
        aws.s3.BucketPolicy(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            policy=document(only_over_tls(self._args.bucket_name)),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )

    def _encrypt(self) -> None:
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms", kms_master_key_id=self._args.key_arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
                )
            ],
            opts=self._opts,
        )

    def _create_versioning(self) -> list[pulumi.Resource]:
        """Enables versioning and an object lock in governance mode, which privileged users can bypass but no program in
        the cluster can."""
        if not self._args.versioned:
            return []
        versioning = aws.s3.BucketVersioning(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._opts,
        )
        if self._args.locked_days is not None:
            locked = aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                mode="GOVERNANCE", days=self._args.locked_days
            )
            aws.s3.BucketObjectLockConfiguration(
                self._name,
                bucket=self._bucket.id,
                region=self._args.region,
                rule=aws.s3.BucketObjectLockConfigurationRuleArgs(default_retention=locked),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
            )
        return [versioning]

    def _expire(self) -> None:
        """Creates lifecycle rules: abandoned uploads always expire, files as declared, and overwritten versions after
        90 days."""
        days = self._args.expire_days
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="expire",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=REPLACED_DAYS
            ),
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days) if days else None,
        )
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            rules=[rule],
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.versioning),
        )


def only_over_tls(bucket_name: str) -> Statement:
    arn = f"arn:aws:s3:::{bucket_name}"
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
