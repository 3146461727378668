"""A system's namespace, its quota and limits, and its service accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
from pulumi_kubernetes import core, meta

from components.manifests import names
from components.manifests.scope import Scope
from components.sites.manifests import artefact, nginx
from slipway.settings.cross_checks import mebibytes
from slipway.settings.services import Replicas, Resources
from slipway.settings.system import System

SLOTS = 2
"""Slots whose pods count towards the quota: blue and green."""
JOBS = 10
"""Pods in addition to those of services: migrations, backups, databases and brokers in the cluster. Chosen: twice what
is needed."""


RUN = Replicas(minimum=1, maximum=1)
"""Pods of a schedule in a slot; the room for updates is for a run that a person starts."""


def namespace(scope: Scope, *, source: str) -> core.v1.NamespaceInitArgs:
    """Returns a namespace that admits only pods that meet the `restricted` pod security standard."""
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return core.v1.NamespaceInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=scope.namespace,
            labels={**names.labels(scope.system), **levels},
            annotations=names.source_annotation(source),
        )
    )


def quota(scope: Scope, *, definition: System) -> core.v1.ResourceQuotaInitArgs:
    """Returns a quota for both slots at their maximum with surge pods during rollouts, plus jobs."""
    services = [(service.replicas, service.resources) for service in definition.services.values()]
    running = [*services, *((nginx.REPLICAS, artefact.SMALL) for _ in definition.sites)]
    running += [
        (RUN, each.resources or definition.services[each.service].resources) for each in definition.schedules.values()
    ]
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
    """Counts supporting pods: two for flags, and one exporter for each database server."""
    watched = [each for each in definition.databases.values() if each.hosting == "managed"]
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
    """Returns a service account without Kubernetes permissions or a mounted token; `annotations` link it to a cloud
    identity."""
    return core.v1.ServiceAccountInitArgs(
        metadata=scope.metadata(name, source, annotations=annotations), automount_service_account_token=False
    )


def limits(scope: Scope, *, source: str) -> core.v1.LimitRangeInitArgs:
    """Returns defaults for containers without requests and limits, such as one that a person starts for debugging."""
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
