"""Rules that relate queues, topics and the services that use them."""

from __future__ import annotations

from slipway.settings.fields import seconds
from slipway.settings.finding import Finding, Found, known
from slipway.settings.limits import most
from slipway.settings.references import FromCloudQueue
from slipway.settings.system import System

SHORTEST_RETENTION, SHORTEST_LOCK = 60, 5
"""Seconds. Source: the least that every cloud's queues accept, whose most are in `limits.py`."""
BROKER = "url"
"""The word that stands for the system's own broker in `{queue: url}`."""


def findings(system: System) -> Found:
    """Yield what is wrong with queues and topics, and with references to them."""
    for name, queue in system.queues.items():
        path = ("queues", name)
        if name == BROKER:
            yield Finding(path, "is a reserved name: {queue: url} is the address of the broker; choose another name")
        if (
            not SHORTEST_RETENTION <= seconds(queue.retention) <= most("queue retention")
            or seconds(queue.retention) % 1
        ):
            yield Finding(
                (*path, "retention"), "is not between one minute and 14 days, in whole seconds, for example 4d"
            )
        if not SHORTEST_LOCK <= seconds(queue.lock) <= most("queue lock") or seconds(queue.lock) % 1:
            yield Finding((*path, "lock"), "is not between 5 seconds and 12 hours, in whole seconds, for example 1m")
        elif seconds(queue.lock) >= seconds(queue.retention):
            rule = "is not shorter than the retention, so a message could expire while a service works on it"
            yield Finding((*path, "lock"), rule, ((*path, "retention"),))
        oldest = seconds(queue.alerts.oldest)
        if "oldest" in queue.alerts.model_fields_set and (oldest % 1 or oldest >= seconds(queue.retention)):
            rule = (
                "is not in whole seconds and shorter than the retention: a message is gone before, and nobody is told"
            )
            yield Finding((*path, "alerts", "oldest"), rule, ((*path, "retention"),))
    yield from _topics(system)
    yield from _rights(system)


def _topics(system: System) -> Found:
    for name, topic in system.topics.items():
        path = ("topics", name)
        if name in system.queues:
            yield Finding(path, "is the name of a queue too: choose another name", (("queues", name),))
        for index, queue in enumerate(topic.subscriptions):
            yield from known((*path, "subscriptions", index), "queues", queue, system.queues)
            if queue in system.queues and system.queues[queue].ordered and not topic.ordered:
                rule = f"is an ordered queue, but '{name}' keeps no order: set 'ordered' of the topic"
                yield Finding((*path, "subscriptions", index), rule, (("queues", queue, "ordered"),))


def _rights(system: System) -> Found:
    """Check that a service says what it does with each queue that it names."""
    for name, service in system.services.items():
        used = [each for each in system.uses(service) if isinstance(each, FromCloudQueue)]
        may = {each.queue for each in used if each.may}
        for queue in dict.fromkeys(each.queue for each in used):
            if queue in system.queues and queue not in may:
                rule = (
                    f"names the queue '{queue}', and no variable says what it does with it: write "
                    f"{{queue: {queue}, may: [send]}}, [receive], or both"
                )
                yield Finding(("services", name), rule, (("queues", queue),))
