"""Jobs of a release that Pulumi creates: its gates, migrations and backups, and their last words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slipway.ops.cluster import jobs
from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.following import JOB
from slipway.ops.cluster.jobs import JOBS
from slipway.ops.cluster.pod_problems import shortened
from slipway.ops.cluster.readiness import readiness
from slipway.ops.cluster.verdict import State
from slipway.release.controller.in_cluster import PODS
from slipway.release.controller.release import Release

GATES = ("admit", "promote")
GATE = "slipway.dev/gate"
"""Label of the gate Jobs; its value is `admit` or `promote`."""


@dataclass(frozen=True)
class JobsSeen:
    """What the Jobs of a release say."""

    asked: Mapping[str, str]
    """Gates whose Job waits, with its uid."""
    passed: Sequence[str]
    """Gates whose Job succeeded."""
    failed: Mapping[str, str]
    """Last words of failed migrations and backups, by the Job's name."""
    finished: Sequence[str]
    """Names of the Jobs of migrations that succeeded."""
    running: Sequence[str]
    """Names of the Jobs of migrations and backups that have not ended."""


def look(api: Api, release: Release) -> JobsSeen:
    """Return what the Jobs of the release say. Raises CloudFailure."""
    found = {each["metadata"]["name"]: each for each in api.items(JOBS.format(namespace=release.namespace))}
    gates = {gate: job for gate in GATES if (job := found.get(f"{gate}-{release.spec.id}")) is not None}
    gates = {gate: job for gate, job in gates.items() if _is_gate(job, gate)}
    waits = {gate: job["metadata"]["uid"] for gate, job in gates.items() if _state(job) is State.WAITING}
    passed = [gate for gate, job in gates.items() if _state(job) is State.READY]
    names = [name for each in release.spec.migrations for name in (each.backup, each.job) if name is not None]
    failed = {name: found[name] for name in names if name in found and _state(found[name]) is State.FAILED}
    finished = [
        each.job for each in release.spec.migrations if each.job in found and _state(found[each.job]) is State.READY
    ]
    running = [name for name in names if name in found and _state(found[name]) is State.WAITING]
    return JobsSeen(waits, passed, {name: last_message(api, job) for name, job in failed.items()}, finished, running)


def ask_again(api: Api, release: Release, gate: str) -> None:
    """Replace a gate's Job that passed by a new one that is the same, as Pulumi replaces one that failed: it asks again. Raises
    CloudFailure."""
    path = f"{JOBS.format(namespace=release.namespace)}/{gate}-{release.spec.id}"
    found = api.get(path)
    if found is None or not _is_gate(found, gate) or _state(found) is not State.READY:
        return
    api.delete(path, found["metadata"]["uid"], at_once=True)
    jobs.start(api, _anew(found))


def _anew(job: Document) -> Document:
    """Return the Job without what the API server and its controllers fill in."""
    metadata, template = job["metadata"], job["spec"]["template"]
    labels = jobs.declared_labels(template["metadata"].get("labels") or {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {key: metadata[key] for key in ("name", "namespace", "labels", "annotations") if key in metadata},
        "spec": {
            **{key: value for key, value in job["spec"].items() if key not in jobs.SELECTING},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        },
    }


def _is_gate(job: Document, gate: str) -> bool:
    metadata = job["metadata"]
    return (metadata.get("labels") or {}).get(GATE) == gate and "deletionTimestamp" not in metadata


def last_message(api: Api, job: Document) -> str:
    """Return the message with which a pod of the Job ended, or else the Job's own reason. Raises CloudFailure."""
    label = f"batch.kubernetes.io/job-name={job['metadata']['name']}"
    found = api.items(PODS.format(namespace=job["metadata"]["namespace"]), labelSelector=label)
    newest = sorted(found, key=lambda each: each["metadata"].get("creationTimestamp") or "", reverse=True)
    for pod in newest:
        status = pod.get("status", {})
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            ended = (container.get("state") or {}).get("terminated") or {}
            if ended.get("exitCode") and ended.get("message"):
                return shortened(ended["message"].strip().splitlines()[-1])
    return shortened(readiness(JOB, job).reason)


def _state(job: Document) -> State:
    return readiness(JOB, job).state
