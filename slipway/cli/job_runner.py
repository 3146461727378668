"""Start and follow a Job: its log goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from slipway.ops.cluster import jobs
from slipway.ops.cluster.api import Api
from slipway.ops.cluster.following import Ended, Follower
from slipway.ops.failure import CloudFailure
from slipway.settings.exit_statuses import INTERRUPTED

STARTING = 120
"""Seconds beyond a Job's deadline until the cluster has recorded its end. Chosen: two syncs of a busy Job controller."""


def carry_out(api: Api, job: Mapping[str, Any], timeout: float | None) -> Ended:
    """Start the Job and follow it. On an interrupt the Job continues and the command ends. Raises CloudFailure."""
    name, namespace = job["metadata"]["name"], job["metadata"]["namespace"]
    look = f"see `kubectl -n {namespace} logs -f job/{name} --all-containers`"
    limit = timeout or job["spec"]["activeDeadlineSeconds"] + STARTING
    try:
        jobs.start(api, job)
        note(f"started Job {namespace}/{name}")
        return _followed(api, job, limit, look)
    except KeyboardInterrupt:
        note(f"interrupted; the Job is still running: {look}")
        sys.exit(INTERRUPTED)


def _followed(api: Api, job: Mapping[str, Any], limit: float, look: str) -> Ended:
    try:
        return Follower(api, job, _print_line, note).end(limit)
    except CloudFailure as failure:
        raise CloudFailure(f"{failure}; the Job may still be running: {look}") from None


def document(job: Mapping[str, Any]) -> str:
    """Return the object as YAML for `kubectl create -f`."""
    return yaml.safe_dump(job, sort_keys=False, allow_unicode=True, width=120)


def parsed(line: str) -> dict[str, Any]:
    """Return the fields of a log line; empty if the line is not a step."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "step" in found else {}


def steps(ended: Ended) -> list[dict[str, Any]]:
    """Return the steps in the log, in order."""
    return [step for step in map(parsed, ended.lines) if step]


def failure(ended: Ended, meanings: Mapping[int, str]) -> str:
    """Return the failed step and the meaning of its exit status, or the Job's own reason if no container failed."""
    step = next((each["step"] for each in reversed(steps(ended)) if each.get("status") == "failed"), None)
    reason = ended.reason
    if ended.status is not None:
        reason = f"{meanings.get(ended.status, ended.reason)} (exit status {ended.status})"
    return f"failed at step {step}: {reason}" if step else f"failed: {reason}"


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_line(line: str) -> None:
    """Print a line, in columns on a terminal and unchanged elsewhere."""
    print(readable(line) if sys.stdout.isatty() else line, flush=True)


def readable(line: str) -> str:
    """Return a step in columns; other lines unchanged."""
    step = parsed(line)
    if not step:
        return line
    took = f"{step['seconds']:>5g} s" if "seconds" in step else ""
    return f"{step['step']:<14} {step.get('status', ''):<8} {took:<8} {step.get('detail', '')}".rstrip()
