"""Jobs that a command starts in addition to those of the plan, derived from objects in the cluster."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from slipway.ops.cluster import marks
from slipway.ops.cluster.api import Api, ApiUnavailable, Document
from slipway.ops.failure import CloudFailure
from slipway.settings.one_off import SLOT, UNDISTURBED, one_off
from slipway.settings.store_names import shortened

JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
CRON_JOBS = "/apis/batch/v1/namespaces/{namespace}/cronjobs"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{namespace}/deployments"
OWN = "slipway.dev/"
FILLED_IN = frozenset({"controller-uid", "job-name"})
"""Labels that the API server gives each Job and its pods, with or without the prefix `batch.kubernetes.io/`."""
SELECTING = ("selector", "manualSelector")
"""Fields of a Job's spec that say which pods are its own; the API server fills them in again."""
KEPT_SECONDS = 7 * 86400
"""Seconds until Kubernetes deletes a finished Job. Chosen: a week, to read its log; no plan contains these Jobs."""
SERVING = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
"""Fields of a container that are about requests and a program that never ends."""
SPREADING = ("topologySpreadConstraints", "terminationGracePeriodSeconds")
"""Fields of a pod that are about others like it, and about requests in progress."""
LONGEST_NAME = 63
"""Characters of a Job name. Source: Kubernetes, Jobs; names of pods and labels have at most 63."""


class Unfit(CloudFailure):
    """A Job cannot do what the command needs. Nothing was changed."""


def from_job(found: Mapping[str, Any], name: str, labels: Mapping[str, str], **variables: str) -> Document:
    """Return a copy of the Job with `labels`, also on its pods, and with other values of variables."""
    return _job({**found["metadata"], "labels": labels}, found["spec"], name, variables)


def from_cron_job(found: Mapping[str, Any], name: str, **variables: str) -> Document:
    """Return the Job that the CronJob would start, with other values of variables."""
    template, metadata = found["spec"]["jobTemplate"], found["metadata"]
    labels = template.get("metadata", {}).get("labels", {})
    return _job({**metadata, "labels": labels}, template["spec"], name, variables)


def from_deployment(found: Mapping[str, Any], name: str, command: Sequence[str], deadline: int) -> Document:
    """Return a Job that runs `command` once in a pod like those of the Deployment: image, variables, files, account,
    `init` and sidecars are the same, and so are its permissions by the labels of one-off pods. It is not tried again,
    because a command that failed half-way is not always safe to repeat."""
    template = copy.deepcopy(found["spec"]["template"])
    labels = _own(template["metadata"]["labels"])
    labels[SLOT] = one_off(labels[SLOT])
    pod = {key: value for key, value in template["spec"].items() if key not in SPREADING}
    (container,) = pod["containers"]
    program = {key: value for key, value in container.items() if key not in SERVING}
    pod |= {"restartPolicy": "Never", "containers": [program]}
    spec = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": deadline,
        "podFailurePolicy": {
            "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
        },
        "template": {"metadata": {"labels": labels, "annotations": UNDISTURBED}, "spec": pod},
    }
    return with_command(_job({**found["metadata"], "labels": labels}, spec, name, {}), command)


def owned_by(cron_job: Mapping[str, Any], job: Document) -> Document:
    """Return the Job as one of its CronJob's, which then records its success as that of a run by schedule."""
    metadata = cron_job["metadata"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    return {**job, "metadata": {**job["metadata"], "ownerReferences": [owner]}}


def declared_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a Job's pods without those that the API server fills in."""
    return {key: value for key, value in labels.items() if key.removeprefix("batch.kubernetes.io/") not in FILLED_IN}


def with_command(job: Document, command: Sequence[str]) -> Document:
    """Return the Job with another command in its container."""
    made = copy.deepcopy(job)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    container["command"] = list(command)
    container.pop("args", None)
    return made


def with_script(job: Document, scripts: Mapping[str, str], **variables: str) -> Document:
    """Return the Job with another script in each of its containers, by their names, and with more variables."""
    made = copy.deepcopy(job)
    pod = made["spec"]["template"]["spec"]
    for container in [*(pod.get("initContainers") or ()), *pod["containers"]]:
        container["command"] = ["sh", scripts[container["name"]]]
        known = [each for each in container.get("env") or () if each["name"] not in variables]
        container["env"] = [*known, *({"name": name, "value": value} for name, value in variables.items())]
    return made


def stamped(prefix: str, now: datetime) -> str:
    """Return a name that is unique for each second."""
    stamp = f"{now:%Y%m%d%H%M%S}"
    return f"{shortened(prefix, LONGEST_NAME - len(stamp) - 1)}-{stamp}"


def start(api: Api, job: Mapping[str, Any]) -> None:
    """Create the Job. Raises CloudFailure."""
    where = job["metadata"]
    try:
        api.create(JOBS.format(namespace=where["namespace"]), job)
    except ApiUnavailable as failure:
        check = f"kubectl -n {where['namespace']} get job/{where['name']}"
        raise ApiUnavailable(f"kubernetes: {failure}; check whether the Job was created anyway: {check}") from None


def _job(metadata: Mapping[str, Any], spec: Mapping[str, Any], name: str, variables: Mapping[str, str]) -> Document:
    """Return the Job without the fields that the API server fills in again, and without a rehearsal's mark."""
    made = {key: copy.deepcopy(value) for key, value in spec.items() if key not in SELECTING}
    template = made["template"]
    template["metadata"] = {
        key: _own(value) for key, value in template["metadata"].items() if key in ("labels", "annotations")
    }
    for variable, value in variables.items():
        _set(template["spec"], variable, value, of=metadata["name"])
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key.startswith(OWN)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": _own(metadata["labels"]),
            "annotations": _own(annotations),
        },
        "spec": {**made, "ttlSecondsAfterFinished": KEPT_SECONDS},
    }


def _own(entries: Mapping[str, str]) -> dict[str, str]:
    strange = (marks.LABEL, marks.ANNOTATION)
    return {
        key: value
        for key, value in entries.items()
        if key.removeprefix("batch.kubernetes.io/") not in FILLED_IN and key not in strange
    }


def _set(pod: Mapping[str, Any], variable: str, value: str, *, of: str) -> None:
    containers = [*(pod.get("initContainers") or ()), *pod["containers"]]
    found = [each for container in containers for each in container.get("env") or () if each["name"] == variable]
    if not found:
        raise Unfit(f"kubernetes: {of} has no variable {variable}, so it cannot be configured")
    for each in found:
        each.pop("valueFrom", None)
        each["value"] = value
