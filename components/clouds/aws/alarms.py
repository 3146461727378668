"""Alarms of CloudWatch on what no Prometheus can ask: queues of SQS and caches of ElastiCache, sent as mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.policy import Statement, document
from components.clouds.aws.queues import dead_letters_of, only_tls, queue_name
from components.clouds.contract import AlarmsArgs
from components.manifests import names
from slipway.settings.caches import Cache
from slipway.settings.fields import seconds
from slipway.settings.limits import most

PERIOD = 300
"""Seconds of a figure. Source: Amazon SQS Developer Guide, CloudWatch metrics: they come every five minutes at most."""
ENGINE_LOAD = 90
"""Percent of the core on which the engine runs. Source: Amazon ElastiCache User Guide, which metrics should I monitor."""


@dataclass(frozen=True, kw_only=True)
class AwsAlarmsArgs:
    context: AwsClusterContext
    asked: AlarmsArgs


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A figure that is above a limit in each of some periods."""

    name: str
    source: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    above: float
    periods: int
    meaning: str


class Alarms(pulumi.ComponentResource):
    """A topic with the mailboxes of the owner, who confirms each once, and an alarm for each figure."""

    def __init__(self, name: str, args: AwsAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Alarms", name, opts=opts)
        self._context, self._asked = args.context, args.asked
        self._opts = pulumi.ResourceOptions(parent=self)
        actions = [self._topic(name)] if args.asked.contacts else []
        for each in self._watched():
            aws.cloudwatch.MetricAlarm(
                args.asked.scope.logical(each.name),
                name=names.shortened(f"{self._prefix}-{each.name}", most("sns topic")),
                alarm_description=each.meaning,
                namespace=each.namespace,
                metric_name=each.metric,
                dimensions=each.dimensions,
                statistic=each.statistic,
                period=PERIOD,
                evaluation_periods=each.periods,
                comparison_operator="GreaterThanThreshold",
                threshold=each.above,
                # A queue that nobody has used for six hours has no figures.
                treat_missing_data="notBreaching",
                alarm_actions=actions,
                ok_actions=actions,
                tags=self._context.tagged(each.source, system=args.asked.scope.system),
                opts=self._opts,
            )
        self.register_outputs({})

    @property
    def _prefix(self) -> str:
        return f"{self._context.cluster_name}-{self._asked.scope.system}"

    def _topic(self, name: str) -> pulumi.Output[str]:
        called = names.hyphenated(f"{self._prefix}-alarms", most("sns topic"))
        arn = f"arn:aws:sns:{self._context.region}:{self._context.account}:{called}"
        topic = aws.sns.Topic(
            name,
            name=called,
            kms_master_key_id=self._context.key.arn,
            policy=document(only_tls("sns:Publish", arn), _alarms_send(arn, self._context.account)),
            tags=self._context.tagged(self._asked.source, system=self._asked.scope.system),
            opts=self._opts,
        )
        for contact in self._asked.contacts:
            aws.sns.TopicSubscription(
                f"{name}/{contact}", topic=topic.arn, protocol="email", endpoint=contact, opts=self._opts
            )
        return topic.arn

    def _watched(self) -> Iterator[Watched]:
        for key, queue in self._asked.queues.items():
            name = queue_name(self._context, self._asked.scope.system, key, queue)
            dead = queue_name(self._context, self._asked.scope.system, dead_letters_of(key), queue)
            yield Watched(
                name=f"{key}-age",
                source=queue.source,
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": name},
                statistic="Maximum",
                above=int(seconds(queue.alerts.oldest)),
                periods=2,
                meaning=f"The oldest message of queue {key} waits for more than {queue.alerts.oldest}: do its receivers run?",
            )
            if "waiting" in queue.alerts.model_fields_set:
                yield Watched(
                    name=f"{key}-waiting",
                    source=queue.source,
                    namespace="AWS/SQS",
                    metric="ApproximateNumberOfMessagesVisible",
                    dimensions={"QueueName": name},
                    statistic="Average",
                    above=queue.alerts.waiting,
                    periods=3,
                    meaning=f"More than {queue.alerts.waiting} messages wait in queue {key}: do its receivers run?",
                )
            yield Watched(
                name=f"{key}-dead",
                source=queue.source,
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": dead},
                statistic="Maximum",
                above=queue.alerts.dead_letters,
                periods=1,
                meaning=f"Queue {key} has dead letters: messages that no receiver could process. They are lost after 14 days.",
            )
        for server, cache in self._asked.caches.items():
            yield from self._of_cache(server, cache)

    def _of_cache(self, server: str, cache: Cache) -> Iterator[Watched]:
        """Yields the figures of each node, which ElastiCache numbers from one."""
        group = names.hyphenated(f"{self._prefix}-{server}", most("elasticache id"))
        drops = cache.eviction != "noeviction"
        for number in range(1, 3 if cache.high_availability else 2):
            dimensions = {"CacheClusterId": f"{group}-{number:03}"}
            yield Watched(
                name=f"{server}-{number}-memory",
                source=cache.source,
                namespace="AWS/ElastiCache",
                metric="Evictions" if drops else "DatabaseMemoryUsagePercentage",
                dimensions=dimensions,
                statistic="Sum" if drops else "Maximum",
                above=cache.alerts.evictions if drops else cache.alerts.memory_percent,
                periods=3,
                meaning=f"Cache {server} has too little memory for its keys: raise memoryMb.",
            )
            yield Watched(
                name=f"{server}-{number}-load",
                source=cache.source,
                namespace="AWS/ElastiCache",
                metric="EngineCPUUtilization",
                dimensions=dimensions,
                statistic="Average",
                above=cache.alerts.load_percent or ENGINE_LOAD,
                periods=3,
                meaning=f"The engine of cache {server} has no time left, and requests wait: look for slow commands.",
            )


def _alarms_send(topic: str, account: str) -> Statement:
    return {
        "Sid": "AlarmsSend",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
