"""A system's namespace, its bounds, and who may look into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pulumi
from pulumi_kubernetes import core, meta, rbac

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
    pods = sum(SLOTS * (replicas.maximum + _surge(replicas)) for replicas, _ in running) + JOBS
    hard = {
        "pods": str(pods),
        "requests.cpu": f"{_total(running, 'cpu') + JOBS * 500}m",
        "requests.memory": f"{_total(running, 'memory') + JOBS * 1024}Mi",
        "limits.cpu": f"{_total(running, 'cpu_limit') + JOBS * 2000}m",
        "limits.memory": f"{_total(running, 'memory_limit') + JOBS * 2048}Mi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    return core.v1.ResourceQuotaInitArgs(
        metadata=scope.metadata(scope.system, definition.source), spec=core.v1.ResourceQuotaSpecArgs(hard=hard)
    )


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


def observers(scope: Scope, *, source: str) -> tuple[rbac.v1.RoleInitArgs, rbac.v1.RoleBindingInitArgs]:
    """What the group `slipway:<system>:observers` may see: workloads and their logs, no Secrets."""
    name = "observers"
    read = ["get", "list", "watch"]
    rules: Mapping[str, list[str]] = {
        "": ["pods", "pods/log", "services", "configmaps", "events"],
        "apps": ["deployments", "replicasets", "statefulsets"],
        "autoscaling": ["horizontalpodautoscalers"],
        "batch": ["jobs", "cronjobs"],
        "policy": ["poddisruptionbudgets"],
        "networking.k8s.io": ["networkpolicies"],
    }
    role = rbac.v1.RoleInitArgs(
        metadata=scope.metadata(name, source),
        rules=[
            rbac.v1.PolicyRuleArgs(api_groups=[group], resources=resources, verbs=read)
            for group, resources in rules.items()
        ],
    )
    binding = rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(name, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=name),
        subjects=[
            rbac.v1.SubjectArgs(
                api_group="rbac.authorization.k8s.io", kind="Group", name=f"slipway:{scope.system}:observers"
            )
        ],
    )
    return role, binding
