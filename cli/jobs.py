"""A Job started and followed by a command: its log on stdout, all else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from live.cluster import jobs
from live.cluster.api import Api
from live.cluster.following import Ended, Follower
from live.failure import CloudFailure

INTERRUPTED = 130
STARTING = 120
"""Seconds beyond a Job's own deadline, within which the cluster notes that it is over."""


def carry_out(api: Api, job: Mapping[str, Any], timeout: float | None) -> Ended:
    """Raises CloudFailure. When it is interrupted, the Job goes on and the command ends."""
    name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
    look = f"look with `kubectl -n {namespace} logs -f job/{name} --all-containers`"
    limit = timeout or job["spec"]["activeDeadlineSeconds"] + STARTING
    try:
        jobs.start(api, job)
        note(f"started Job {namespace}/{name}")
        return _followed(api, job, limit, look)
    except KeyboardInterrupt:
        note(f"interrupted; the Job goes on: {look}")
        sys.exit(INTERRUPTED)


def _followed(api: Api, job: Mapping[str, Any], limit: float, look: str) -> Ended:
    try:
        return Follower(api, job, _say, note).end(limit)
    except CloudFailure as failure:
        raise CloudFailure(f"{failure}; the Job may go on: {look}") from None


def document(job: Mapping[str, Any]) -> str:
    """As YAML, for `kubectl create -f`."""
    return yaml.safe_dump(job, sort_keys=False, allow_unicode=True, width=120)


def told(line: str) -> dict[str, Any]:
    """The entries of a line of a log; none of one that tells no step."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "step" in found else {}


def steps(ended: Ended) -> list[dict[str, Any]]:
    """What its log told, in order."""
    return [step for step in map(told, ended.lines) if step]


def failure(ended: Ended, meanings: Mapping[int, str]) -> str:
    """At which step, and what its exit status means; the Job's own reason where no container ended badly."""
    step = next((each["step"] for each in reversed(steps(ended)) if each.get("status") == "failed"), None)
    reason = ended.reason
    if ended.status is not None:
        reason = f"{meanings.get(ended.status, ended.reason)} (exit status {ended.status})"
    return f"failed at step {step}: {reason}" if step else f"failed: {reason}"


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _say(line: str) -> None:
    """For people on a terminal, as it is elsewhere."""
    print(readable(line) if sys.stdout.isatty() else line, flush=True)


def readable(line: str) -> str:
    """A step in columns; what is none as it is."""
    step = told(line)
    if not step:
        return line
    took = f"{step['seconds']:>5g} s" if "seconds" in step else ""
    return f"{step['step']:<14} {step.get('status', ''):<8} {took:<8} {step.get('detail', '')}".rstrip()
