"""A bucket on S3: private, encrypted, versioned, accessible over TLS only."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.clouds import contract
from components.clouds.aws.bucket_replica import BucketReplica, BucketReplicaArgs
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.private_bucket import PrivateBucket, PrivateBucketArgs


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    context: AwsClusterContext
    asked: contract.BucketArgs
    bucket_name: str


class Bucket(pulumi.ComponentResource):
    """A bucket and, if required, its replica in the second region."""

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Bucket", name, opts=opts)
        context, asked, settings = args.context, args.asked, args.asked.settings
        second = context.second_region if settings.copy_to_second_region else None
        original = PrivateBucketArgs(
            context=context,
            asked=asked,
            bucket_name=args.bucket_name,
            region=context.region,
            key_arn=context.key.arn,
            # Object lock and replication require versioning.
            versioned=settings.versioned or second is not None or asked.locked_days is not None,
            adopt=settings.adopt,
        )
        own = pulumi.ResourceOptions(parent=self)
        source = PrivateBucket(name, original, own)
        if second is not None and context.key.second_arn is not None:
            BucketReplica(
                name,
                BucketReplicaArgs(original=original, source=source, region=second, key_arn=context.key.second_arn),
                own,
            )
        self.register_outputs({"name": args.bucket_name})
