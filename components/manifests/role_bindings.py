"""Permissions of people in a system's namespace, by role. Nobody can read Secrets except the bypass token's, which
testers read, and nobody can run commands in pods.

The groups are `slipway:<system>:<role>`, and those that the stack declares for every system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pulumi_kubernetes import rbac

from components.manifests.environment import bypass_secret
from components.manifests.scope import Scope
from slipway.release.objects import GROUP
from slipway.settings.cluster_services import RbacGroups

READ = ("get", "list", "watch")
_WORKLOADS: Mapping[str, tuple[str, ...]] = {
    "": ("pods", "services", "configmaps", "events", "endpoints", "persistentvolumeclaims"),
    "apps": ("deployments", "replicasets", "statefulsets"),
    "autoscaling": ("horizontalpodautoscalers",),
    "batch": ("jobs", "cronjobs"),
    "keda.sh": ("scaledobjects",),
    "policy": ("poddisruptionbudgets",),
    "networking.k8s.io": ("networkpolicies",),
    "gateway.networking.k8s.io": ("gateways", "httproutes", "tcproutes", "tlsroutes"),
    "discovery.k8s.io": ("endpointslices",),
    "metrics.k8s.io": ("pods",),
    "cert-manager.io": ("certificates", "certificaterequests"),
    "acme.cert-manager.io": ("orders", "challenges"),
    "external-secrets.io": ("externalsecrets",),
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
        # Restart, scale, and rerun a job.
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
    "testers": (("", ("secrets",), ("get",)),),
}
APPROVERS = "approvers"
"""Role of those who approve releases and attest checks; the groups of a system's roles have it."""
_SEEN: Grant = (GROUP, ("releases", "approvals"), READ)
_GIVEN: Grant = (GROUP, ("approvals",), ("create",))
RELEASING: Mapping[str, Sequence[Grant]] = {
    # Steer a release by an annotation; what it wants is no right of theirs (cluster/releases/manifests/admission.py).
    "operators": (_SEEN, _GIVEN, (GROUP, ("releases",), ("patch",))),
    "developers": (_SEEN,),
    "auditors": (_SEEN,),
    APPROVERS: (_SEEN, _GIVEN),
}
"""Further rights where the controller releases."""
OBSERVABILITY = "watching"
"""Role of every system's operators in the namespace of Prometheus and Alertmanager."""
_OBSERVABILITY: Sequence[Grant] = (
    ("", ("pods", "services"), READ),
    ("", ("pods/log",), ("get",)),
    ("", ("pods/portforward",), ("create",)),
)


def groups(system: str, role: str, rbac_groups: RbacGroups) -> list[str]:
    return [f"slipway:{system}:{role}", *getattr(rbac_groups, role)]


def role(scope: Scope, name: str, *, source: str, released: bool = False) -> rbac.v1.RoleInitArgs:
    """Returns a role; testers can read only the Secret with the bypass token, by its name."""
    only = [bypass_secret(scope.system)] if name == "testers" else None
    grants = [*ROLES.get(name, ()), *(RELEASING.get(name, ()) if released else ())]
    return rbac.v1.RoleInitArgs(metadata=scope.metadata(name, source), rules=_rules(grants, only))


def approving(scope: Scope, roles: Mapping[str, Sequence[str]], *, source: str) -> rbac.v1.RoleBindingInitArgs:
    """Returns the binding of all groups that approve in some role. In which, the admission policy knows."""
    every = dict.fromkeys(group for groups in roles.values() for group in groups)
    return _bound(scope, APPROVERS, [f"slipway:{scope.system}:{APPROVERS}", *every], source)


def observability_role(scope: Scope, *, source: str) -> rbac.v1.RoleInitArgs:
    return rbac.v1.RoleInitArgs(metadata=scope.metadata(OBSERVABILITY, source), rules=_rules(_OBSERVABILITY))


def observability_binding(
    scope: Scope, systems: Sequence[str], rbac_groups: RbacGroups, *, source: str
) -> rbac.v1.RoleBindingInitArgs:
    every = dict.fromkeys(group for system in systems for group in groups(system, "operators", rbac_groups))
    return _bound(scope, OBSERVABILITY, list(every), source)


def _rules(grants: Sequence[Grant], names: list[str] | None = None) -> list[rbac.v1.PolicyRuleArgs]:
    return [
        rbac.v1.PolicyRuleArgs(api_groups=[group], resources=list(resources), verbs=list(verbs), resource_names=names)
        for group, resources, verbs in grants
    ]


def binding(scope: Scope, name: str, rbac_groups: RbacGroups, *, source: str) -> rbac.v1.RoleBindingInitArgs:
    return _bound(scope, name, groups(scope.system, name, rbac_groups), source)


def _bound(scope: Scope, name: str, groups: Sequence[str], source: str) -> rbac.v1.RoleBindingInitArgs:
    subjects = [
        rbac.v1.SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=group) for group in groups
    ]
    return rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(name, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=name),
        subjects=subjects,
    )
