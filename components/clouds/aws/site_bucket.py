"""The files of a static site: one folder per slot, readable by CloudFront only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.bucket_protection import Protection, only_over_tls
from components.clouds.aws.policy import Statement, deferred

REPLACED_DAYS = 30
"""Days in which a file that was removed from a slot can be restored. Chosen: a month."""


@dataclass(frozen=True, kw_only=True)
class SiteBucketArgs:
    bucket_name: str
    region: str
    distribution: pulumi.Input[str]
    """ARN of the distribution that may read the bucket."""
    tags: Mapping[str, str]


class SiteBucket(pulumi.ComponentResource):
    """A private bucket, encrypted with S3's own key, because the files are public."""

    def __init__(self, name: str, args: SiteBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SiteBucket", name, opts=opts)
        bucket = aws.s3.Bucket(
            name,
            bucket=args.bucket_name,
            region=args.region,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        protection = Protection(name=name, bucket=bucket, region=args.region, parent=self)
        protection.close(deferred(_readable(args), only_over_tls(args.bucket_name)))
        protection.encrypt(None)
        versions = protection.keep_versions()
        protection.expire("replaced", replaced_days=REPLACED_DAYS, after=[versions])
        self.register_outputs({"name": args.bucket_name})


def _readable(args: SiteBucketArgs) -> Statement:
    return {
        "Sid": "ReadByTheDistribution",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{args.bucket_name}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": args.distribution}},
    }
