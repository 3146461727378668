"""Jobs that a command starts beside those of the plan, each made from what the cluster has."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from live.cluster import marks
from live.cluster.api import Api, Document, Unreached
from live.failure import CloudFailure
from settings.store_names import shortened

JOBS = "/apis/batch/v1/namespaces/{namespace}/jobs"
CRON_JOBS = "/apis/batch/v1/namespaces/{namespace}/cronjobs"
OWN = "slipway.dev/"
FILLED_IN = frozenset({"controller-uid", "job-name"})
"""Labels that the API server gives each Job and its pods, with or without the prefix `batch.kubernetes.io/`."""
KEPT_SECONDS = 7 * 86400
"""No plan knows these Jobs, so nobody else deletes them."""
LONGEST_NAME = 63


class Unfit(CloudFailure):
    """A Job cannot do what is asked. Nothing was changed."""


def from_job(found: Mapping[str, Any], name: str, labels: Mapping[str, str], **variables: str) -> Document:
    """The same Job once more, with `labels` of its own and other values of variables; its pods are labelled alike."""
    return _job({**found["metadata"], "labels": labels}, found["spec"], name, variables)


def from_cron_job(found: Mapping[str, Any], name: str, **variables: str) -> Document:
    """What the CronJob would start when it is due, with other values of variables."""
    template, metadata = found["spec"]["jobTemplate"], found["metadata"]
    labels = template.get("metadata", {}).get("labels", {})
    return _job({**metadata, "labels": labels}, template["spec"], name, variables)


def stamped(stem: str, now: datetime) -> str:
    """A name of its own for each second."""
    stamp = f"{now:%Y%m%d%H%M%S}"
    return f"{shortened(stem, LONGEST_NAME - len(stamp) - 1)}-{stamp}"


def start(api: Api, job: Mapping[str, Any]) -> None:
    """Makes the Job. Raises CloudFailure."""
    where = job["metadata"]
    try:
        api.create(JOBS.format(namespace=where["namespace"]), job)
    except Unreached as failure:
        look = f"kubectl -n {where['namespace']} get job/{where['name']}"
        raise Unreached(f"kubernetes: {failure}; look whether the Job was made all the same: {look}") from None


def _job(metadata: Mapping[str, Any], spec: Mapping[str, Any], name: str, variables: Mapping[str, str]) -> Document:
    """Without what the API server filled in, so that it does so anew, and without a rehearsal's mark."""
    made = {key: copy.deepcopy(value) for key, value in spec.items() if key not in ("selector", "manualSelector")}
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
        raise Unfit(f"kubernetes: {of} has no variable {variable}, so it cannot be told what to do")
    for each in found:
        each.pop("valueFrom", None)
        each["value"] = value
