"""The namespace of a system: pod security, quota, limits, default deny, and what people may do."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, networking, rbac

from builders import namespace, network_policy, people
from builders.scope import Scope
from settings.cluster_services import People
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    scope: Scope
    definition: System
    people: People


class Namespace(pulumi.ComponentResource):
    """A closed namespace; what stands in it depends on all of this."""

    def __init__(self, name: str, args: NamespaceArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Namespace", name, opts=pulumi.ResourceOptions(parent=parent))
        scope, source = args.scope, args.definition.source
        created = core.v1.Namespace(
            name, namespace.namespace(scope, source=source), opts=pulumi.ResourceOptions(parent=self)
        )
        opts = pulumi.ResourceOptions(parent=self, depends_on=[created])
        core.v1.ResourceQuota(name, namespace.quota(scope, definition=args.definition), opts=opts)
        networking.v1.NetworkPolicy(
            scope.logical("default-deny"), network_policy.deny_all(scope, source=source), opts=opts
        )
        core.v1.LimitRange(name, namespace.limits(scope, source=source), opts=opts)
        for role in people.ROLES:
            made = rbac.v1.Role(scope.logical(role), people.role(scope, role, source=source), opts=opts)
            rbac.v1.RoleBinding(
                scope.logical(role),
                people.binding(scope, role, args.people, source=source),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[made]),
            )
        self.register_outputs({})
