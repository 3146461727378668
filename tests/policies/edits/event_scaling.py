"""Edits of KEDA's autoscalers: none for what a Service leads to, no fallback, servers elsewhere without TLS or a login."""

from __future__ import annotations

from typing import Any

from tests.policies.edits.program import GUARD, LABELS, WORKER, an_object, metadata
from tests.policies.swift import Addition

LIVE_ONLY = metadata(annotations={"slipway.dev/live-only": "true"})
FALLBACK = {"failureThreshold": 3, "replicas": 1}
QUEUE = {"type": "aws-sqs-queue", "metadata": {"queueLength": "5"}}
SERVICE = an_object("core/v1:Service", {"selector": LABELS, "ports": [{"port": 80}]})


def keda(**spec: Any) -> Addition:
    return an_object(
        "keda.sh/v1alpha1:ScaledObject",
        {"scaleTargetRef": {"name": "new"}, "maxReplicaCount": 4, "fallback": FALLBACK, "triggers": [QUEUE], **spec},
        metadata=LIVE_ONLY,
    )


LOGIN = {"authenticationRef": {"name": "new"}}


def asking(kind: str, login: dict[str, Any] | None = None, **metadata: str) -> Addition:
    """What asks a server."""
    return keda(minReplicaCount=1, triggers=[{"type": kind, "metadata": metadata, **(login or {})}])


CAUGHT = {
    "scale-to-zero": {
        "prod": [
            (WORKER, GUARD, SERVICE, keda(minReplicaCount=0)),
            (WORKER, GUARD, SERVICE, keda()),
            (WORKER, GUARD, SERVICE, keda(minReplicaCount=2, idleReplicaCount=0)),
        ]
    },
    "scaling-fallback": {
        "prod": [
            (WORKER, GUARD, keda(fallback=None)),
            (WORKER, GUARD, keda(fallback={"failureThreshold": 3, "replicas": 0})),
            (WORKER, GUARD, keda(fallback={"failureThreshold": 3, "replicas": "1"})),
        ]
    },
    "scaling-servers": {
        "prod": [
            (WORKER, GUARD, asking("prometheus", serverAddress="http://prometheus.example.com")),
            (WORKER, GUARD, asking("prometheus", serverAddress="https://prometheus.monitoring.svc", unsafeSsl="true")),
            (WORKER, GUARD, asking("rabbitmq", LOGIN, host="amqp://queue.example.com:5672")),
            (WORKER, GUARD, asking("redis", address="cache.example.com:6379", enableTLS="true")),
        ]
    },
    "plain-secrets": {
        "prod": [(WORKER, GUARD, asking("redis", address="redis.fleet.svc:6379", password="hunter2-of-fleet"))]
    },
}
FINE = {
    "prod": [
        (WORKER, GUARD, keda(minReplicaCount=0)),
        (WORKER, GUARD, SERVICE, keda(minReplicaCount=1)),
        (WORKER, GUARD, asking("prometheus", serverAddress="http://prometheus.monitoring.svc:9090")),
        (WORKER, GUARD, asking("rabbitmq", LOGIN, host="amqps://queue.example.com")),
        (WORKER, GUARD, keda(fallback=None, triggers=[{"type": "cpu", "metadata": {"value": "70"}}])),
    ]
}
