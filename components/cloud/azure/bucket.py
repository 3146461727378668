"""A bucket on Azure: a storage account of its own with one private container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from builders import names
from components.cloud.contract import BucketArgs

KEPT_DAYS = 90
"""Days in which a deleted or overwritten file can be brought back."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a storage account stands, and its id when it exists already."""

    location: str
    resource_group: pulumi.Input[str]
    adopt: str | None
    protect: bool
    tags: Mapping[str, str]


class Bucket(pulumi.ComponentResource):
    """The container `name` in the account `account_name`, reached by identities only."""

    def __init__(
        self,
        args: BucketArgs,
        account_name: str,
        home: Home,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        name = f"{args.system}/{args.name}"
        super().__init__("slipway:azure:Bucket", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider]))
        settings, opts = args.settings, pulumi.ResourceOptions(parent=self)
        tags = names.tags(settings.source, home.tags, system=args.system, data_class=settings.data_class)
        account = storage.StorageAccount(
            name,
            account_name=account_name,
            resource_group_name=home.resource_group,
            location=home.location,
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_ZRS"),
            access_tier=storage.AccessTier.HOT,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            allow_cross_tenant_replication=False,
            is_local_user_enabled=False,
            default_to_o_auth_authentication=True,
            tags=names.azure_tags(tags),
            opts=pulumi.ResourceOptions(parent=self, protect=home.protect, import_=home.adopt),
        )
        kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS)
        storage.BlobServiceProperties(
            name,
            blob_services_name="default",
            account_name=account.name,
            resource_group_name=home.resource_group,
            is_versioning_enabled=settings.versioned,
            delete_retention_policy=kept,
            container_delete_retention_policy=kept,
            opts=opts,
        )
        storage.BlobContainer(
            name,
            container_name=args.name,
            account_name=account.name,
            resource_group_name=home.resource_group,
            public_access=storage.PublicAccess.NONE,
            opts=opts,
        )
        storage.ManagementPolicy(
            name,
            management_policy_name="default",
            account_name=account.name,
            resource_group_name=home.resource_group,
            policy=storage.ManagementPolicySchemaArgs(rules=_lifecycle(settings.expire_days)),
            opts=opts,
        )
        self.register_outputs({"name": args.name})


def _lifecycle(expire_days: int | None) -> list[storage.ManagementPolicyRuleArgs]:
    """Files go when the system says so, and what was overwritten once it can no longer be brought back."""
    replaced = storage.DateAfterCreationArgs(days_after_creation_greater_than=KEPT_DAYS)
    expired = storage.DateAfterModificationArgs(days_after_modification_greater_than=expire_days)
    actions = storage.ManagementPolicyActionArgs(
        version=storage.ManagementPolicyVersionArgs(delete=replaced),
        base_blob=storage.ManagementPolicyBaseBlobArgs(delete=expired) if expire_days else None,
    )
    return [
        storage.ManagementPolicyRuleArgs(
            name="expire",
            enabled=True,
            type=storage.RuleType.LIFECYCLE,
            definition=storage.ManagementPolicyDefinitionArgs(
                actions=actions, filters=storage.ManagementPolicyFilterArgs(blob_types=["blockBlob"])
            ),
        )
    ]
