"""Priorities of pods on a full node: data stores first, then services with visitors.

Jobs, exporters and all other pods without a class come last: a nightly dump waits or is preempted, and takes no room
from the database that it dumps.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_kubernetes import meta, scheduling

from components.manifests import names
from slipway.settings.placement import Priority

DATA, SERVING = "slipway-data", "slipway-serving"
CLASSES = {
    DATA: (20_000, "Databases and brokers: what services wait for"),
    SERVING: (10_000, "What answers visitors: gateways, services, static sites"),
}
"""Value and description by name. Classes of Kubernetes itself start at two billion."""

OF: Mapping[Priority, str | None] = {"data": DATA, "serving": SERVING, "background": None}
"""Class of a service's pods. Without one they wait, as Jobs do."""


def priority_class(name: str, source: str) -> scheduling.v1.PriorityClassInitArgs:
    value, description = CLASSES[name]
    return scheduling.v1.PriorityClassInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=name, labels=names.labels(names.CLUSTER), annotations=names.source_annotation(source)
        ),
        value=value,
        description=description,
    )
