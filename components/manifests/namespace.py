"""A system's namespace, its quota and limits, and its service accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components.manifests import names, own_pods
from components.manifests.own_pods import Footprint
from components.manifests.scope import Scope
from components.sites.manifests import artefact, nginx
from slipway.settings.caches import pod_memory
from slipway.settings.cross_checks import mebibytes
from slipway.settings.services import Replicas, Resources, Service
from slipway.settings.system import System

SLOTS = 2
"""Slots whose pods count towards the quota: blue and green."""
JOBS = 10
"""Pods in addition to those of services: migrations, backups, databases and brokers in the cluster. Chosen: twice what
is needed."""


RUN = Replicas(minimum=1, maximum=1)
"""Pods of a schedule in a slot; the room for updates is for a run that a person starts."""


FLAG_SERVERS = 2
"""Pods that serve feature flags. Chosen: one may be lost with its node."""
CACHE_CPU, CACHE_CPU_LIMIT = 100, 1000
"""Millicores of the pod of a cache, which has one thread for commands."""


def metadata(
    scope: Scope, *, source: str, environment: str = "", elsewhere: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Returns the metadata of a namespace that admits only pods that meet the `restricted` pod security standard. An
    `environment` with a name of its own is a label, and whoever watches it `elsewhere` is named by annotations."""
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    return {
        "name": scope.namespace,
        "labels": {**names.labels(scope.system), **levels, **names.environment(environment)},
        "annotations": {**names.source_annotation(source), **names.elsewhere(elsewhere or {})},
    }


def quota(scope: Scope, *, definition: System, own: Footprint | None = None) -> core.v1.ResourceQuotaInitArgs:
    """Returns a quota for both slots at their maximum with surge pods during rollouts, jobs, and the pods of the
    system's own objects."""
    own = own or Footprint()
    services = [(_replicas(service), service.resources) for service in definition.services.values()]
    running = [*services, *((nginx.REPLICAS, artefact.SMALL) for _ in definition.sites)]
    running += [
        (RUN, each.resources or definition.services[each.service].resources) for each in definition.schedules.values()
    ]
    servers = [each for each in definition.caches.values() for _ in range(SLOTS if each.slots == "own" else 1)]
    beside, caches, cached = _beside(definition), len(servers), sum(pod_memory(each) for each in servers)
    pods = sum(SLOTS * (replicas.most + _surge(replicas)) for replicas, _ in running)
    pods += beside + caches + JOBS + own.pods
    beside += caches  # each has an exporter
    if any(each.since for each in definition.flags.values()):
        beside += FLAG_SERVERS  # each has a second container
    running += _companions(definition)
    hard = {
        "pods": str(pods),
        "requests.cpu": f"{_total(running, 'cpu') + beside * 50 + caches * CACHE_CPU + JOBS * 500 + own.cpu}m",
        "requests.memory": f"{_total(running, 'memory') + beside * 64 + JOBS * 1024 + cached + own.memory}Mi",
        "limits.cpu": f"{_total(running, 'cpu_limit') + beside * 200 + caches * CACHE_CPU_LIMIT + JOBS * 2000 + own.cpu_limit}m",
        "limits.memory": f"{_total(running, 'memory_limit') + beside * 128 + JOBS * 2048 + cached + own.memory_limit}Mi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return core.v1.ResourceQuotaInitArgs(
        metadata=scope.metadata(scope.system, definition.source), spec=core.v1.ResourceQuotaSpecArgs(hard=hard)
    )


def _replicas(service: Service) -> Replicas:
    """Returns the bounds of a service; one with volumes is a single pod."""
    return RUN if service.volumes else service.replicas


def _companions(definition: System) -> Iterator[tuple[Replicas, Resources]]:
    """Yields the other containers of services' pods, also of those of their schedules. All count, though Kubernetes
    counts of those that end the largest only."""
    pods = [(_replicas(service), service) for service in definition.services.values()]
    pods += [(RUN, definition.services[each.service]) for each in definition.schedules.values()]
    for replicas, service in pods:
        yield from ((replicas, each.resources) for each in service.companions.values())


def _beside(definition: System) -> int:
    """Counts supporting pods: two for flags, and one exporter for each database server."""
    watched = [each for each in definition.databases.values() if each.hosting == "managed"]
    return (FLAG_SERVERS if definition.flags else 0) + sum(1 + each.read_replicas for each in watched)


def _surge(replicas: Replicas) -> int:
    return -(-replicas.most // 4)


def _total(running: Iterable[tuple[Replicas, Resources]], amount: str) -> int:
    total = 0
    for replicas, resources in running:
        text = getattr(resources, amount)
        each = _millicores(text) if "cpu" in amount else mebibytes(text)
        total += each * SLOTS * (replicas.most + _surge(replicas))
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
                    default_request=own_pods.DEFAULTS["requests"],
                    default=own_pods.DEFAULTS["limits"],
                )
            ]
        ),
    )
