"""A Job followed to its end: the lines of its log as they come, and what it ended with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from live.cluster import pods
from live.cluster.api import Api
from live.cluster.jobs import JOBS
from live.cluster.kinds import Kind
from live.cluster.readiness import readiness
from live.cluster.verdict import State
from live.failure import CloudFailure

PODS = "/api/v1/namespaces/{namespace}/pods"
JOB = Kind("batch/v1", "Job")
PAUSE = 1.0
"""Seconds between two looks. A log of few lines is read as a whole, which no broken connection can tear."""

Say = Callable[[str], None]


class Unended(CloudFailure):
    """Nobody saw how the Job ended."""


@dataclass(frozen=True)
class Ended:
    """How a Job ended: its own reason and the exit status of its container when it failed, and its log."""

    succeeded: bool
    lines: Sequence[str]
    reason: str = ""
    status: int | None = None


class Follower:
    """Follows one Job. `say` takes each line of its log once, `note` what keeps its pods from running."""

    def __init__(self, api: Api, job: Mapping[str, Any], say: Say, note: Say) -> None:
        self._api, self._say, self._note = api, say, note
        self._namespace, self._name = job["metadata"]["namespace"], job["metadata"]["name"]
        self._shown: dict[tuple[str, str], int] = {}
        self._lines: list[str] = []
        self._trouble = ""

    def end(self, timeout: float) -> Ended:
        """Waits for `timeout` seconds at most. Raises CloudFailure."""
        latest = time.monotonic() + timeout
        while True:
            live = self._api.get(f"{JOBS.format(namespace=self._namespace)}/{self._name}")
            if live is None:
                raise Unended(f"kubernetes: somebody deleted Job {self._namespace}/{self._name}")
            verdict = readiness(JOB, live)
            found = self._pods()
            for pod in found:
                self._read(pod, whole=verdict.state is not State.WAITING)
            if verdict.state is not State.WAITING:
                return Ended(verdict.is_ready, tuple(self._lines), verdict.reason, _status(found))
            self._tell(pods.trouble(found))
            if time.monotonic() >= latest:
                raise Unended(f"kubernetes: Job {self._namespace}/{self._name} has not ended after {timeout:.0f} s")
            self._api.pause(PAUSE)

    def _pods(self) -> list[dict[str, Any]]:
        label = f"batch.kubernetes.io/job-name={self._name}"
        return self._api.items(PODS.format(namespace=self._namespace), labelSelector=label)

    def _read(self, pod: Mapping[str, Any], *, whole: bool) -> None:
        """What is new in its log; a line that has no end yet waits for it, unless this is the `whole` log."""
        name = pod["metadata"]["name"]
        for container in _states(pod):
            if not container.get("state", {}).keys() & {"running", "terminated"}:
                continue
            path = f"{PODS.format(namespace=self._namespace)}/{name}/log"
            *lines, rest = self._api.text(path, container=container["name"]).split("\n")
            lines += [rest] if whole and rest else []
            shown = self._shown.get((name, container["name"]), 0)
            for line in lines[shown:]:
                self._lines.append(line)
                self._say(line)
            self._shown[name, container["name"]] = max(shown, len(lines))

    def _tell(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._note(trouble)
        self._trouble = trouble


def _states(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _status(found: Sequence[Mapping[str, Any]]) -> int | None:
    """The exit status of the first container that failed."""
    ended = (each.get("state", {}).get("terminated") or {} for pod in found for each in _states(pod))
    return next((each["exitCode"] for each in ended if each.get("exitCode")), None)
