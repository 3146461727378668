"""Every namespace enforces a Pod Security Standard and has a quota."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pulumi_policy import Severity

from adapters import clouds
from adapters.containers import WORKLOADS
from adapters.elsewhere import NAMESPACES
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

QUOTA = "kubernetes:core/v1:ResourceQuota"
LEVEL = "pod-security.kubernetes.io/enforce"
VERSION = f"{LEVEL}-version"
LATEST = re.compile(r"latest|v1\.(3\d|[4-9]\d|\d{3,})")
"""Versions of the standard since 1.30, which the fields for AppArmor came with."""


@resource_rule(
    Declaration(
        name="namespace-standard",
        description="Every namespace enforces the restricted Pod Security Standard.",
        why="The API server then also rejects pods that no pipeline has checked",
        clauses=("CIS Kubernetes 5.2", "Kubernetes: Pod Security Standards", "NSA Kubernetes Hardening: pod security"),
        types=NAMESPACES,
        severity=Severity.HIGH,
        schema={
            "privileged": {
                "type": "array",
                "items": {"type": "string"},
                "default": ["logging", "monitoring"],
                "description": "Namespaces whose agents read files of the nodes.",
            },
        },
    )
)
def namespace_standard(namespace: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the label that the API server enforces."""
    level, name = namespace["metadata"]["labels"][LEVEL], namespace["metadata"]["name"]
    if level.unknown or name.unknown:
        verdict.undecided(namespace, level if level.unknown else name)
    elif level.text != "restricted" and name.text not in settings["privileged"]:
        verdict.violated(namespace, f"allows privileged pods: {level.path} is not restricted")
    version = namespace["metadata"]["labels"][VERSION]
    if version.text is not None and not LATEST.fullmatch(version.text):
        verdict.violated(namespace, f"enforces an old standard: {version.path} is not latest")


SHARED = ("default", "kube-node-lease", "kube-public", "kube-system")
"""Namespaces that every cluster has, of everybody and of Kubernetes itself."""
OWN_OBJECTS = clouds.types(lambda cloud: cloud.own_objects)
_HOUSED = (
    *WORKLOADS,
    "kubernetes:core/v1:ConfigMap",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:core/v1:Secret",
    "kubernetes:core/v1:Service",
    "kubernetes:core/v1:ServiceAccount",
    "kubernetes:networking.k8s.io/v1:Ingress",
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
)


@resource_rule(
    Declaration(
        name="object-namespaces",
        description="Nothing stands in the namespaces that every cluster has.",
        why="What stands beside Kubernetes' own components can take their place, and nothing separates what stands in `default`",
        clauses=("CIS Kubernetes 5.7.4", "NSA Kubernetes Hardening: namespaces"),
        types=_HOUSED,
        severity=Severity.HIGH,
    )
)
def object_namespaces(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check one object; one that names no namespace is in `default`."""
    namespace = resource["metadata"]["namespace"]
    place = "default" if namespace.missing else namespace.text
    if place in SHARED and f"{place}/{resource['metadata']['name'].text}" not in OWN_OBJECTS:
        verdict.violated(resource, f"is in a namespace that every cluster has: {namespace.path}")


@stack_rule(
    Declaration(
        name="namespace-quota",
        description="Every namespace of a system has a quota of pods, CPU and memory.",
        why="One service that grows without limit takes the nodes of all others",
        clauses=("CIS Kubernetes 5.7.1", "NSA Kubernetes Hardening: resource policies"),
        types=(*WORKLOADS, QUOTA),
        schema={
            "without": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Namespaces of cluster services, whose charts set limits.",
            }
        },
    )
)
def namespace_quota(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each namespace once, at its first workload."""
    quotas: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for each in (each for each in resources if each.type == QUOTA):
        quotas[_place(each)].append(each)
    evaluated = set()
    for workload in (each for each in resources if each.type != QUOTA):
        place = _place(workload)
        if place in evaluated or place[1] in settings["without"]:
            continue
        evaluated.add(place)
        if not quotas[place]:
            verdict.violated(workload, "is in a namespace without a ResourceQuota")
        for quota in quotas[place]:
            _evaluate_quota(quota, verdict)


def _evaluate_quota(quota: Resource, verdict: Verdict) -> None:
    hard = quota["spec"]["hard"]
    if hard.unknown:
        return
    for any_of in (("limits.memory", "requests.memory"), ("limits.cpu", "requests.cpu"), ("pods", "count/pods")):
        if not any(hard[key].present for key in any_of):
            verdict.violated(quota, f"is incomplete: {hard.path} has no {any_of[0]}")


def _place(resource: Resource) -> tuple[str, str]:
    namespace: Property = resource["metadata"]["namespace"]
    return resource.provider, "" if namespace.unknown else namespace.text or "default"
