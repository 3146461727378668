"""Queues and topics that the system's cloud runs."""

from __future__ import annotations

from typing import Annotated
from typing import Literal as OneOf

from pydantic import AfterValidator, Field

from slipway.settings.fields import Between, Duration, Name, Positive, distinct
from slipway.settings.setting import OVERRIDABLE, Setting

QueueRight = OneOf["send", "receive"]
"""What a service does with a queue. Who receives a message also deletes it, or takes more time for it."""
Messages = Annotated[int, Between("a number of messages", 5, 0, 1_000_000_000)]
DeliveryLimit = Annotated[int, Between("a number of deliveries", 10, 1, 1000)]


class QueueAlerts(Setting):
    """When the cloud raises an alarm about a queue."""

    oldest: Duration = Field(default="10m", json_schema_extra=OVERRIDABLE)
    """How long the oldest message may wait, on clouds that tell its age: SQS. Ten minutes by default, as for queues of
    RabbitMQ; longer for work of the night."""
    waiting: Positive = Field(default=1000, json_schema_extra=OVERRIDABLE)
    """How many messages may wait on average. 1000 by default where the cloud tells no age, Service Bus, as for queues of
    RabbitMQ; elsewhere only if it is set."""
    dead_letters: Messages = Field(default=0, json_schema_extra=OVERRIDABLE)
    """How many dead letters there may be. None by default, because each is work that nobody did."""


class CloudQueue(Setting):
    """A queue of the cloud, with its own dead-letter queue. A message stays until a service has deleted it."""

    retention: Duration = Field(default="4d", json_schema_extra=OVERRIDABLE)
    """How long a message waits, one minute to 14 days. Four days by default, so that a worker that broke before a long
    weekend loses nothing."""
    lock: Duration = Field(default="1m", json_schema_extra=OVERRIDABLE)
    """How long a received message is hidden from other receivers, 5 seconds to 12 hours; then it is delivered again. One
    minute by default, more than most messages take; a receiver may ask for more time."""
    delivery_limit: DeliveryLimit = Field(default=10, json_schema_extra=OVERRIDABLE)
    """Deliveries of one message before it is dead-lettered. 10 by default, so that a message that always fails does not
    occupy the workers for days."""
    ordered: bool = False
    """Whether messages of one group are received in the order in which they were sent, and a repeated one once. Off by
    default, because senders must then name the group, and one slow message holds up its group."""
    alerts: QueueAlerts = Field(default_factory=QueueAlerts)
    """When the cloud raises an alarm."""


class Topic(Setting):
    """A topic of the cloud: each message is copied into every subscribed queue."""

    subscriptions: Annotated[list[Name], Field(min_length=1), AfterValidator(distinct)]
    """The system's `queues` that get a copy of each message."""
    ordered: bool = False
    """Whether messages of one group keep their order. Off by default; required if a subscribed queue is `ordered`."""
