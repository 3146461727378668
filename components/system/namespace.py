"""The namespace of a system: pod security, quota, limits, default deny, and permissions of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta, networking, rbac

from components.manifests import namespace, network_policy, role_bindings
from components.manifests.own_pods import Footprint
from components.manifests.scope import Scope
from slipway.settings.cluster_services import RbacGroups
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class NamespaceArgs:
    scope: Scope
    definition: System
    rbac_groups: RbacGroups
    environment: str
    """Name of the environment, if it has one of its own."""
    elsewhere: Mapping[str, str]
    """Who watches its pods, and who collects their logs, where no controller does."""
    existing: bool
    """Whether others have made it."""
    own_pods: Footprint
    """What the pods of the system's own objects take."""
    approvers: Mapping[str, Sequence[str]] | None = None
    """Groups by the role in which they approve; None if people release by hand."""


class Namespace(pulumi.ComponentResource):
    """A locked-down namespace; all objects in it depend on this component."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Namespace", name, opts=opts)
        scope, source = args.scope, args.definition.source
        created = self._own(name, args)
        own = pulumi.ResourceOptions(parent=self, depends_on=[created])
        core.v1.ResourceQuota(name, namespace.quota(scope, definition=args.definition, own=args.own_pods), opts=own)
        networking.v1.NetworkPolicy(
            scope.logical("default-deny"), network_policy.deny_all(scope, source=source), opts=own
        )
        core.v1.LimitRange(name, namespace.limits(scope, source=source), opts=own)
        bindings = {
            role: role_bindings.binding(scope, role, args.rbac_groups, source=source) for role in role_bindings.ROLES
        }
        if args.approvers is not None:
            bindings[role_bindings.APPROVERS] = role_bindings.approving(scope, args.approvers, source=source)
        for role, binding in bindings.items():
            made = rbac.v1.Role(
                scope.logical(role),
                role_bindings.role(scope, role, source=source, released=args.approvers is not None),
                opts=own,
            )
            rbac.v1.RoleBinding(
                scope.logical(role), binding, opts=pulumi.ResourceOptions(parent=self, depends_on=[made])
            )
        self.register_outputs({})

    def _own(self, name: str, args: NamespaceArgs) -> pulumi.Resource:
        """Creates the namespace, or adds to one that exists. Where its own labels differ, the API server refuses the patch
        and names them."""
        metadata = namespace.metadata(
            args.scope,
            source=args.definition.source,
            environment=args.environment,
            elsewhere=args.elsewhere,
        )
        opts = pulumi.ResourceOptions(parent=self)
        if args.existing:
            return core.v1.NamespacePatch(name, metadata=meta.v1.ObjectMetaPatchArgs(**metadata), opts=opts)
        return core.v1.Namespace(name, metadata=meta.v1.ObjectMetaArgs(**metadata), opts=opts)
