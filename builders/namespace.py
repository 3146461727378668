"""A system's namespace, its bounds, and who may look into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
from pulumi_kubernetes import core, meta

from builders import artefact, names, nginx
from builders.scope import Scope
from settings.cross_checks import mebibytes
from settings.services import Replicas, Resources
from settings.system import System

SLOTS = 2
JOBS = 10
"""Pods besides the services': migrations, backups, databases and brokers inside the cluster."""


def namespace(scope: Scope, *, source: str) -> core.v1.NamespaceInitArgs:
    """Admits only pods that meet the `restricted` pod security standard."""
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return core.v1.NamespaceInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=scope.namespace,
            labels={**names.labels(scope.system), **levels},
            annotations=names.source_annotation(source),
        )
    )


def quota(scope: Scope, *, definition: System) -> core.v1.ResourceQuotaInitArgs:
    """Room for both slots at their largest with one pod more each while they roll, and for jobs; no more."""
    services = [(service.replicas, service.resources) for service in definition.services.values()]
    running = [*services, *((nginx.REPLICAS, artefact.SMALL) for _ in definition.sites)]
    beside = _beside(definition)
    pods = sum(SLOTS * (replicas.maximum + _surge(replicas)) for replicas, _ in running) + beside + JOBS
    hard = {
        "pods": str(pods),
        "requests.cpu": f"{_total(running, 'cpu') + beside * 50 + JOBS * 500}m",
        "requests.memory": f"{_total(running, 'memory') + beside * 64 + JOBS * 1024}Mi",
        "limits.cpu": f"{_total(running, 'cpu_limit') + beside * 200 + JOBS * 2000}m",
        "limits.memory": f"{_total(running, 'memory_limit') + beside * 128 + JOBS * 2048}Mi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return core.v1.ResourceQuotaInitArgs(
        metadata=scope.metadata(scope.system, definition.source), spec=core.v1.ResourceQuotaSpecArgs(hard=hard)
    )


def _beside(definition: System) -> int:
    """Small pods: two that serve flags, one that watches each server of a database."""
    watched = [each for each in definition.databases.values() if each.placement == "managed"]
    return (2 if definition.flags else 0) + sum(1 + each.read_replicas for each in watched)


def _surge(replicas: Replicas) -> int:
    return -(-replicas.maximum // 4)


def _total(running: Iterable[tuple[Replicas, Resources]], amount: str) -> int:
    total = 0
    for replicas, resources in running:
        text = getattr(resources, amount)
        each = _millicores(text) if "cpu" in amount else mebibytes(text)
        total += each * SLOTS * (replicas.maximum + _surge(replicas))
    return total


def _millicores(cpu: str) -> int:
    return int(cpu[:-1]) if cpu.endswith("m") else int(cpu) * 1000


def service_account(
    scope: Scope, *, name: str, source: str, annotations: Mapping[str, pulumi.Input[str]]
) -> core.v1.ServiceAccountInitArgs:
    """An identity of a service's own, which may do nothing at the API server and carries no token for it.
    `annotations` tie it to one in the cloud."""
    return core.v1.ServiceAccountInitArgs(
        metadata=scope.metadata(name, source, annotations=annotations), automount_service_account_token=False
    )


def limits(scope: Scope, *, source: str) -> core.v1.LimitRangeInitArgs:
    """What a container gets that asks for nothing, such as one that a person starts to look into something."""
    return core.v1.LimitRangeInitArgs(
        metadata=scope.metadata(scope.system, source),
        spec=core.v1.LimitRangeSpecArgs(
            limits=[
                core.v1.LimitRangeItemArgs(
                    type="Container",
                    default_request={"cpu": "50m", "memory": "64Mi"},
                    default={"cpu": "500m", "memory": "256Mi"},
                )
            ]
        ),
    )
