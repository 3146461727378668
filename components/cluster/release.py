"""A chart in a namespace of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes import core, helm, meta

from builders import names
from builders.parts import Parts


def namespace(name: str, source: str, level: str, opts: pulumi.ResourceOptions) -> core.v1.Namespace:
    """One that admits pods up to the pod security standard `level`."""
    levels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    return core.v1.Namespace(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=name.rsplit("/", 1)[-1],
            labels={**names.labels(names.CLUSTER), **levels},
            annotations=names.source_annotation(source),
        ),
        opts=opts,
    )


def release(
    logical: str,
    chart: str,
    place: pulumi.Input[str],
    values: Mapping[str, Any],
    parts: Parts,
    opts: pulumi.ResourceOptions,
) -> helm.v3.Release:
    """The chart that `parts.yaml` pins under `chart`. A failed update goes back to what ran before it."""
    pinned = parts.chart(chart)
    repository = helm.v3.RepositoryOptsArgs(repo=pinned.repository) if pinned.repository else None
    return helm.v3.Release(
        logical,
        name=chart,
        chart=pinned.chart,
        version=pinned.version,
        repository_opts=repository,
        namespace=place,
        values=dict(values),
        atomic=True,
        timeout=600,
        opts=opts,
    )


def after(parent: pulumi.Resource, *needed: pulumi.Resource | None) -> pulumi.ResourceOptions:
    waits: Sequence[pulumi.Resource] = [each for each in needed if each is not None]
    return pulumi.ResourceOptions(parent=parent, depends_on=list(waits))
