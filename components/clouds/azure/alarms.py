"""Alerts of Azure Monitor on what no Prometheus can ask: queues of Service Bus and caches, sent as mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor

from components.clouds.azure.cache import cache_name
from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.queues import namespace_name
from components.clouds.contract import AlarmsArgs
from components.manifests import names
from slipway.settings.caches import Cache
from slipway.settings.limits import most

EVERY, WINDOW = "PT5M", "PT15M"
"""How often figures are looked at, and of which time. Chosen: as for the alerts of Prometheus on queues, with three figures."""
ENGINE_LOAD = 80
"""Percent of a server's cores. Source: Azure Managed Redis, best practices for server load."""
FIVE_MINUTES = 3
"""How often five minutes, for which a definition limits evictions, are in `WINDOW`."""
LIMIT = most("azure database server")
"""Characters of an alert's name. Chosen: that of the servers; Azure takes more."""


@dataclass(frozen=True, kw_only=True)
class AzureAlarmsArgs:
    context: AzureClusterContext
    asked: AlarmsArgs


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A figure of a resource that is above a limit in a window."""

    name: str
    source: str
    scope: str
    metric: str
    entity: str | None
    """The queue in the namespace."""
    aggregation: str
    above: float
    meaning: str


class Alarms(pulumi.ComponentResource):
    """A group with the mailboxes of the owner, and an alert for each figure."""

    def __init__(self, name: str, args: AzureAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Alarms", name, opts=opts)
        self._context, self._asked = args.context, args.asked
        self._opts = pulumi.ResourceOptions(parent=self)
        actions = [self._group(name)] if args.asked.contacts else []
        # Azure refuses an alert on a resource that is not there yet.
        after_watched = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        for each in self._watched():
            monitor.MetricAlert(
                args.asked.scope.logical(each.name),
                rule_name=names.shortened(f"{self._prefix}-{each.name}", LIMIT),
                resource_group_name=self._context.resource_group,
                location="global",
                description=each.meaning,
                enabled=True,
                severity=1,
                scopes=[each.scope],
                evaluation_frequency=EVERY,
                window_size=WINDOW,
                auto_mitigate=True,
                criteria=_criteria(each),
                actions=actions,
                tags=self._context.tagged(each.source, system=args.asked.scope.system),
                opts=after_watched,
            )
        self.register_outputs({})

    @property
    def _prefix(self) -> str:
        return f"{self._context.cluster_name}-{self._asked.scope.system}"

    def _group(self, name: str) -> monitor.MetricAlertActionArgs:
        group = monitor.ActionGroup(
            name,
            action_group_name=names.shortened(f"{self._prefix}-alarms", LIMIT),
            resource_group_name=self._context.resource_group,
            location="global",
            # At most 12 characters, which stand before each message. Source: Azure Monitor, action groups.
            group_short_name=names.shortened(self._asked.scope.system, 12),
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name=f"owner-{number}", email_address=contact, use_common_alert_schema=True
                )
                for number, contact in enumerate(self._asked.contacts, 1)
            ],
            tags=self._context.tagged(self._asked.source, system=self._asked.scope.system),
            opts=self._opts,
        )
        return monitor.MetricAlertActionArgs(action_group_id=group.id)

    def _watched(self) -> Iterator[Watched]:
        system, group = self._asked.scope.system, f"{self._context.group_id}/providers"
        server = f"{group}/Microsoft.ServiceBus/namespaces/{namespace_name(self._context, system)}"
        for key, queue in self._asked.queues.items():
            yield Watched(
                name=f"{key}-waiting",
                source=queue.source,
                scope=server,
                metric="ActiveMessages",
                entity=key,
                aggregation="Average",
                above=queue.alerts.waiting,
                meaning=f"More than {queue.alerts.waiting} messages wait in queue {key}: do its receivers run?",
            )
            yield Watched(
                name=f"{key}-dead",
                source=queue.source,
                scope=server,
                metric="DeadletteredMessages",
                entity=key,
                aggregation="Maximum",
                above=queue.alerts.dead_letters,
                meaning=f"Queue {key} has dead letters: messages that expired, or that no receiver could process.",
            )
        for name, cache in self._asked.caches.items():
            scope = f"{group}/Microsoft.Cache/redisEnterprise/{cache_name(self._context, system, name)}"
            yield from _of_cache(name, scope, cache)


def _of_cache(name: str, scope: str, cache: Cache) -> Iterator[Watched]:
    drops = cache.eviction != "noeviction"
    yield Watched(
        name=f"{name}-memory",
        source=cache.source,
        scope=scope,
        metric="evictedkeys" if drops else "usedmemorypercentage",
        entity=None,
        aggregation="Total" if drops else "Maximum",
        above=cache.alerts.evictions * FIVE_MINUTES if drops else cache.alerts.memory_percent,
        meaning=f"Cache {name} has too little memory for its keys: raise memoryMb.",
    )
    yield Watched(
        name=f"{name}-load",
        source=cache.source,
        scope=scope,
        metric="percentProcessorTime",
        entity=None,
        aggregation="Average",
        above=cache.alerts.load_percent or ENGINE_LOAD,
        meaning=f"The server of cache {name} has no time left, and requests wait: look for slow commands.",
    )


def _criteria(each: Watched) -> monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs:
    entity = monitor.MetricDimensionArgs(name="EntityName", operator="Include", values=[each.entity or ""])
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name="above",
                metric_name=each.metric,
                operator="GreaterThan",
                threshold=each.above,
                time_aggregation=each.aggregation,
                dimensions=[entity] if each.entity else None,
            )
        ],
    )
