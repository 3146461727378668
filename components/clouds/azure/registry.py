"""The cluster's image registry: Premium, without an administrator's password."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import containerregistry

from components.clouds.azure.context import AzureContext
from components.clouds.azure.role_assignments import Grant, grant

UNTAGGED_DAYS = 7
"""Days after which an untagged manifest is deleted. Source: Azure Container Registry allows 0 to 365; chosen: a week."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    context: AzureContext
    registry_name: str
    kubelet: pulumi.Input[str]
    """Principal id of the nodes' identity."""


class Registry(pulumi.ComponentResource):
    """The registry, from which nodes pull by their identity; images outlive the cluster because a rollback needs them."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Registry", name, opts=opts)
        context = args.context
        registry = containerregistry.Registry(
            name,
            registry_name=args.registry_name,
            resource_group_name=context.resource_group,
            location=context.location,
            sku=containerregistry.SkuArgs(name="Premium"),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            zone_redundancy="Enabled",
            policies=containerregistry.PoliciesArgs(
                retention_policy=containerregistry.RetentionPolicyArgs(days=UNTAGGED_DAYS, status="enabled"),
            ),
            tags=context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        pulls = Grant(
            key=f"{args.registry_name}/pull",
            role="AcrPull",
            principal=args.kubelet,
            principal_type="ServicePrincipal",
            scope=registry.id,
        )
        grant(f"{name}-pull", context, pulls, pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
