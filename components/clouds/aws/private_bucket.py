"""An S3 bucket with all of S3's protections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds import contract
from components.clouds.aws.bucket_protection import Protection, only_over_tls
from components.clouds.aws.context import AwsContext
from components.clouds.aws.policy import document

REPLACED_DAYS = 90
"""Days in which a deleted or overwritten file can be restored. Chosen: a quarter."""


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    context: AwsContext
    asked: contract.BucketArgs
    bucket_name: str
    region: str
    key_arn: pulumi.Input[str]
    """The key in the bucket's region."""
    versioned: bool
    adopt: str | None
    """Name of an existing bucket to take over."""

    @property
    def tags(self) -> Mapping[str, str]:
        asked = self.asked
        return self.context.tagged(asked.source, system=asked.system, data_class=asked.settings.data_class)


class PrivateBucket(pulumi.ComponentResource):
    """A private bucket; a replica waits for `versioning`."""

    versioning: list[pulumi.Resource]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:PrivateBucket", name, opts=opts)
        asked, settings = args.asked, args.asked.settings
        bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket_name,
            region=args.region,
            force_destroy=False,
            object_lock_enabled=asked.locked_days is not None or None,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=args.context.protect, import_=args.adopt),
        )
        protection = Protection(name=name, bucket=bucket, region=args.region, parent=self)
        protection.close(document(only_over_tls(args.bucket_name)))
        protection.encrypt(args.key_arn)
        self.versioning = [protection.keep_versions()] if args.versioned else []
        if asked.locked_days is not None:
            self._lock(name, bucket, args.region, asked.locked_days)
        protection.expire("expire", replaced_days=REPLACED_DAYS, days=settings.expire_days, after=self.versioning)
        self.register_outputs({"name": args.bucket_name})

    def _lock(self, name: str, bucket: aws.s3.Bucket, region: str, days: int) -> None:
        """Lock objects in governance mode, which privileged users can bypass but no program in the cluster can."""
        aws.s3.BucketObjectLockConfiguration(
            name,
            bucket=bucket.id,
            region=region,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                    mode="GOVERNANCE", days=days
                )
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.versioning),
        )
