"""The initial content of a broker, as RabbitMQ definitions: virtual host, user, queues and policies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from slipway.settings.databases import Queue, QueueDeclaration


def definitions(queue: Queue, user: str, password: str) -> dict[str, Any]:
    """Returns all definitions. The user has no administrative rights, but all rights in its virtual host: services may
    declare more queues."""
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
    """Returns the definitions without secrets."""
    return {
        "vhosts": [{"name": queue.vhost, "default_queue_type": "quorum"}],
        "policies": [
            policy for name, declared in queue.queues.items() for policy in _policies(queue.vhost, name, declared)
        ],
        "queues": [_queue(queue.vhost, name, declared) for name, declared in queue.queues.items()],
    }


def digest(queue: Queue) -> str:
    """Returns a digest of the definitions."""
    return hashlib.sha256(json.dumps(topology(queue), sort_keys=True).encode()).hexdigest()[:16]


def _queue(vhost: str, name: str, declared: QueueDeclaration) -> dict[str, Any]:
    """Returns a queue: a durable one is a quorum queue, any other is lost with its node."""
    kind = "quorum" if declared.durable else "classic"
    return {
        "vhost": vhost,
        "name": name,
        "durable": declared.durable,
        "auto_delete": False,
        "arguments": {"x-queue-type": kind},
    }


def _policies(vhost: str, name: str, declared: QueueDeclaration) -> list[dict[str, Any]]:
    """Returns policies, which can be changed while a queue contains messages; arguments of a queue cannot."""
    rules: dict[str, Any] = {"delivery-limit": declared.delivery_limit} if declared.durable else {}
    if declared.dead_letter is not None:
        rules |= {"dead-letter-exchange": "", "dead-letter-routing-key": declared.dead_letter}
    if not rules:
        return []
    found = {"pattern": f"^{name}$", "apply-to": "queues", "definition": rules, "priority": 10}
    return [{"vhost": vhost, "name": name, **found}]
