"""A Helm chart, and its namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes import core, helm, meta

from components.manifests import names
from components.manifests.versions import Pins


def namespace(
    name: str, source: str, level: str, opts: pulumi.ResourceOptions, annotations: Mapping[str, str] | None = None
) -> core.v1.Namespace:
    """Creates a namespace that admits pods up to the pod security standard `level`."""
    levels = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    return core.v1.Namespace(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=name.rsplit("/", 1)[-1],
            labels={**names.labels(names.CLUSTER), **levels},
            annotations={**names.source_annotation(source), **(annotations or {})},
        ),
        opts=opts,
    )


def release(
    logical: str,
    chart: str,
    place: pulumi.Input[str],
    values: Mapping[str, Any],
    pins: Pins,
    opts: pulumi.ResourceOptions,
    *,
    skip_crds: bool = False,
) -> helm.v3.Release:
    """Installs the chart that `versions.yaml` pins under `chart`, named by the last part of `logical`. A failed update
    rolls back. Helm never upgrades CRDs in a chart's folder `crds/`, so kinds that nothing uses are left out
    (`skip_crds`)."""
    pinned = pins.chart(chart)
    repository = helm.v3.RepositoryOptsArgs(repo=pinned.repository) if pinned.repository else None
    return helm.v3.Release(
        logical,
        name=logical.rsplit("/", 1)[-1],
        chart=pinned.chart,
        version=pinned.version,
        repository_opts=repository,
        namespace=place,
        values=dict(values),
        atomic=True,
        timeout=600,
        skip_crds=skip_crds or None,
        opts=opts,
    )


def after(parent: pulumi.Resource, *needed: pulumi.Resource | None) -> pulumi.ResourceOptions:
    waits: Sequence[pulumi.Resource] = [each for each in needed if each is not None]
    return pulumi.ResourceOptions(parent=parent, depends_on=list(waits))
