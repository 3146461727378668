"""What an autoscaler looks at besides CPU and memory: KEDA's triggers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from slipway.settings.fields import Between, Copies, Count, CronExpression, Name, Positive, TimeZone, Variable
from slipway.settings.setting import Choice, Setting

Threshold = Annotated[float, Between("a threshold above 0", 100.0, 0.001, 1e12)]
Activation = Annotated[float, Between("a threshold", 5.0, 0.0, 1e12)]


class QueueTrigger(Setting):
    """Messages that wait in a queue."""

    queue: Name
    """A key of the system's `queues`, or of the `queues` of its broker, `queue`. The service must receive from it."""
    threshold: Positive
    """Messages for each replica: 20 of them with a threshold of 5 ask for four. Without a default, because it follows from how
    long a message takes and may wait."""
    activation_threshold: Count = 0
    """Messages above which the first replica starts where the minimum is 0. By default 0: one message starts it."""


class MetricTrigger(Setting):
    """A metric of the system in Prometheus, such as jobs that wait in a table: the sum of its series."""

    metric: Variable
    """A gauge that a service exports and Prometheus scrapes. Not one of the service itself where its minimum is 0, because
    without a replica nobody would export it."""
    threshold: Threshold
    """The sum for each replica. Without a default, because it follows from what the metric counts."""
    activation_threshold: Activation = 0.0
    """The sum above which the first replica starts where the minimum is 0. 0 by default."""


class CronTrigger(Setting):
    """Hours, such as those of an office, in which there are more replicas than the minimum."""

    start: CronExpression
    """When they begin: minute, hour, day of the month, month and day of the week, as in cron."""
    end: CronExpression
    """When they end; another time than `start`."""
    time_zone: TimeZone = "Etc/UTC"
    """Time zone of both; UTC by default, whose clock never changes."""
    desired_replicas: Copies
    """Replicas in between, above the minimum and at most the maximum. Without a default, because only the owner knows the
    load of those hours."""


_KINDS: dict[str, type[Setting]] = {"queue": QueueTrigger, "metric": MetricTrigger, "start": CronTrigger}


def _kind_of_trigger(value: dict[str, Any]) -> type[Setting]:
    named = [key for key in _KINDS if key in value]
    if len(named) != 1:
        raise ValueError("must name one of queue, metric, start: what the number of replicas follows")
    return _KINDS[named[0]]


def _no_trigger(_: Any) -> Any:
    raise ValueError("is not a mapping such as {queue: orders, threshold: 20}")


Trigger = Annotated[
    QueueTrigger | MetricTrigger | CronTrigger,
    Choice(_kind_of_trigger, _no_trigger),
    Field(examples=[{"queue": "orders", "threshold": 20}]),
]
"""`{queue: orders, threshold: 20}`, `{metric: jobs_waiting, threshold: 100}`, or `{start: 0 8 * * 1-5, end: 0 18 * * 1-5,
desiredReplicas: 4}`."""
