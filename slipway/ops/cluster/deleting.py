"""Waits for a deletion, and reports what blocks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from slipway.ops.cluster.api import Api
from slipway.ops.cluster.verdict import condition_message, conditions

POLL = 0.5
"""Seconds between two checks. Chosen: most objects are gone within one."""
QUIET = 10.0
"""Seconds after which the reason of a pending deletion is reported. Chosen: most deletions are done by then."""
ORDINARY = {"foregroundDeletion": "its dependents, which are deleted first", "kubernetes": "its contents"}


def wait_gone(api: Api, path: str, uid: str, *, timeout: float, report: Callable[[str], None]) -> str:
    """Wait until the object with this uid is gone. Return what still blocks it after the timeout, else nothing."""
    began, reported = time.monotonic(), ""
    while (now := api.get(path)) is not None and now["metadata"]["uid"] == uid:
        waited, held = time.monotonic() - began, held_by(now)
        if waited > timeout:
            return held
        if waited > QUIET and held != reported:
            reported = held
            report(f"is still being deleted, held by {held}")
        api.pause(POLL)
    return ""


def held_by(live: Mapping[str, Any]) -> str:
    """Return the names of finalizers, and the conditions of a namespace."""
    names = [*(live["metadata"].get("finalizers") or ()), *(live.get("spec", {}).get("finalizers") or ())]
    remaining = [
        condition_message(each)
        for type_, each in conditions(live).items()
        if type_ in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining") and each.get("status") == "True"
    ]
    held = [ORDINARY.get(name, f"finalizer {name}") for name in names]
    return "; ".join([*remaining] or held) or "an unknown cause"
