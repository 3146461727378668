"""The files of a static site: one folder per slot, readable by CloudFront only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class SiteBucketArgs:
    bucket_name: str
    region: str
    distribution: pulumi.Input[str]
    """ARN of the distribution that may read the bucket."""
    tags: Mapping[str, str]


class SiteBucket(pulumi.ComponentResource):
    """A private bucket. Files removed from a slot can be restored for 30 days."""

    def __init__(self, name: str, args: SiteBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SiteBucket", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        self._bucket = aws.s3.Bucket(
            name, bucket=args.bucket_name, region=args.region, tags=dict(args.tags), opts=self._opts
        )
        self._close()
        self._encrypt()
        self._create_versioning()
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
        arn = f"arn:aws:s3:::{self._args.bucket_name}"
        reads = {
            "Sid": "ReadByTheDistribution",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"{arn}/*",
            "Condition": {"StringEquals": {"AWS:SourceArn": self._args.distribution}},
        }
        plain = {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        aws.s3.BucketPolicy(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [reads, plain]}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )

    def _encrypt(self) -> None:
        """Encrypts with S3's own key, because the files are public."""
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="AES256"
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default
                )
            ],
            opts=self._opts,
        )

    def _create_versioning(self) -> None:
        versioned = aws.s3.BucketVersioning(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self._opts,
        )
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="replaced",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=30
            ),
        )
        aws.s3.BucketLifecycleConfiguration(
            self._name,
            bucket=self._bucket.id,
            region=self._args.region,
            rules=[rule],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioned]),
        )
