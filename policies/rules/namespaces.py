"""Every namespace enforces a Pod Security Standard and has a quota."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pulumi_policy import Severity

from adapters.containers import WORKLOADS
from adapters.elsewhere import NAMESPACES
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

QUOTA = "kubernetes:core/v1:ResourceQuota"
LEVEL = "pod-security.kubernetes.io/enforce"


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
