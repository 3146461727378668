"""Edits of KEDA's autoscalers: none for what a Service leads to, no fallback."""

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
}
FINE = {
    "prod": [
        (WORKER, GUARD, keda(minReplicaCount=0)),
        (WORKER, GUARD, SERVICE, keda(minReplicaCount=1)),
        (WORKER, GUARD, keda(fallback=None, triggers=[{"type": "cpu", "metadata": {"value": "70"}}])),
    ]
}
