"""Consumers of queues and schedules, which run in the live slot only; and whether the pods of a slot are well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from slipway.ops.cluster.api import Api, Document
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.jobs import CRON_JOBS, DEPLOYMENTS
from slipway.ops.cluster.readiness import readiness
from slipway.release.controller.in_cluster import SCALED_OBJECTS
from slipway.release.controller.log import log
from slipway.release.controller.release import Release
from slipway.release.objects import SLOTS, SlotName, Workload
from slipway.release.status import Status

DEPLOYMENT = Kind("apps/v1", "Deployment")
PAUSED = "autoscaling.keda.sh/paused-replicas"
"""Annotation by which KEDA scales to so many pods and to no others."""
AGAIN = 2
"""Restarts after which a pod that ended with an error crashes again and again. Chosen: one may be an accident."""
RECENT = timedelta(minutes=5)
"""Age of a crash that still counts. Source: the kubelet waits at most five minutes before a restart."""


def apply(api: Api, release: Release, status: Status) -> None:
    """Scale and suspend what differs from the status. Raises CloudFailure."""
    if not release.spec.workloads:
        return
    deployments = _by_name(api.items(DEPLOYMENTS.format(namespace=release.namespace)))
    schedules = _by_name(api.items(CRON_JOBS.format(namespace=release.namespace)))
    scaled = _scaled_objects(api, release)
    for workload in release.spec.workloads:
        if workload.kind == "CronJob":
            _apply_schedule(api, release, status, {slot: schedules.get(name) for slot, name in workload.names.items()})
            continue
        for slot, name in workload.names.items():
            if workload.kind == "ScaledObject":
                if name in scaled:
                    _pause(api, release, scaled[name], slot != status.live)
            elif name in deployments:
                _scale(api, release, deployments[name], workload.replicas if slot == status.live else 0)


def _scaled_objects(api: Api, release: Release) -> dict[str, Document]:
    """Return KEDA's autoscalers by name; a cluster without KEDA does not know the kind."""
    if not any(each.kind == "ScaledObject" for each in release.spec.workloads):
        return {}
    return _by_name(api.items(SCALED_OBJECTS.format(namespace=release.namespace)))


def _apply_schedule(api: Api, release: Release, status: Status, found: Mapping[SlotName, Document | None]) -> None:
    """Suspend a schedule where it is not live, and everywhere while the system is closed. In the live slot it begins once
    the others were seen suspended, and their last run has ended, so that two versions never run at once."""
    there = {slot: each for slot, each in found.items() if each is not None}
    live = None if status.closed else status.live
    others = [each for slot, each in there.items() if slot != live]
    busy = any(map(_is_busy, others))
    for each in others:
        _suspend(api, release, each, True)
    if live in there and not busy:
        _suspend(api, release, there[live], False)


def are_quiet(api: Api, release: Release) -> bool:
    """Return whether all schedules are suspended, and no run of theirs is in progress. Raises CloudFailure."""
    names = {name for each in release.spec.workloads if each.kind == "CronJob" for name in each.names.values()}
    if not names:
        return True
    found = [
        each for each in api.items(CRON_JOBS.format(namespace=release.namespace)) if each["metadata"]["name"] in names
    ]
    return not any(map(_is_busy, found))


def _is_busy(schedule: Document) -> bool:
    return not schedule["spec"].get("suspend", False) or bool(schedule.get("status", {}).get("active"))


def is_ready(deployments: Mapping[str, Document], names: Sequence[str]) -> bool:
    """Return whether all Deployments of these names are available at their declared size."""
    return all(name in deployments and readiness(DEPLOYMENT, deployments[name]).is_ready for name in names)


def ready(release: Release, deployments: Mapping[str, Document]) -> dict[SlotName, bool]:
    """Return whether each slot is ready."""
    return {slot: is_ready(deployments, names) for slot, names in release.spec.deployments.items()}


def crashing(
    release: Release, deployments: Mapping[str, Document], pods: Sequence[Document], now: datetime
) -> dict[SlotName, str]:
    """Return one pod of each slot that crashes again and again, with its reason."""
    found: dict[SlotName, str] = {}
    for slot in SLOTS:
        names = [*release.spec.deployments.get(slot, ()), *_consumers(release.spec.workloads, slot)]
        own = (pod for name in names if name in deployments for pod in pods if _selects(deployments[name], pod))
        reason = next((reason for pod in own for reason in _crashes(pod, now)), None)
        if reason is not None:
            found[slot] = reason
    return found


def _consumers(workloads: Sequence[Workload], slot: SlotName) -> Iterator[str]:
    for each in workloads:
        if each.kind != "CronJob" and slot in each.names:
            yield each.names[slot]


def _crashes(pod: Document, now: datetime) -> Iterator[str]:
    status = pod.get("status", {})
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        name = f"{pod['metadata']['name']}/{container['name']}"
        restarts = container.get("restartCount", 0)
        ended = (container.get("lastState") or {}).get("terminated") or {}
        how = f"ended with status {ended['exitCode']}, {restarts} restarts" if ended.get("exitCode") else "restarts"
        if ((container.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff":
            yield f"{name}: CrashLoopBackOff ({how})"
        elif restarts >= AGAIN and ended.get("exitCode") and _is_recent(ended.get("finishedAt"), now):
            yield f"{name}: {how}"


def _is_recent(stamp: str | None, now: datetime) -> bool:
    return stamp is not None and now - datetime.fromisoformat(stamp) < RECENT


def _selects(deployment: Document, pod: Document) -> bool:
    wanted = deployment["spec"]["selector"].get("matchLabels") or {}
    labels = pod["metadata"].get("labels") or {}
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())


def _scale(api: Api, release: Release, found: Document, replicas: int) -> None:
    if found["spec"].get("replicas", 1) == replicas:
        return
    name = found["metadata"]["name"]
    api.merge(f"{DEPLOYMENTS.format(namespace=release.namespace)}/{name}/scale", {"spec": {"replicas": replicas}})
    log("Deployment scaled", system=release.spec.system, deployment=name, replicas=replicas)


def _pause(api: Api, release: Release, found: Document, paused: bool) -> None:
    """Let KEDA scale to no pod and leave it at that, or let it scale."""
    annotations = found["metadata"].get("annotations") or {}
    if annotations.get(PAUSED) == ("0" if paused else None):
        return
    name = found["metadata"]["name"]
    path = f"{SCALED_OBJECTS.format(namespace=release.namespace)}/{name}"
    api.merge(path, {"metadata": {"annotations": {PAUSED: "0" if paused else None}}})
    log("ScaledObject written", system=release.spec.system, scaled_object=name, paused=paused)


def _suspend(api: Api, release: Release, found: Document, suspended: bool) -> None:
    if found["spec"].get("suspend", False) == suspended:
        return
    name = found["metadata"]["name"]
    api.merge(f"{CRON_JOBS.format(namespace=release.namespace)}/{name}", {"spec": {"suspend": suspended}})
    log("CronJob written", system=release.spec.system, cron_job=name, suspended=suspended)


def _by_name(found: Sequence[Document]) -> dict[str, Document]:
    return {each["metadata"]["name"]: each for each in found}
