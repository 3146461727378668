"""A bucket on Azure: a storage account of its own with one private container."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from components.cloud.azure.place import Place, ip_rule, private_endpoint
from components.cloud.contract import BucketArgs

KEPT_DAYS = 90
"""Days in which a deleted or overwritten file can be brought back."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """Which account holds a bucket, and its id when it exists already."""

    account_name: str
    resource_group: pulumi.Input[str]
    adopt: str | None


class Bucket(pulumi.ComponentResource):
    """A container in an account of its own, reached by identities only: by pods inside the network, by people from the
    networks that may reach the cluster. `container` is its id."""

    container: pulumi.Output[str]

    def __init__(
        self, args: BucketArgs, home: Home, place: Place, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        self._name = f"{args.system}/{args.name}"
        super().__init__(
            "slipway:azure:Bucket", self._name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._args, self._home, self._place = args, home, place
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = place.tagged(args.source, system=args.system, data_class=args.settings.data_class)
        account = self._account()
        private_endpoint(
            self._name,
            place,
            endpoint_name=home.account_name,
            resource=account.id,
            kind="blob",
            zone="blob",
            tags=self._tags,
            opts=self._opts,
        )
        properties = self._keep(account)
        self.container = self._container(account, properties)
        storage.ManagementPolicy(
            self._name,
            management_policy_name="default",
            account_name=account.name,
            resource_group_name=home.resource_group,
            policy=storage.ManagementPolicySchemaArgs(rules=_lifecycle(args.settings.expire_days)),
            opts=self._opts,
        )
        self.register_outputs({"name": args.name})

    def _account(self) -> storage.StorageAccount:
        """Over zones, and with a copy in the region that Azure pairs with this one where that is asked for."""
        copied = self._args.settings.copy_to_second_region
        return storage.StorageAccount(
            self._name,
            account_name=self._home.account_name,
            resource_group_name=self._home.resource_group,
            location=self._place.location,
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_GZRS" if copied else "Standard_ZRS"),
            access_tier=storage.AccessTier.HOT,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            allow_cross_tenant_replication=False,
            is_local_user_enabled=False,
            default_to_o_auth_authentication=True,
            public_network_access="Enabled",
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY,
                bypass="AzureServices",
                ip_rules=[
                    storage.IPRuleArgs(i_p_address_or_range=ip_rule(cidr), action=storage.Action.ALLOW)
                    for cidr in self._place.api_allow
                ],
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._place.protect, import_=self._home.adopt),
        )

    def _keep(self, account: storage.StorageAccount) -> storage.BlobServiceProperties:
        kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS)
        return storage.BlobServiceProperties(
            self._name,
            blob_services_name="default",
            account_name=account.name,
            resource_group_name=self._home.resource_group,
            # A lock needs versions.
            is_versioning_enabled=self._args.settings.versioned or self._args.locked_days is not None,
            delete_retention_policy=kept,
            container_delete_retention_policy=kept,
            opts=self._opts,
        )

    def _container(
        self, account: storage.StorageAccount, properties: storage.BlobServiceProperties
    ) -> pulumi.Output[str]:
        locked = self._args.locked_days
        container = storage.BlobContainer(
            self._name,
            container_name=self._args.name,
            account_name=account.name,
            resource_group_name=self._home.resource_group,
            public_access=storage.PublicAccess.NONE,
            immutable_storage_with_versioning=storage.ImmutableStorageWithVersioningArgs(enabled=True)
            if locked
            else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[properties]),
        )
        if locked is not None:
            # Unlocked, so that a few may lift it; a locked policy binds everybody for ever.
            storage.BlobContainerImmutabilityPolicy(
                self._name,
                immutability_policy_name="default",
                account_name=account.name,
                container_name=container.name,
                resource_group_name=self._home.resource_group,
                immutability_period_since_creation_in_days=locked,
                allow_protected_append_writes=False,
                opts=self._opts,
            )
        return container.id


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
