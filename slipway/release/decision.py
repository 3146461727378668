"""What the core wants done. Traffic, workers and schedules need no action: the edge keeps them as the status says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal as OneOf

from slipway.release.status import Status


@dataclass(frozen=True, kw_only=True)
class RunTask:
    """Start a task unless it runs. Its result comes with a later look; after a crash it is started again."""

    name: str
    """As in `Result.name`; `smoke` runs all checks in their order, and gives a result for each."""


@dataclass(frozen=True, kw_only=True)
class Announce:
    """Send a message. The status that has `key` in `announced` is written before."""

    key: str
    """Unique in the release, as `start/0`, `step/1/2`, `rolled-back/3`, `reviews`: the moment, then the index."""
    when: OneOf["before", "start", "step", "done", "rolled-back", "hotfix", "asked", "reviews"]
    index: int
    """Index in `spec.announcements`; -1 for messages that are not declared there."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A Kubernetes Event on the Release."""

    reason: str
    """CamelCase."""
    message: str
    warning: bool = False


Action = RunTask | Announce | Event


@dataclass(frozen=True, kw_only=True)
class Decision:
    status: Status
    """To write before the actions are carried out."""
    actions: tuple[Action, ...] = ()
    look_after: timedelta = timedelta(seconds=1)
    """When to look again at the latest."""
