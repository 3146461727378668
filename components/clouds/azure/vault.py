"""Backups beyond a server's own retention: a vault, and the weekly backups in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import dataprotection

from components.clouds.azure.context import AzureContext, VaultFacts
from components.clouds.azure.role_assignments import Grant, grant

POSTGRES = "Microsoft.DBforPostgreSQL/flexibleServers"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
SERVER_DAYS = 35
"""Longest retention of the backups of a server itself, in days. Source: Azure Database for PostgreSQL, backup and
restore."""
STATE_DAYS = 35
"""Retention of the backups of Pulumi's state, in days. Chosen: as long as a server's own backups."""
WEEKLY = "R/2026-01-04T02:00:00+00:00/P1W"
"""Every Sunday at two."""


@dataclass(frozen=True, kw_only=True)
class VaultArgs:
    context: AzureContext
    lock: str
    """`governance` or `compliance`."""


class Vault(pulumi.ComponentResource):
    """An immutable vault: `governance` can be lifted, `compliance` cannot. Its own identity can read the resources that
    it backs up."""

    facts: VaultFacts

    def __init__(self, name: str, args: VaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Vault", name, opts=opts)
        context, copied = args.context, args.context.second_region is not None
        vault = dataprotection.BackupVault(
            name,
            vault_name=context.cluster_name,
            resource_group_name=context.resource_group,
            location=context.location,
            identity=dataprotection.DppIdentityDetailsArgs(type="SystemAssigned"),
            properties=dataprotection.BackupVaultArgs(
                storage_settings=[
                    dataprotection.StorageSettingArgs(
                        datastore_type="VaultStore", type="GeoRedundant" if copied else "ZoneRedundant"
                    )
                ],
                feature_settings=dataprotection.FeatureSettingsArgs(
                    cross_region_restore_settings=dataprotection.CrossRegionRestoreSettingsArgs(state="Enabled")
                )
                if copied
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
            tags=context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
        )
        self.facts = VaultFacts(
            name=vault.name,
            # A preview knows the identity's type alone; whose it is, once the vault has an id.
            principal=pulumi.Output.all(vault.id, vault.identity).apply(_principal),
        )
        self.register_outputs({"name": vault.name})


def _principal(known: Sequence[Any]) -> str:
    _, identity = known
    return (identity.principal_id if identity else None) or ""


@dataclass(frozen=True, kw_only=True)
class BackupInstanceArgs:
    """A resource to back up: its id and type in Azure, the retention in days, and the name of its backup instance."""

    context: AzureContext
    vault: VaultFacts
    instance_name: str
    resource: pulumi.Input[str]
    kind: str
    days: int
    weekly: bool
    """Whether to take weekly backups; otherwise every change is retained in the resource itself."""
    tags: Mapping[str, str]


class BackupInstance(pulumi.ComponentResource):
    """A backup policy and its backup instance."""

    def __init__(self, name: str, args: BackupInstanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:BackupInstance", name, opts=opts)
        self._args = args
        own = self._opts = pulumi.ResourceOptions(parent=self)
        context, vault = args.context, args.vault
        if args.kind == POSTGRES:
            role = "PostgreSQL Flexible Server Long Term Retention Backup Role"
            granted = [
                self._let(f"{name}-vault", args.instance_name, role, args.resource),
                self._let(f"{name}-vault-reader", f"{args.instance_name}/reader", "Reader", context.group_id),
            ]
        else:
            role = "Storage Account Backup Contributor"
            granted = [self._let(f"{name}-vault", args.instance_name, role, args.resource)]
        policy = dataprotection.BackupPolicy(
            name,
            backup_policy_name=args.instance_name,
            vault_name=vault.name,
            resource_group_name=context.resource_group,
            properties=dataprotection.BackupPolicyArgs(
                object_type="BackupPolicy", datasource_types=[args.kind], policy_rules=_rules(args)
            ),
            opts=own,
        )
        source = args.resource
        dataprotection.BackupInstance(
            name,
            backup_instance_name=args.instance_name,
            vault_name=vault.name,
            resource_group_name=context.resource_group,
            properties=dataprotection.BackupInstanceArgs(
                object_type="BackupInstance",
                friendly_name=args.instance_name,
                data_source_info=dataprotection.DatasourceArgs(
                    object_type="Datasource",
                    datasource_type=args.kind,
                    resource_id=source,
                    resource_location=context.location,
                    resource_type=args.kind.removesuffix("/blobServices"),
                ),
                policy_info=dataprotection.PolicyInfoArgs(policy_id=policy.id),
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=granted),
        )
        self.register_outputs({})

    def _let(self, name: str, key: str, role: str, scope: pulumi.Input[str]) -> pulumi.Resource:
        """Grants a role to the vault's own identity."""
        wanted = Grant(
            key=f"{self._args.context.cluster_name}/vault/{key}",
            role=role,
            principal=self._args.vault.principal,
            principal_type="ServicePrincipal",
            scope=scope,
        )
        return grant(name, self._args.context, wanted, self._opts)


def _rules(
    args: BackupInstanceArgs,
) -> list[dataprotection.AzureBackupRuleArgs | dataprotection.AzureRetentionRuleArgs]:
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
