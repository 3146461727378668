"""What protects every S3 bucket: no public access, one owner, TLS only, encryption, versions that can be restored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.policy import Statement

ABANDONED_DAYS = 7
"""Days after which an upload that nobody finished is deleted. Chosen: a week."""


@dataclass(frozen=True, kw_only=True)
class Protection:
    """Protects one bucket; each resource has the component's name."""

    name: str
    bucket: aws.s3.Bucket
    region: str
    parent: pulumi.Resource

    def close(self, policy: pulumi.Input[str]) -> None:
        """Let in nobody but whom the policy names."""
        closed = aws.s3.BucketPublicAccessBlock(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._after(),
        )
        aws.s3.BucketOwnershipControls(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._after(),
        )
        aws.s3.BucketPolicy(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            policy=policy,
            opts=self._after(closed),
        )

    def encrypt(self, key_arn: pulumi.Input[str] | None) -> None:
        """Encrypt with a key of KMS, or with S3's own."""
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256" if key_arn is None else "aws:kms", kms_master_key_id=key_arn
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default,
                    bucket_key_enabled=None if key_arn is None else True,
                )
            ],
            opts=self._after(),
        )

    def keep_versions(self) -> aws.s3.BucketVersioning:
        return aws.s3.BucketVersioning(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._after(),
        )

    def expire(
        self, rule: str, *, replaced_days: int, days: int | None = None, after: Sequence[pulumi.Resource]
    ) -> None:
        """Delete abandoned uploads, overwritten versions after `replaced_days`, and files after `days`, if any."""
        aws.s3.BucketLifecycleConfiguration(
            self.name,
            bucket=self.bucket.id,
            region=self.region,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id=rule,
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=ABANDONED_DAYS
                    ),
                    noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=replaced_days
                    ),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days) if days else None,
                )
            ],
            opts=self._after(*after),
        )

    def _after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self.parent, depends_on=list(resources) or None)


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
