"""Why pods do not run, in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from live.cluster.verdict import conditions, said

ORDINARY = frozenset({"ContainerCreating", "PodInitializing", "PodCompleted"})
LONGEST = 160


def trouble(pods: Sequence[Mapping[str, Any]]) -> str:
    """The first reason that is no part of an ordinary start or end; empty without one."""
    return next((shortened(reason) for pod in pods for reason in _troubles(pod)), "")


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def _troubles(pod: Mapping[str, Any]) -> Iterator[str]:
    status = pod.get("status", {})
    scheduled = conditions(pod).get("PodScheduled", {})
    if scheduled.get("status") == "False":
        yield f"{scheduled.get('reason')}: {said(scheduled)}"
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
