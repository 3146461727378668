"""What the autoscalers of a system look at, and the rules on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from slipway.settings.fields import seconds
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.problems import nearest
from slipway.settings.references import FromCloudQueue, FromQueue
from slipway.settings.services import Service
from slipway.settings.system import System
from slipway.settings.triggers import CronTrigger, QueueTrigger, Trigger


def triggers(system: System) -> Iterator[tuple[Path, Service, Trigger]]:
    """Yield every trigger with its path and its service."""
    for name, service in system.services.items():
        for index, trigger in enumerate(service.replicas.triggers):
            yield ("services", name, "replicas", "triggers", index), service, trigger


def cloud_queues(system: System) -> list[str]:
    """Return the queues of the cloud that triggers look at, without duplicates."""
    named = [each.queue for _, _, each in triggers(system) if isinstance(each, QueueTrigger)]
    return [name for name in dict.fromkeys(named) if name in system.queues]


def reads_broker(system: System) -> bool:
    """Return whether triggers look at queues of the system's broker."""
    named = [each.queue for _, _, each in triggers(system) if isinstance(each, QueueTrigger)]
    return any(name not in system.queues for name in named)


def findings(system: System) -> Found:
    """Yield what an autoscaler could not do."""
    for name, service in system.services.items():
        yield from _bounds(("services", name, "replicas"), service)
    for path, service, trigger in triggers(system):
        if isinstance(trigger, QueueTrigger):
            yield from _queue(path, system, service, trigger)
        elif isinstance(trigger, CronTrigger):
            yield from _hours(path, service, trigger)


def _bounds(path: Path, service: Service) -> Found:
    replicas, zero = service.replicas, (*path, "minimum")
    if not replicas.triggers:
        for key, field in (("pollingInterval", "polling_interval"), ("cooldownPeriod", "cooldown_period")):
            if field in replicas.model_fields_set:
                yield Finding((*path, key), "is for 'triggers', of which there are none: set them, or remove it")
    for key, value in (("pollingInterval", replicas.polling_interval), ("cooldownPeriod", replicas.cooldown_period)):
        if seconds(value) % 1:
            yield Finding((*path, key), "is not in whole seconds, for example 30s")
    if replicas.minimum > 0 or replicas.fixed is not None:
        return
    if service.exposed:
        rule = "leaves nobody to answer visitors and callers, and no request starts a replica: set 1 or more"
        yield Finding(zero, rule, (path[:-1],))
    elif not replicas.triggers:
        rule = "has nothing that would start the first replica: set 'triggers', for example [{queue: orders, threshold: 20}]"
        yield Finding(zero, rule)
    elif not service.live_only:
        rule = "would let a candidate without visitors start for messages of the live version: set 'liveOnly: true'"
        yield Finding(zero, rule, ((*path[:-1], "liveOnly"),))


def _queue(path: Path, system: System, service: Service, trigger: QueueTrigger) -> Found:
    broker: Mapping[str, object] = system.queue.queues if system.queue is not None else {}
    where, name = (*path, "queue"), trigger.queue
    if name in system.queues and name in broker:
        rule = "is the name of a queue of the cloud and of one of the broker: rename one of them"
        yield Finding(where, rule, (("queues", name), ("queue", "queues", name)))
        return
    if name not in system.queues and name not in broker:
        known = [*system.queues, *broker]
        rule = f"is not declared in queues, nor in queue.queues{nearest(name, known)}"
        yield Finding(where, rule)
        return
    uses = list(system.uses(service))
    if name in broker:
        received = any(isinstance(each, FromQueue) for each in uses)
        example = "{queue: url}"
    else:
        received = any(
            isinstance(each, FromCloudQueue) and each.queue == name and "receive" in each.may for each in uses
        )
        example = f"{{queue: {name}, may: [receive]}}"
    if not received:
        rule = f"is a queue that the service does not receive from: refer to it in a variable, for example {example}"
        yield Finding(where, rule)


def _hours(path: Path, service: Service, trigger: CronTrigger) -> Found:
    replicas = service.replicas
    if trigger.start == trigger.end:
        yield Finding((*path, "end"), "is when the hours start: set another time", ((*path, "start"),))
    if replicas.fixed is None and not replicas.minimum < trigger.desired_replicas <= replicas.maximum:
        rule = f"is not above the minimum, {replicas.minimum}, and at most the maximum, {replicas.maximum}"
        yield Finding((*path, "desiredReplicas"), rule, (path[:-2],))
