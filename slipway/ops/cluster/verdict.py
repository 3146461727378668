"""The state of an awaited object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class State(Enum):
    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True)
class Verdict:
    state: State
    reason: str = ""

    @property
    def is_ready(self) -> bool:
        return self.state is State.READY


READY = Verdict(State.READY)


def waiting(reason: str) -> Verdict:
    return Verdict(State.WAITING, reason)


def failed(reason: str) -> Verdict:
    return Verdict(State.FAILED, reason)


def conditions(live: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Return the conditions of an object's status by their type."""
    return {entry["type"]: entry for entry in live.get("status", {}).get("conditions") or ()}


def is_stale(seen: object, live: Mapping[str, Any]) -> bool:
    """Return whether a status describes an earlier generation; one that names no generation is trusted."""
    return isinstance(seen, int) and seen < live.get("metadata", {}).get("generation", 0)


def condition_message(condition: Mapping[str, str]) -> str:
    """Return the message of a condition, or else its reason."""
    return condition.get("message") or condition.get("reason") or "no reason given"
