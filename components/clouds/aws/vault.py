"""AWS Backup: the vaults of backups, and the role that creates and test-restores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext, KeyFacts, VaultFacts
from components.clouds.aws.policy import document
from components.manifests import names
from slipway.settings.databases import RestoreTest
from slipway.settings.limits import most

CONTINUOUS_DAYS = 35
"""Longest retention of a continuous backup, in days. Source: AWS Backup Developer Guide, point-in-time recovery."""
LONGEST_DAYS = 3650
"""Longest retention that the vault accepts, in days. Chosen: ten years, more than any system declares."""
COOLING_DAYS = 3
"""Days after which a lock in compliance mode is permanent. Source: AWS Backup PutBackupVaultLockConfiguration, 3 at
least."""
POLICIES = (
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
)
TESTS = {
    "day": "cron(0 4 ? * * *)",
    "week": "cron(0 4 ? * SUN *)",
    "month": "cron(0 4 1 * ? *)",
}


@dataclass(frozen=True, kw_only=True)
class VaultsArgs:
    context: AwsContext
    key: KeyFacts
    lock: str
    """`governance` or `compliance`."""


class Vaults(pulumi.ComponentResource):
    """One vault in each region, with the cluster's name."""

    facts: VaultFacts

    def __init__(self, name: str, args: VaultsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Vaults", name, opts=opts)
        self._args, self._context, self._opts = args, args.context, pulumi.ResourceOptions(parent=self)
        region, second = args.context.region, args.context.second_region
        self._vault(name, region, args.key.arn)
        copy_arn = None
        if second is not None and args.key.second_arn is not None:
            self._vault(f"{name}-copies", second, args.key.second_arn)
            copy_arn = self._arn(second)
        self.facts = VaultFacts(
            name=args.context.cluster_name,
            arn=self._arn(region),
            copy_arn=copy_arn,
            role_arn=self._role(name).arn,
        )
        self.register_outputs({"name": self.facts.name})

    def _arn(self, region: str) -> str:
        return vault_arn(self._context, region)

    def _vault(self, name: str, region: str, key: pulumi.Input[str]) -> None:
        vault = aws.backup.Vault(
            name,
            name=self._context.cluster_name,
            region=region,
            kms_key_arn=key,
            force_destroy=False,
            tags=self._context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._context.protect),
        )
        # Without `changeable_for_days` the lock is in governance mode, which privileged users can remove; with it,
        # nobody can.
        aws.backup.VaultLockConfiguration(
            name,
            backup_vault_name=vault.name,
            region=region,
            min_retention_days=1,
            max_retention_days=LONGEST_DAYS,
            changeable_for_days=COOLING_DAYS if self._args.lock == "compliance" else None,
            opts=self._opts,
        )

    def _role(self, name: str) -> aws.iam.Role:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "backup.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": self._context.account}},
        }
        role = aws.iam.Role(
            f"{name}-backup",
            name=names.shortened(f"{self._context.cluster_name}-backup", most("iam role")),
            assume_role_policy=document(trust),
            tags=self._context.cluster_tags,
            opts=self._opts,
        )
        for policy in POLICIES:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=self._opts
            )
        return role


def vault_arn(context: AwsContext, region: str) -> str:
    return f"arn:aws:backup:{region}:{context.account}:backup-vault:{context.cluster_name}"


@dataclass(frozen=True, kw_only=True)
class BackupPlanArgs:
    """The resource to back up, the retention, and the schedule of restore tests. `kind` is AWS Backup's resource type;
    `subnets` is the subnet group of a restored database."""

    vault: VaultFacts
    plan_name: str
    resource: pulumi.Input[str]
    kind: str
    retention_days: int
    copied: bool
    restore_test: RestoreTest | None
    subnets: pulumi.Input[str] | None
    tags: Mapping[str, str]
    continuous: bool = True
    """Whether AWS Backup supports point-in-time recovery of this type; otherwise the server's own backups provide it.
    """


class BackupPlan(pulumi.ComponentResource):
    """Continuous backup where AWS supports it, and a daily snapshot with the declared retention and a copy."""

    def __init__(self, name: str, args: BackupPlanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:BackupPlan", name, opts=opts)
        self._name, self._args, self._vault = name, args, args.vault
        self._opts = pulumi.ResourceOptions(parent=self)
        rules = [*([self._continuous()] if args.continuous else []), self._daily()]
        plan = aws.backup.Plan(
            name, name=backup_name(args.plan_name), rules=rules, tags=dict(args.tags), opts=self._opts
        )
        aws.backup.Selection(
            name,
            name=backup_name(args.plan_name),
            plan_id=plan.id,
            iam_role_arn=args.vault.role_arn,
            resources=[args.resource],
            opts=self._opts,
        )
        if args.restore_test is not None:
            self._create_restore_test(args.restore_test)
        self.register_outputs({})

    def _continuous(self) -> aws.backup.PlanRuleArgs:
        days = min(self._args.retention_days, CONTINUOUS_DAYS)
        return aws.backup.PlanRuleArgs(
            rule_name="continuous",
            target_vault_name=self._vault.name,
            schedule="cron(0 1 * * ? *)",
            start_window=60,
            completion_window=480,
            enable_continuous_backup=True,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=days),
        )

    def _daily(self) -> aws.backup.PlanRuleArgs:
        kept, copies = self._args.retention_days, self._vault.copy_arn
        action = aws.backup.PlanRuleCopyActionArgs(
            destination_vault_arn=copies or "",
            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=kept),
        )
        return aws.backup.PlanRuleArgs(
            rule_name="daily",
            target_vault_name=self._vault.name,
            schedule="cron(0 2 * * ? *)",
            start_window=60,
            completion_window=480,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=kept),
            copy_actions=[action] if self._args.copied and copies else None,
        )

    def _create_restore_test(self, test: RestoreTest) -> None:
        """Creates a plan that restores the newest backup; AWS deletes the restored resource after four hours."""
        name = restore_test_name(self._args.plan_name)
        plan = aws.backup.RestoreTestingPlan(
            self._name,
            name=name,
            schedule_expression=TESTS[test.every],
            start_window_hours=4,
            recovery_point_selection=aws.backup.RestoreTestingPlanRecoveryPointSelectionArgs(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[self._vault.arn],
                recovery_point_types=["CONTINUOUS", "SNAPSHOT"] if self._args.continuous else ["SNAPSHOT"],
                selection_window_days=7,
            ),
            tags=dict(self._args.tags),
            opts=self._opts,
        )
        group = self._args.subnets
        aws.backup.RestoreTestingSelection(
            self._name,
            name=name,
            restore_testing_plan_name=plan.name,
            protected_resource_type=self._args.kind,
            protected_resource_arns=[self._args.resource],
            iam_role_arn=self._vault.role_arn,
            restore_metadata_overrides={"dbSubnetGroupName": group, "publiclyAccessible": "false"} if group else None,
            validation_window_hours=4,
            opts=self._opts,
        )


def backup_name(plan_name: str) -> str:
    """Returns the name of a plan and of its selection."""
    return names.shortened(plan_name, most("backup plan"))


def restore_test_name(plan_name: str) -> str:
    """Returns a name with letters, digits and underscores only; AWS rejects hyphens here."""
    return backup_name(plan_name).replace("-", "_")
