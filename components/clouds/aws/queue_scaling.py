"""KEDA's right to count the messages by which it scales services."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.pod_identity import ControllerIdentity
from components.clouds.aws.policy import allow, document
from components.clouds.contract import QueueScalingArgs, QueueScalingFacts, QueueTrigger
from components.manifests import names
from components.manifests.environment import QueueFacts
from slipway.settings.limits import most


@dataclass(frozen=True, kw_only=True)
class AwsQueueScalingArgs:
    context: AwsClusterContext
    asked: QueueScalingArgs
    reader: ControllerIdentity
    """KEDA's identity, one for all systems, because a service account has one role."""


class QueueScaling(pulumi.ComponentResource):
    """Adds a system's queues to what KEDA's role may count, and nothing else: it receives nothing."""

    facts: QueueScalingFacts

    def __init__(self, name: str, args: AwsQueueScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:QueueScaling", name, opts=opts)
        asked = args.asked
        aws.iam.RolePolicy(
            name,
            name=names.shortened(f"queues-of-{asked.scope.system}", most("iam policy")),
            role=args.reader.role_name,
            policy=document(allow(["sqs:GetQueueAttributes"], [each.id for each in asked.queues.values()])),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.facts = QueueScalingFacts(
            triggers={key: _trigger(args.context, each) for key, each in asked.queues.items()},
            identity={"provider": "aws"},
        )
        self.register_outputs({})


def _trigger(context: AwsClusterContext, queue: QueueFacts) -> QueueTrigger:
    return QueueTrigger(
        type="aws-sqs-queue",
        metadata={"queueURL": queue.url, "awsRegion": context.region},
        threshold="queueLength",
        activation="activationQueueLength",
    )
