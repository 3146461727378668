"""Where the cluster's images are: a Premium registry, without an administrator's password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import containerregistry

from components.cloud.azure.access import Grant, grant

UNTAGGED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    registry_name: str
    location: str
    subscription: str
    resource_group: pulumi.Input[str]
    kubelet: pulumi.Input[str]
    tags: Mapping[str, str]


class Registry(pulumi.ComponentResource):
    """Nodes pull by their own identity; images outlive the cluster, for a rollback needs them."""

    def __init__(self, name: str, args: RegistryArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:azure:Registry", name, opts=pulumi.ResourceOptions(parent=parent))
        registry = containerregistry.Registry(
            name,
            registry_name=args.registry_name,
            resource_group_name=args.resource_group,
            location=args.location,
            sku=containerregistry.SkuArgs(name="Premium"),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            zone_redundancy="Enabled",
            policies=containerregistry.PoliciesArgs(
                retention_policy=containerregistry.RetentionPolicyArgs(days=UNTAGGED_DAYS, status="enabled"),
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        pulls = Grant(
            key=f"{args.registry_name}/pull",
            role="AcrPull",
            principal=args.kubelet,
            principal_type="ServicePrincipal",
            scope=registry.id,
        )
        grant(f"{name}-pull", args.subscription, pulls, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
