"""A Release in a few words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]
OLD, NEW = "personal-use-v1.0.0", "personal-use-v1.1.0"
ID = "0a1b2c3d4e"


def spec(**changes: Any) -> Document:
    """Of fleet: green shall have all visitors, in two steps."""
    return {
        "id": ID,
        "system": "fleet",
        "stack": "local",
        "target": {"slot": "green", "version": NEW},
        "owner": "fleet",
        "steps": [{"weight": 10, "holdSeconds": 900}, {"weight": 100, "holdSeconds": 1800}],
        "analysis": {"errorPercent": 1.0, "p95Seconds": 0.5},
        **changes,
    }


def status(phase: str, **changes: Any) -> Document:
    """Of the same, with blue active."""
    return {
        "id": ID,
        "version": NEW,
        "observedGeneration": 3,
        "phase": phase,
        "active": "blue",
        "activeVersion": OLD,
        "weights": {"blue": 90, "green": 10},
        "closed": False,
        "since": "2026-11-21T02:00:00Z",
        "started": "2026-11-21T02:00:00Z",
        "history": [entry("02:00:00", "admitted"), entry("02:05:00", "10 % of visitors")],
        **changes,
    }


def stepping(**changes: Any) -> Document:
    return status("Stepping", step=0, **changes)


def entry(time: str, what: str, by: str | None = None) -> Document:
    return {"at": f"2026-11-21T{time}Z", "what": what} | ({"by": by} if by else {})


def obedient(**changes: Any) -> Callable[[Document], None]:
    """A controller that carries a command out at the next look, and says so; `changes` are those of the status."""

    def look(release: Document) -> None:
        command = json.loads(release["metadata"]["annotations"].get("slipway.dev/command", "null"))
        handled = release["status"].setdefault("handled", [])
        if command and command["id"] not in handled:
            handled.append(command["id"])
            release["status"]["history"].append(
                entry("02:10:00", f"{command['verb']}: {command.get('reason')}", command["by"])
            )
            release["status"] |= changes

    return look
