"""Short reasons why pods do not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slipway.ops.cluster.verdict import condition_message, conditions

ORDINARY = frozenset({"ContainerCreating", "PodInitializing", "PodCompleted"})
LONGEST = 160
"""Characters of a message that is shown. Chosen: a line of a terminal."""
WITH_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})


def selector_of(workload: Mapping[str, Any]) -> str:
    """Return the selector of its pods, for a list."""
    labels = workload["spec"].get("selector", {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in labels.items())


def trouble(pods: Sequence[Mapping[str, Any]]) -> str:
    """Return the first reason that is not part of a normal start or end; empty if there is none."""
    return next((shortened(reason) for pod in pods for reason in _troubles(pod)), "")


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _troubles(pod: Mapping[str, Any]) -> Iterator[str]:
    status = pod.get("status", {})
    scheduled = conditions(pod).get("PodScheduled", {})
    if scheduled.get("status") == "False":
        yield f"{scheduled.get('reason')}: {condition_message(scheduled)}"
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting = container.get("state", {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in ORDINARY:
            yield waiting["reason"] + (f": {waiting['message']}" if waiting.get("message") else "")
        ended = container.get("state", {}).get("terminated") or {}
        if ended.get("exitCode"):
            yield f"{container['name']} ended with status {ended['exitCode']}"
    ready = conditions(pod).get("Ready", {})
    if status.get("phase") == "Running" and ready.get("status") == "False" and ready.get("reason") not in ORDINARY:
        yield ready.get("reason") or "not ready"
