"""The controller's rights in the namespace of a system that has a Release."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_kubernetes import rbac

from components.manifests import names
from components.manifests.controller_rights import rules
from components.manifests.scope import Scope

NAME = "release-controller"


def role(scope: Scope, secrets: Sequence[str], source: str) -> rbac.v1.RoleInitArgs:
    """Returns the role; of Secrets it reads `secrets` alone."""
    return rbac.v1.RoleInitArgs(metadata=scope.metadata(NAME, source), rules=rules("system", secrets))


def binding(scope: Scope, source: str) -> rbac.v1.RoleBindingInitArgs:
    return rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(NAME, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=NAME),
        subjects=[
            rbac.v1.SubjectArgs(kind="ServiceAccount", name=names.RELEASES_ACCOUNT, namespace=names.RELEASES_NAMESPACE)
        ],
    )
