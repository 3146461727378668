"""Pods and containers of each type of workload, and Kubernetes' constraints on their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from framework import Property, Resource

_POD_OF: Mapping[str, tuple[str, ...]] = {
    "kubernetes:apps/v1:Deployment": ("spec", "template", "spec"),
    "kubernetes:apps/v1:StatefulSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:DaemonSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:ReplicaSet": ("spec", "template", "spec"),
    "kubernetes:core/v1:ReplicationController": ("spec", "template", "spec"),
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:batch/v1:Job": ("spec", "template", "spec"),
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "kubernetes:core/v1:PodTemplate": ("template", "spec"),
    "kubernetes:argoproj.io/v1alpha1:Rollout": ("spec", "template", "spec"),
    "kubernetes:keda.sh/v1alpha1:ScaledJob": ("spec", "jobTargetRef", "template", "spec"),
}
WORKLOADS = _POD_OF.keys()
_ENDING = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob", "kubernetes:keda.sh/v1alpha1:ScaledJob")
_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Container:
    """A container, its pod, and whether it is long-running."""

    fields: Property
    pod: Property
    long_running: bool

    def __getitem__(self, key: str) -> Property:
        return self.fields[key]

    def security(self, key: str) -> Property:
        """Return a setting of the container's security context, or else of its pod's."""
        own = self["securityContext"][key]
        return own if own.present else self.pod["securityContext"][key]


def template_of(workload: Resource) -> Property:
    """Return the pod template of `workload`: `metadata` and `spec`."""
    template = workload.properties
    for key in _POD_OF[workload.type][:-1]:
        template = template[key]
    return template


def pod_of(workload: Resource) -> Property:
    """Return the specification of the pods of `workload`."""
    return template_of(workload)["spec"]


def containers_of(workload: Resource) -> Iterator[Container]:
    """Return each container; an init container is long-running only if it always restarts (a sidecar)."""
    pod = pod_of(workload)
    for fields in pod["containers"].elements():
        yield Container(fields, pod, long_running=workload.type not in _ENDING)
    for fields in pod["initContainers"].elements():
        sidecar = fields["restartPolicy"].text == "Always"
        yield Container(fields, pod, long_running=sidecar and workload.type not in _ENDING)


def is_quantity(amount: Property) -> bool:
    """Return whether a known value is a positive resource quantity, such as `250m`, `1Gi` or 2."""
    if isinstance(amount.value, bool):
        return False
    if isinstance(amount.value, int | float):
        return amount.value > 0
    written = _QUANTITY.fullmatch(amount.text or "")
    return bool(written) and float(written[1]) > 0
