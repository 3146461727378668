"""What is said of an object that is waited for."""

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
    """The conditions of an object's status by their type."""
    return {entry["type"]: entry for entry in live.get("status", {}).get("conditions") or ()}


def said(condition: Mapping[str, str]) -> str:
    """Why a condition is as it is: its message, or else its reason."""
    return condition.get("message") or condition.get("reason") or "no reason given"
