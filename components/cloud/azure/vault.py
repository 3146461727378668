"""Backups that last longer than a server keeps its own: a vault, and what is put into it each week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import dataprotection

from components.cloud.azure.access import Grant, grant

POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
SERVER_DAYS = 35
"""The longest that a server keeps its own backups."""
STATE_DAYS = 35
WEEKLY = "R/2026-01-04T02:00:00+00:00/P1W"
"""Every Sunday at two."""


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    cluster_name: str
    location: str
    subscription: str
    resource_group: pulumi.Input[str]
    group_id: str
    copied: bool
    """Whether Azure copies the vault to the region that it pairs with this one."""
    lock: str
    protect: bool
    tags: Mapping[str, str]


class Vault(pulumi.ComponentResource):
    """Immutable: `governance` can be lifted, `compliance` never again. Its own identity may read what it keeps."""

    name: pulumi.Output[str]
    principal: pulumi.Output[str]

    def __init__(self, name: str, args: VaultArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:azure:Vault", name, opts=pulumi.ResourceOptions(parent=parent))
        self.args = args
        vault = dataprotection.BackupVault(
            name,
            vault_name=args.cluster_name,
            resource_group_name=args.resource_group,
            location=args.location,
            identity=dataprotection.DppIdentityDetailsArgs(type="SystemAssigned"),
            properties=dataprotection.BackupVaultArgs(
                storage_settings=[
                    dataprotection.StorageSettingArgs(
                        datastore_type="VaultStore", type="GeoRedundant" if args.copied else "ZoneRedundant"
                    )
                ],
                feature_settings=dataprotection.FeatureSettingsArgs(
                    cross_region_restore_settings=dataprotection.CrossRegionRestoreSettingsArgs(state="Enabled")
                )
                if args.copied
                else None,
                security_settings=dataprotection.SecuritySettingsArgs(
                    immutability_settings=dataprotection.ImmutabilitySettingsArgs(
                        state="Locked" if args.lock == "compliance" else "Unlocked"
                    ),
                    soft_delete_settings=dataprotection.SoftDeleteSettingsArgs(
                        state="On", retention_duration_in_days=14
                    ),
                ),
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.name = vault.name
        self.principal = vault.identity.apply(lambda identity: (identity.principal_id if identity else None) or "")
        self.register_outputs({"name": vault.name})

    def may(self, name: str, key: str, role: str, scope: pulumi.Input[str], parent: pulumi.Resource) -> pulumi.Resource:
        wanted = Grant(
            key=f"{self.args.cluster_name}/vault/{key}",
            role=role,
            principal=self.principal,
            principal_type="ServicePrincipal",
            scope=scope,
        )
        return grant(name, self.args.subscription, wanted, pulumi.ResourceOptions(parent=parent))


@dataclass(frozen=True, kw_only=True)
class KeptArgs:
    """One thing in the vault: its id in Azure and the kind of it, for how many days, and how it is found again."""

    instance_name: str
    resource: pulumi.Input[str]
    kind: str
    location: str
    days: int
    weekly: bool
    """Whether copies are taken each week; else every change is kept where it is made."""
    tags: Mapping[str, str]


class Kept(pulumi.ComponentResource):
    """A policy and the thing that it is applied to."""

    def __init__(self, name: str, args: KeptArgs, vault: Vault, parent: pulumi.Resource) -> None:
        super().__init__("slipway:azure:Kept", name, opts=pulumi.ResourceOptions(parent=parent))
        opts = pulumi.ResourceOptions(parent=self)
        group = vault.args.resource_group
        if args.kind == POSTGRES:
            role = "PostgreSQL Flexible Server Long Term Retention Backup Role"
            granted = [
                vault.may(f"{name}-vault", args.instance_name, role, args.resource, self),
                vault.may(f"{name}-vault-reader", f"{args.instance_name}/reader", "Reader", vault.args.group_id, self),
            ]
        else:
            role = "Storage Account Backup Contributor"
            granted = [vault.may(f"{name}-vault", args.instance_name, role, args.resource, self)]
        policy = dataprotection.BackupPolicy(
            name,
            backup_policy_name=args.instance_name,
            vault_name=vault.name,
            resource_group_name=group,
            properties=dataprotection.BackupPolicyArgs(
                object_type="BackupPolicy", datasource_types=[args.kind], policy_rules=_rules(args)
            ),
            opts=opts,
        )
        source = args.resource
        dataprotection.BackupInstance(
            name,
            backup_instance_name=args.instance_name,
            vault_name=vault.name,
            resource_group_name=group,
            properties=dataprotection.BackupInstanceArgs(
                object_type="BackupInstance",
                friendly_name=args.instance_name,
                data_source_info=dataprotection.DatasourceArgs(
                    object_type="Datasource",
                    datasource_type=args.kind,
                    resource_id=source,
                    resource_location=args.location,
                    resource_type=args.kind.removesuffix("/blobServices"),
                ),
                policy_info=dataprotection.PolicyInfoArgs(policy_id=policy.id),
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=granted),
        )
        self.register_outputs({})


def _rules(args: KeptArgs) -> list[dataprotection.AzureBackupRuleArgs | dataprotection.AzureRetentionRuleArgs]:
    store = dataprotection.DataStoreInfoBaseArgs(
        data_store_type="VaultStore" if args.weekly else "OperationalStore", object_type="DataStoreInfoBase"
    )
    kept = dataprotection.AzureRetentionRuleArgs(
        name="Default",
        object_type="AzureRetentionRule",
        is_default=True,
        lifecycles=[
            dataprotection.SourceLifeCycleArgs(
                source_data_store=store,
                delete_after=dataprotection.AbsoluteDeleteOptionArgs(
                    object_type="AbsoluteDeleteOption", duration=f"P{args.days}D"
                ),
            )
        ],
    )
    if not args.weekly:
        return [kept]
    taken = dataprotection.AzureBackupRuleArgs(
        name="weekly",
        object_type="AzureBackupRule",
        data_store=store,
        backup_parameters=dataprotection.AzureBackupParamsArgs(object_type="AzureBackupParams", backup_type="Full"),
        trigger=dataprotection.ScheduleBasedTriggerContextArgs(
            object_type="ScheduleBasedTriggerContext",
            schedule=dataprotection.BackupScheduleArgs(repeating_time_intervals=[WEEKLY], time_zone="UTC"),
            tagging_criteria=[
                dataprotection.TaggingCriteriaArgs(
                    is_default=True,
                    tagging_priority=99,
                    tag_info=dataprotection.RetentionTagArgs(tag_name="Default"),
                )
            ],
        ),
    )
    return [taken, kept]
