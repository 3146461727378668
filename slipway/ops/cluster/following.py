"""Follows a Job to its end: the lines of its log as they arrive, and its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.ops.cluster import pod_problems
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.jobs import JOBS
from slipway.ops.cluster.readiness import readiness
from slipway.ops.cluster.verdict import State
from slipway.ops.failure import CloudFailure

PODS = "/api/v1/namespaces/{namespace}/pods"
JOB = Kind("batch/v1", "Job")
PAUSE = 1.0
"""Seconds between two reads of a log. Chosen: whole logs are read, which survives broken connections."""

Report = Callable[[str], None]


class Unended(CloudFailure):
    """The end of the Job was not observed."""


@dataclass(frozen=True)
class Ended:
    """The outcome of a Job: its log and, after a failure, its own reason and the exit status of its container."""

    succeeded: bool
    lines: Sequence[str]
    reason: str = ""
    status: int | None = None


class Follower:
    """Follows one Job. `report` takes each line of its log once, `note` the reasons why its pods do not run."""

    def __init__(self, api: Api, job: Mapping[str, Any], report: Report, note: Report) -> None:
        self._api, self._report, self._note = api, report, note
        self._namespace, self._name = job["metadata"]["namespace"], job["metadata"]["name"]
        self._shown: dict[tuple[str, str], int] = {}
        self._lines: list[str] = []
        self._trouble = ""

    def end(self, timeout: float) -> Ended:
        """Wait for at most `timeout` seconds and return the outcome. Raises CloudFailure."""
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
            self._report_trouble(pod_problems.trouble(found))
            if time.monotonic() >= latest:
                raise Unended(f"kubernetes: Job {self._namespace}/{self._name} has not ended after {timeout:.0f} s")
            self._api.pause(PAUSE)

    def _pods(self) -> list[dict[str, Any]]:
        label = f"batch.kubernetes.io/job-name={self._name}"
        return self._api.items(PODS.format(namespace=self._namespace), labelSelector=label)

    def _read(self, pod: Mapping[str, Any], *, whole: bool) -> None:
        """Read new lines of its log; an incomplete line is left for the next read, unless this is the `whole` log."""
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
                self._report(line)
            self._shown[name, container["name"]] = max(shown, len(lines))

    def _report_trouble(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._note(trouble)
        self._trouble = trouble


def _states(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def _status(found: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the exit status of the first container that failed."""
    ended = (each.get("state", {}).get("terminated") or {} for pod in found for each in _states(pod))
    return next((each["exitCode"] for each in ended if each.get("exitCode")), None)
