"""A bucket on S3: private, encrypted, versioned, reached over TLS only."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.contract import BucketArgs


class Bucket(pulumi.ComponentResource):
    """The bucket called `bucket_name`, and every guard that S3 has for it."""

    def __init__(
        self,
        args: BucketArgs,
        bucket_name: str,
        own_tags: Mapping[str, str],
        *,
        protect: bool,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        name = f"{args.system}/{args.name}"
        super().__init__("slipway:aws:Bucket", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider]))
        self._opts = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        created = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            force_destroy=False,
            tags=names.tags(settings.source, own_tags, system=args.system, data_class=settings.data_class),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, import_=settings.adopt),
        )
        self._close(name, created)
        self._encrypt(name, created)
        if settings.versioned:
            aws.s3.BucketVersioning(
                name,
                bucket=created.id,
                versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
                opts=self._opts,
            )
        self._expire(name, created, settings.expire_days)
        self.register_outputs({"name": bucket_name})

    def _close(self, name: str, bucket: aws.s3.Bucket) -> None:
        closed = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._opts,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=self._opts,
        )
        statement = {
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )

    def _encrypt(self, name: str, bucket: aws.s3.Bucket) -> None:
        by_default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms"
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True
                )
            ],
            opts=self._opts,
        )

    def _expire(self, name: str, bucket: aws.s3.Bucket, days: int | None) -> None:
        """Abandoned uploads always go; files when the system says so, and what they replaced after 90 days."""
        rule = aws.s3.BucketLifecycleConfigurationRuleArgs(
            id="expire",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
            abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            ),
            noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=90
            ),
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days) if days else None,
        )
        aws.s3.BucketLifecycleConfiguration(name, bucket=bucket.id, rules=[rule], opts=self._opts)
