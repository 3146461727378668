"""Decides from an object alone whether it is ready, by the rules of Pulumi's Kubernetes provider and of gateways. Other
kinds are ready at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from slipway.ops.cluster import gateways
from slipway.ops.cluster.api_kinds import Kind
from slipway.ops.cluster.verdict import READY, Verdict, condition_message, conditions, failed, waiting

Live = Mapping[str, Any]

DEADLINE = "ProgressDeadlineExceeded"


def readiness(kind: Kind, live: Live) -> Verdict:
    """Return the readiness from the object's own status."""
    rule = RULES.get((kind.group, kind.name))
    if rule is None:
        return READY
    seen = live.get("status", {}).get("observedGeneration")
    if (kind.group, kind.name) in OBSERVED and (seen or 0) < live["metadata"].get("generation", 0):
        return waiting("its controller has not seen it yet")
    return rule(live)


def _deployment(live: Live) -> Verdict:
    spec, status, found = live["spec"], live.get("status", {}), conditions(live)
    if spec.get("paused"):
        return READY
    progressing = found.get("Progressing", {})
    if progressing.get("reason") == DEADLINE:
        return failed(condition_message(progressing))
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    refused = found.get("ReplicaFailure", {})
    if refused.get("status") == "True":
        return waiting(condition_message(refused))
    if updated < wanted:
        return waiting(f"{updated} of {wanted} pods updated")
    if (old := status.get("replicas", 0) - updated) > 0:
        return waiting(f"{old} old pod{'s' if old > 1 else ''} still there")
    return _counted(status.get("availableReplicas", 0), wanted, "available")


def _stateful_set(live: Live) -> Verdict:
    spec, status = live["spec"], live.get("status", {})
    wanted, strategy = spec.get("replicas", 1), spec.get("updateStrategy", {})
    ready = _counted(status.get("readyReplicas", 0), wanted, "ready")
    if strategy.get("type") == "OnDelete" or not ready.is_ready:
        return ready
    partition = strategy.get("rollingUpdate", {}).get("partition", 0)
    updated = status.get("updatedReplicas", 0)
    if status.get("currentRevision") != status.get("updateRevision") and updated < wanted - partition:
        return waiting(f"{updated} of {wanted - partition} pods updated")
    return READY


def _daemon_set(live: Live) -> Verdict:
    status = live.get("status", {})
    wanted = status.get("desiredNumberScheduled", 0)
    updated = _counted(status.get("updatedNumberScheduled", 0), wanted, "updated")
    return _counted(status.get("numberAvailable", 0), wanted, "available") if updated.is_ready else updated


def _job(live: Live) -> Verdict:
    found, status = conditions(live), live.get("status", {})
    if found.get("Failed", {}).get("status") == "True":
        return failed(f"the Job failed: {condition_message(found['Failed'])}")
    if found.get("Complete", {}).get("status") == "True":
        return READY
    running, tries = status.get("active", 0), status.get("failed", 0)
    return waiting(
        "not complete" + (f", {running} running" if running else "") + (f", {tries} failed" if tries else "")
    )


def _pod(live: Live) -> Verdict:
    phase = live.get("status", {}).get("phase", "Pending")
    if phase == "Failed":
        return failed(
            f"the Pod failed: {live['status'].get('message') or live['status'].get('reason') or 'see its log'}"
        )
    ready = conditions(live).get("Ready", {}).get("status") == "True"
    return READY if phase == "Succeeded" or ready else waiting(f"not ready, {phase}")


def _claim(live: Live) -> Verdict:
    phase = live.get("status", {}).get("phase", "Pending")
    if phase == "Lost":
        return failed("its volume is lost")
    return READY if phase == "Bound" else waiting(f"not bound, {phase}")


def _quota(live: Live) -> Verdict:
    wanted = live.get("spec", {}).get("hard", {})
    return READY if live.get("status", {}).get("hard", {}) == wanted else waiting("its limits are not enforced yet")


def _namespace(live: Live) -> Verdict:
    phase = live.get("status", {}).get("phase", "Pending")
    return READY if phase == "Active" else waiting(f"not active, {phase}")


def _definition(live: Live) -> Verdict:
    found = conditions(live)
    names = found.get("NamesAccepted", {})
    if names.get("status") == "False":
        return failed(f"its names are taken: {condition_message(names)}")
    accepted = names.get("status") == "True" and found.get("Established", {}).get("status") == "True"
    return READY if accepted else waiting("not established")


def _counted(number: int, wanted: int, word: str) -> Verdict:
    return READY if number >= wanted else waiting(f"{number} of {wanted} pods {word}")


RULES: Mapping[tuple[str, str], Callable[[Live], Verdict]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ResourceQuota"): _quota,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    **gateways.RULES,
}

OBSERVED = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet")})
"""Kinds whose status names the generation that it describes."""
