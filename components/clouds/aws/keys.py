"""The key that encrypts a cluster's data: buckets, secrets and backup vaults."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext, KeyFacts
from components.clouds.aws.policy import Statement, document

DELETION_DAYS = 30
"""Days between the deletion of a key and its destruction. Source: AWS KMS ScheduleKeyDeletion, 7 to 30; chosen: the
longest."""


@dataclass(frozen=True, kw_only=True)
class DataKeyArgs:
    context: AwsContext
    topics: bool = False
    """Whether a system of the cluster has topics, which write into encrypted queues."""
    alarms: bool = False
    """Whether CloudWatch sends alarms of a system to an encrypted topic."""


class DataKey(pulumi.ComponentResource):
    """A multi-region key with a replica in the second region, so that copies remain readable if the first region is
    lost."""

    facts: KeyFacts

    def __init__(self, name: str, args: DataKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:DataKey", name, opts=opts)
        context = self._context = args.context
        own = pulumi.ResourceOptions(parent=self, protect=context.protect)
        key = aws.kms.Key(
            f"{name}-data",
            description=f"Data of cluster {context.cluster_name}",
            multi_region=True,
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=key_policy(context.account, topics=args.topics, alarms=args.alarms),
            tags=context.cluster_tags,
            opts=own,
        )
        self.facts = KeyFacts(arn=key.arn, second_arn=None)
        self._alias(f"{name}-data", key.key_id, context.region)
        if context.second_region is not None:
            replica = aws.kms.ReplicaKey(
                f"{name}-data-copy",
                description=f"Data of cluster {context.cluster_name}, copied",
                primary_key_arn=key.arn,
                region=context.second_region,
                deletion_window_in_days=DELETION_DAYS,
                policy=key_policy(context.account),
                tags=context.cluster_tags,
                opts=own,
            )
            self.facts = KeyFacts(arn=key.arn, second_arn=replica.arn)
            self._alias(f"{name}-data-copy", replica.key_id, context.second_region)
        self.register_outputs({"arn": key.arn})

    def _alias(self, name: str, key: pulumi.Output[str], region: str) -> None:
        aws.kms.Alias(
            name,
            name=f"alias/{self._context.cluster_name}-data",
            target_key_id=key,
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )


def key_policy(account: str, *, topics: bool = False, alarms: bool = False) -> str:
    """Delegates access to the account's IAM policies; without this statement the key could become unmanageable. SNS and
    CloudWatch have no role whose policy could let them write into encrypted queues and topics."""
    delegated = {
        "Sid": "TheAccountDecides",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    services = {"TopicsDeliver": "sns"} if topics else {}
    services |= {"AlarmsSend": "cloudwatch"} if alarms else {}
    return document(delegated, *(_writes(sid, service, account) for sid, service in services.items()))


def _writes(sid: str, service: str, account: str) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
