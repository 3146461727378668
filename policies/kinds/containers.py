"""Where each kind of workload keeps its pods and containers, and what Kubernetes says of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from frame import Property, Resource

_POD_OF: Mapping[str, tuple[str, ...]] = {
    "kubernetes:apps/v1:Deployment": ("spec", "template", "spec"),
    "kubernetes:apps/v1:StatefulSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:DaemonSet": ("spec", "template", "spec"),
    "kubernetes:apps/v1:ReplicaSet": ("spec", "template", "spec"),
    "kubernetes:core/v1:ReplicationController": ("spec", "template", "spec"),
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:batch/v1:Job": ("spec", "template", "spec"),
    "kubernetes:batch/v1:CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
WORKLOADS = _POD_OF.keys()
_ENDING = ("kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob")
_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Container:
    """A container, the pod that it is in, and whether it runs until it is stopped."""

    fields: Property
    pod: Property
    long_running: bool

    def __getitem__(self, key: str) -> Property:
        return self.fields[key]

    def security(self, key: str) -> Property:
        """A setting of the security context: the container's own, or else its pod's."""
        own = self["securityContext"][key]
        return own if own.present else self.pod["securityContext"][key]


def pod_of(workload: Resource) -> Property:
    """The specification of the pods that `workload` makes."""
    pod = workload.properties
    for key in _POD_OF[workload.type]:
        pod = pod[key]
    return pod


def containers_of(workload: Resource) -> Iterator[Container]:
    """Each container; one that starts first runs on only if it restarts always (a sidecar)."""
    pod = pod_of(workload)
    for fields in pod["containers"].elements():
        yield Container(fields, pod, long_running=workload.type not in _ENDING)
    for fields in pod["initContainers"].elements():
        sidecar = fields["restartPolicy"].text == "Always"
        yield Container(fields, pod, long_running=sidecar and workload.type not in _ENDING)


def is_quantity(amount: Property) -> bool:
    """Whether a known value is an amount of a resource above zero, such as `250m`, `1Gi` or 2."""
    if isinstance(amount.value, bool):
        return False
    if isinstance(amount.value, int | float):
        return amount.value > 0
    written = _QUANTITY.fullmatch(amount.text or "")
    return bool(written) and float(written[1]) > 0
