"""What is in a broker from the start, as RabbitMQ's definitions: virtual host, user, queues and policies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from settings.databases import Queue, QueueDeclaration


def definitions(queue: Queue, user: str, password: str) -> dict[str, Any]:
    """Everything. The user has no rights over the broker, and all rights in its virtual host: services may declare more."""
    everything = ".*"
    permission = {
        "user": user,
        "vhost": queue.vhost,
        "configure": everything,
        "write": everything,
        "read": everything,
    }
    login = {"name": user, "password": password, "tags": []}
    return {"users": [login], "permissions": [permission], **topology(queue)}


def topology(queue: Queue) -> dict[str, Any]:
    """What holds no secret."""
    return {
        "vhosts": [{"name": queue.vhost, "default_queue_type": "quorum"}],
        "policies": [
            policy for name, declared in queue.queues.items() for policy in _policies(queue.vhost, name, declared)
        ],
        "queues": [_queue(queue.vhost, name, declared) for name, declared in queue.queues.items()],
    }


def digest(queue: Queue) -> str:
    """Changes with what is declared."""
    return hashlib.sha256(json.dumps(topology(queue), sort_keys=True).encode()).hexdigest()[:16]


def _queue(vhost: str, name: str, declared: QueueDeclaration) -> dict[str, Any]:
    """A durable queue is kept by a quorum of nodes; one that is not is gone with its node."""
    kind = "quorum" if declared.durable else "classic"
    return {
        "vhost": vhost,
        "name": name,
        "durable": declared.durable,
        "auto_delete": False,
        "arguments": {"x-queue-type": kind},
    }


def _policies(vhost: str, name: str, declared: QueueDeclaration) -> list[dict[str, Any]]:
    """A policy can be changed while the queue is full, arguments of a queue cannot."""
    rules: dict[str, Any] = {"delivery-limit": declared.delivery_limit} if declared.durable else {}
    if declared.dead_letter is not None:
        rules |= {"dead-letter-exchange": "", "dead-letter-routing-key": declared.dead_letter}
    if not rules:
        return []
    found = {"pattern": f"^{name}$", "apply-to": "queues", "definition": rules, "priority": 10}
    return [{"vhost": vhost, "name": name, **found}]
