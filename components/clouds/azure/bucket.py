"""A bucket on Azure: a separate storage account with one private container."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import storage

from components.clouds import contract
from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.private_endpoint import PrivateEndpointArgs, ip_rule, private_endpoint
from components.manifests import names

KEPT_DAYS = 90
"""Days in which a deleted or overwritten file can be restored. Chosen: a quarter; Azure Storage allows 1 to 365."""


@dataclass(frozen=True, kw_only=True)
class Home:
    """The account of a bucket, and its id if it already exists."""

    account_name: str
    resource_group: pulumi.Input[str]
    adopt: str | None


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    context: AzureClusterContext
    asked: contract.BucketArgs
    home: Home


class Bucket(pulumi.ComponentResource):
    """A container in its own account, accessible by identities only: by pods from inside the network, by people from
    the networks authorized for the cluster. `container` is its id."""

    container: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Bucket", name, opts=opts)
        context, asked, home = args.context, args.asked, args.home
        self._name, self._args, self._home, self._context = name, asked, home, context
        self._opts = pulumi.ResourceOptions(parent=self)
        self._tags = context.tagged(asked.source, system=asked.system, data_class=asked.settings.data_class)
        account = self._account()
        private_endpoint(
            name,
            context,
            PrivateEndpointArgs(
                endpoint_name=home.account_name, resource=account.id, kind="blob", zone="blob", tags=self._tags
            ),
            self._opts,
        )
        properties = self._create_retention(account)
        self.container = self._container(account, properties)
        storage.ManagementPolicy(
            self._name,
            management_policy_name="default",
            account_name=account.name,
            resource_group_name=home.resource_group,
            policy=storage.ManagementPolicySchemaArgs(rules=_lifecycle(asked.settings.expire_days)),
            opts=self._opts,
        )
        self.register_outputs({"name": asked.name})

    def _account(self) -> storage.StorageAccount:
        """Creates the account, zone-redundant and, if required, replicated to the paired region."""
        copied = self._args.settings.copy_to_second_region
        return storage.StorageAccount(
            self._name,
            account_name=self._home.account_name,
            resource_group_name=self._home.resource_group,
            location=self._context.location,
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
                    for cidr in self._context.authorized_networks
                ],
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._context.protect, import_=self._home.adopt),
        )

    def _create_retention(self, account: storage.StorageAccount) -> storage.BlobServiceProperties:
        kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS)
        return storage.BlobServiceProperties(
            self._name,
            blob_services_name="default",
            account_name=account.name,
            resource_group_name=self._home.resource_group,
            # An immutability policy requires versioning.
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
            container_name=names.container(self._args.name),
            account_name=account.name,
            resource_group_name=self._home.resource_group,
            public_access=storage.PublicAccess.NONE,
            immutable_storage_with_versioning=storage.ImmutableStorageWithVersioningArgs(enabled=True)
            if locked
            else None,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[properties]),
        )
        if locked is not None:
            # Unlocked, so that privileged users can remove it; a locked policy can never be removed.
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
    """Creates a lifecycle policy: files expire as declared, overwritten versions once their restore period is over."""
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
