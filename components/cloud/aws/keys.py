"""The key that a cluster's data is encrypted with: buckets, secrets and vaults of backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cloud.aws.policy import document

DELETION_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class DataKeyArgs:
    cluster_name: str
    account: str
    region: str
    second_region: str | None
    protect: bool
    tags: Mapping[str, str]


class DataKey(pulumi.ComponentResource):
    """`arn` in the cluster's region, and `second_arn` in the second one: copies stay readable without the first."""

    arn: pulumi.Output[str]
    second_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: DataKeyArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:DataKey", name, opts=pulumi.ResourceOptions(parent=parent))
        opts = pulumi.ResourceOptions(parent=self, protect=args.protect)
        key = aws.kms.Key(
            f"{name}-data",
            description=f"Data of cluster {args.cluster_name}",
            multi_region=True,
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=key_policy(args.account),
            tags=dict(args.tags),
            opts=opts,
        )
        self.arn, self.second_arn = key.arn, None
        self._alias(f"{name}-data", args, key.key_id, args.region)
        if args.second_region is not None:
            replica = aws.kms.ReplicaKey(
                f"{name}-data-copy",
                description=f"Data of cluster {args.cluster_name}, copied",
                primary_key_arn=key.arn,
                region=args.second_region,
                deletion_window_in_days=DELETION_DAYS,
                policy=key_policy(args.account),
                tags=dict(args.tags),
                opts=opts,
            )
            self.second_arn = replica.arn
            self._alias(f"{name}-data-copy", args, replica.key_id, args.second_region)
        self.register_outputs({"arn": key.arn})

    def _alias(self, name: str, args: DataKeyArgs, key: pulumi.Output[str], region: str) -> None:
        aws.kms.Alias(
            name,
            name=f"alias/{args.cluster_name}-data",
            target_key_id=key,
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )


def key_policy(account: str) -> str:
    """The account's own policies decide who uses the key: without this statement nobody could ever change that."""
    return document(
        {
            "Sid": "TheAccountDecides",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    )
