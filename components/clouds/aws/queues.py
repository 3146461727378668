"""Queues on SQS and topics on SNS: encrypted with the cluster's key, over TLS only, each queue with a dead-letter queue."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.policy import Statement, document
from components.clouds.contract import QueuesArgs, QueuesFacts
from components.manifests import names
from components.manifests.environment import QueueFacts
from slipway.settings.fields import seconds
from slipway.settings.limits import most
from slipway.settings.queues import CloudQueue, Topic

FIFO = ".fifo"
"""End of the names of ordered queues and topics. Source: Amazon SQS and SNS API references, CreateQueue and CreateTopic."""
DATA_KEY_SECONDS = 300
"""Seconds for which a key of data is used again. Source: Amazon SQS Developer Guide, key management; its default."""
LONG_POLL_SECONDS = 20
"""Seconds that a receiver waits for a message. Source: Amazon SQS Developer Guide, long polling; chosen: the longest."""


@dataclass(frozen=True, kw_only=True)
class AwsQueuesArgs:
    context: AwsClusterContext
    asked: QueuesArgs


class Queues(pulumi.ComponentResource):
    """The queues and topics of a system. All names are known before, so that a preview shows who may do what."""

    facts: QueuesFacts

    def __init__(self, name: str, args: AwsQueuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Queues", name, opts=opts)
        self._args, self._context = args.asked, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        # A lost queue loses the messages that nobody has received yet.
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.context.protect)
        self.facts = QueuesFacts(
            queues={key: self._queue_facts(key, queue) for key, queue in args.asked.queues.items()},
            topics={key: self._topic_facts(key, topic) for key, topic in args.asked.topics.items()},
        )
        created = {key: self._queue(key, queue) for key, queue in args.asked.queues.items()}
        for key, topic in args.asked.topics.items():
            self._topic(key, topic, created)
        self.register_outputs({})

    def _queue(self, key: str, queue: CloudQueue) -> aws.sqs.Queue:
        facts = self.facts.queues[key]
        dead = queue_name(self._context, self._args.scope.system, dead_letters_of(key), queue)
        tags = self._context.tagged(queue.source, system=self._args.scope.system)
        dead_letters = aws.sqs.Queue(
            self._args.scope.logical(f"{key}-dead"),
            name=dead,
            fifo_queue=True if queue.ordered else None,
            message_retention_seconds=most("queue retention"),
            kms_master_key_id=self._context.key.arn,
            kms_data_key_reuse_period_seconds=DATA_KEY_SECONDS,
            policy=document(only_tls("sqs:*", self._arn("sqs", dead))),
            redrive_allow_policy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [facts.id]}),
            tags=tags,
            opts=self._kept,
        )
        return aws.sqs.Queue(
            self._args.scope.logical(key),
            name=facts.name,
            fifo_queue=True if queue.ordered else None,
            content_based_deduplication=True if queue.ordered else None,
            message_retention_seconds=int(seconds(queue.retention)),
            visibility_timeout_seconds=int(seconds(queue.lock)),
            receive_wait_time_seconds=LONG_POLL_SECONDS,
            kms_master_key_id=self._context.key.arn,
            kms_data_key_reuse_period_seconds=DATA_KEY_SECONDS,
            policy=document(only_tls("sqs:*", facts.id), *self._senders(key)),
            redrive_policy=json.dumps(
                {"deadLetterTargetArn": self._arn("sqs", dead), "maxReceiveCount": queue.delivery_limit}
            ),
            tags=tags,
            opts=pulumi.ResourceOptions.merge(self._kept, pulumi.ResourceOptions(depends_on=[dead_letters])),
        )

    def _senders(self, key: str) -> list[Statement]:
        """Returns the right of the topics to which a queue is subscribed."""
        topics = [self.facts.topics[name].id for name, topic in self._args.topics.items() if key in topic.subscriptions]
        if not topics:
            return []
        return [
            {
                "Sid": "TopicsSend",
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": self.facts.queues[key].id,
                "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
            }
        ]

    def _topic(self, key: str, topic: Topic, queues: dict[str, aws.sqs.Queue]) -> None:
        facts = self.facts.topics[key]
        created = aws.sns.Topic(
            self._args.scope.logical(key),
            name=facts.name,
            fifo_topic=True if topic.ordered else None,
            content_based_deduplication=True if topic.ordered else None,
            kms_master_key_id=self._context.key.arn,
            policy=document(only_tls("sns:Publish", facts.id)),
            tags=self._context.tagged(topic.source, system=self._args.scope.system),
            opts=self._opts,
        )
        for queue in topic.subscriptions:
            aws.sns.TopicSubscription(
                self._args.scope.logical(f"{key}/{queue}"),
                topic=created.arn,
                protocol="sqs",
                endpoint=queues[queue].arn,
                raw_message_delivery=True,
                opts=self._opts,
            )

    def _queue_facts(self, key: str, queue: CloudQueue) -> QueueFacts:
        name, host = (
            queue_name(self._context, self._args.scope.system, key, queue),
            f"sqs.{self._context.region}.amazonaws.com",
        )
        url = f"https://{host}/{self._context.account}/{name}"
        return QueueFacts(name=name, url=url, host=host, id=self._arn("sqs", name))

    def _topic_facts(self, key: str, topic: Topic) -> QueueFacts:
        name = _called(self._context, self._args.scope.system, key, "sns topic", ordered=topic.ordered)
        arn = self._arn("sns", name)
        return QueueFacts(name=name, url=arn, host=f"sns.{self._context.region}.amazonaws.com", id=arn)

    def _arn(self, service: str, name: str) -> str:
        return f"arn:aws:{service}:{self._context.region}:{self._context.account}:{name}"


def queue_name(context: AwsClusterContext, system: str, key: str, queue: CloudQueue) -> str:
    """Returns the name in the cloud: `slipway-prod-main-shop-orders`, and `.fifo` after it where order is kept."""
    return _called(context, system, key, "sqs queue", ordered=queue.ordered)


def dead_letters_of(key: str) -> str:
    """Returns the key of the queue with the dead letters of another one."""
    return f"{key}-dead"


def _called(context: AwsClusterContext, system: str, key: str, limit: str, *, ordered: bool) -> str:
    end = FIFO if ordered else ""
    return f"{names.hyphenated(f'{context.cluster_name}-{system}-{key}', most(limit) - len(end))}{end}"


def only_tls(action: str, resource: pulumi.Input[str]) -> Statement:
    """Denies everybody what is asked without TLS."""
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
