"""A bucket on S3: private, encrypted, versioned, reached over TLS only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from builders import names
from components.cloud.aws.bucket_copy import BucketCopy
from components.cloud.aws.closed_bucket import ClosedBucket, ClosedBucketArgs
from components.cloud.contract import BucketArgs


@dataclass(frozen=True, kw_only=True)
class BucketSurroundings:
    """Where buckets stand, and the key that they are encrypted with in each region."""

    account: str
    cluster_name: str
    region: str
    key_arn: pulumi.Input[str]
    second_region: str | None
    second_key_arn: pulumi.Input[str] | None
    protect: bool
    tags: Mapping[str, str]


class Bucket(pulumi.ComponentResource):
    """The bucket called `bucket_name`, and its copy in the second region where one is asked for."""

    def __init__(
        self,
        args: BucketArgs,
        bucket_name: str,
        around: BucketSurroundings,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        name = f"{args.system}/{args.name}"
        super().__init__("slipway:aws:Bucket", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider]))
        settings = args.settings
        copied = settings.copy_to_second_region and around.second_region is not None
        tags = names.tags(args.source, around.tags, system=args.system, data_class=settings.data_class)
        kept = ClosedBucketArgs(
            bucket_name=bucket_name,
            region=around.region,
            key_arn=around.key_arn,
            # A lock and a copy need versions.
            versioned=settings.versioned or copied or args.locked_days is not None,
            locked_days=args.locked_days,
            expire_days=settings.expire_days,
            adopt=settings.adopt,
            protect=around.protect,
            tags=tags,
        )
        source = ClosedBucket(name, kept, self)
        if copied and around.second_region is not None and around.second_key_arn is not None:
            BucketCopy(name, args, kept, around.account, around.second_region, around.second_key_arn, source, self)
        self.register_outputs({"name": bucket_name})
