"""The namespace of a system: pod security, quota, observers, default deny."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, networking, rbac

from builders import namespace, network_policy
from builders.scope import Scope
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    scope: Scope
    definition: System


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
        role, binding = namespace.observers(scope, source=source)
        observers = rbac.v1.Role(scope.logical("observers"), role, opts=opts)
        rbac.v1.RoleBinding(
            scope.logical("observers"), binding, opts=pulumi.ResourceOptions(parent=self, depends_on=[observers])
        )
        self.register_outputs({})
