"""What people may do in a system's namespace, by role. Nobody reads Secrets, and nobody runs commands in pods.

The groups are `slipway:<system>:<role>`, and those that the stack names for every system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi_kubernetes import rbac

from builders.scope import Scope
from settings.cluster_services import People

READ = ("get", "list", "watch")
_WORKLOADS: Mapping[str, tuple[str, ...]] = {
    "": ("pods", "services", "configmaps", "events", "endpoints", "persistentvolumeclaims"),
    "apps": ("deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("jobs", "cronjobs"),
    "policy": ("poddisruptionbudgets",),
    "networking.k8s.io": ("networkpolicies",),
    "gateway.networking.k8s.io": ("gateways", "httproutes"),
}
_RULES: Mapping[str, tuple[str, ...]] = {
    "": ("serviceaccounts", "resourcequotas", "limitranges"),
    "rbac.authorization.k8s.io": ("roles", "rolebindings"),
    "networking.k8s.io": ("networkpolicies",),
    "apps": ("deployments", "statefulsets"),
    "policy": ("poddisruptionbudgets",),
}

Grant = tuple[str, tuple[str, ...], tuple[str, ...]]
"""API group, resources and verbs."""

ROLES: Mapping[str, Sequence[Grant]] = {
    "operators": (
        *((group, resources, READ) for group, resources in _WORKLOADS.items()),
        ("", ("pods/log",), ("get",)),
        # Restart, scale, and run a job anew.
        ("", ("pods",), ("delete",)),
        ("", ("pods/eviction",), ("create",)),
        ("apps", ("deployments", "deployments/scale"), ("patch",)),
        ("batch", ("jobs",), ("create", "delete")),
        ("batch", ("cronjobs",), ("patch",)),
    ),
    "developers": (
        *((group, resources, READ) for group, resources in _WORKLOADS.items()),
        ("", ("pods/log",), ("get",)),
    ),
    "auditors": tuple((group, resources, READ) for group, resources in _RULES.items()),
}


def groups(system: str, role: str, people: People) -> list[str]:
    return [f"slipway:{system}:{role}", *getattr(people, role)]


def role(scope: Scope, name: str, *, source: str) -> rbac.v1.RoleInitArgs:
    return rbac.v1.RoleInitArgs(
        metadata=scope.metadata(name, source),
        rules=[
            rbac.v1.PolicyRuleArgs(api_groups=[group], resources=list(resources), verbs=list(verbs))
            for group, resources, verbs in ROLES[name]
        ],
    )


def binding(scope: Scope, name: str, people: People, *, source: str) -> rbac.v1.RoleBindingInitArgs:
    subjects = [
        rbac.v1.SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=group)
        for group in groups(scope.system, name, people)
    ]
    return rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(name, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=name),
        subjects=subjects,
    )
