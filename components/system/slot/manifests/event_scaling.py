"""The ScaledObject of a service: KEDA's autoscaler, which can begin and end with no pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.manifests import names
from components.manifests.scope import Scope
from slipway.settings.fields import seconds
from slipway.settings.services import Replicas

API_VERSION, KIND = "keda.sh/v1alpha1", "ScaledObject"
PAUSED = "autoscaling.keda.sh/paused-replicas"
"""Annotation by which KEDA scales to so many pods and to no others."""
BESIDE = {"validations.keda.sh/hpa-ownership": "false"}
"""Annotation by which KEDA starts beside the autoscaler of before, which Pulumi deletes at the end of the same update."""
PAUSES = "metadata.annotations"
"""Ignored changes where the controller of releases pauses: Pulumi's provider cannot ignore one annotation, whose name has
dots (`handleSSAIgnoreFields`)."""
FAILURES = 3
"""Failed looks at a trigger after which the fallback is in force. Chosen: a minute and a half at the default interval."""


def pausing(*, live_only: bool, released: bool, runs: bool) -> dict[str, str]:
    """Returns the annotations of a service. One of the live slot alone begins paused where the controller of releases, or
    the next update, lets it run."""
    if not live_only:
        return BESIDE
    paused = {PAUSED: "0"} if released or not runs else {}
    return {**BESIDE, names.LIVE_ONLY: "true", **paused}


def spec(name: str, slot: str, replicas: Replicas, triggers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the autoscaler between the declared bounds, on CPU, memory and `triggers`. While a trigger cannot be read
    there are as many pods as there were, and one at least."""
    return {
        "scaleTargetRef": {"name": names.in_slot(name, slot)},
        "minReplicaCount": replicas.minimum,
        "maxReplicaCount": replicas.maximum,
        "pollingInterval": int(seconds(replicas.polling_interval)),
        "cooldownPeriod": int(seconds(replicas.cooldown_period)),
        "fallback": {
            "failureThreshold": FAILURES,
            "replicas": max(replicas.minimum, 1),
            "behavior": "currentReplicasIfHigher",
        },
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}}}},
        "triggers": [
            _utilization("cpu", replicas.cpu_percent),
            _utilization("memory", replicas.memory_percent),
            *({**each} for each in triggers),
        ],
    }


def _utilization(resource: str, percent: int) -> dict[str, Any]:
    return {"type": resource, "metricType": "Utilization", "metadata": {"value": str(percent)}}


def metadata(scope: Scope, name: str, slot: str, source: str, own: Mapping[str, str]) -> Any:
    return scope.metadata(names.in_slot(name, slot), source, service=name, slot=slot, annotations=own)
