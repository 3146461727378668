"""The namespace of a system: pod security, quota, limits, default deny, and permissions of people."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, networking, rbac

from components.manifests import namespace, network_policy, role_bindings
from components.manifests.scope import Scope
from slipway.settings.cluster_services import RbacGroups
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    scope: Scope
    definition: System
    rbac_groups: RbacGroups


class Namespace(pulumi.ComponentResource):
    """A locked-down namespace; all objects in it depend on this component."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Namespace", name, opts=opts)
        scope, source = args.scope, args.definition.source
        created = core.v1.Namespace(
            name, namespace.namespace(scope, source=source), opts=pulumi.ResourceOptions(parent=self)
        )
        own = pulumi.ResourceOptions(parent=self, depends_on=[created])
        core.v1.ResourceQuota(name, namespace.quota(scope, definition=args.definition), opts=own)
        networking.v1.NetworkPolicy(
            scope.logical("default-deny"), network_policy.deny_all(scope, source=source), opts=own
        )
        core.v1.LimitRange(name, namespace.limits(scope, source=source), opts=own)
        for role in role_bindings.ROLES:
            made = rbac.v1.Role(scope.logical(role), role_bindings.role(scope, role, source=source), opts=own)
            rbac.v1.RoleBinding(
                scope.logical(role),
                role_bindings.binding(scope, role, args.rbac_groups, source=source),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[made]),
            )
        self.register_outputs({})
