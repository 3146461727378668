"""AWS Backup: the vaults that backups are kept in, and the role that makes and tries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.aws.policy import document
from settings.databases import RestoreTest

CONTINUOUS_DAYS = 35
"""The longest that a continuous backup can be kept."""
LONGEST_DAYS = 3650
COOLING_DAYS = 3
"""Days after which a vault under `compliance` can never be opened again."""
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
class VaultArgs:
    cluster_name: str
    account: str
    region: str
    key_arn: pulumi.Input[str]
    second_region: str | None
    second_key_arn: pulumi.Input[str] | None
    lock: str
    protect: bool
    tags: Mapping[str, str]


class Vaults(pulumi.ComponentResource):
    """`name` and `arn` of the vault, `copies` the ARN of that in the second region, `role_arn` of who fills them."""

    name: str
    arn: str
    copies: str | None
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: VaultArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:Vaults", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args, self._opts = args, pulumi.ResourceOptions(parent=self)
        self.name = args.cluster_name
        self.arn = f"arn:aws:backup:{args.region}:{args.account}:backup-vault:{args.cluster_name}"
        self.copies = None
        self._vault(name, args.region, args.key_arn)
        if args.second_region is not None and args.second_key_arn is not None:
            self._vault(f"{name}-copies", args.second_region, args.second_key_arn)
            self.copies = f"arn:aws:backup:{args.second_region}:{args.account}:backup-vault:{args.cluster_name}"
        self.role_arn = self._role(name).arn
        self.register_outputs({"name": self.name})

    def _vault(self, name: str, region: str, key: pulumi.Input[str]) -> None:
        vault = aws.backup.Vault(
            name,
            name=self._args.cluster_name,
            region=region,
            kms_key_arn=key,
            force_destroy=False,
            tags=dict(self._args.tags),
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        # Without `changeable_for_days` the lock is of governance: a few may lift it. With it nobody ever can.
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
            "Condition": {"StringEquals": {"aws:SourceAccount": self._args.account}},
        }
        role = aws.iam.Role(
            f"{name}-backup",
            name=names.shortened(f"{self._args.cluster_name}-backup", 64),
            assume_role_policy=document(trust),
            tags=dict(self._args.tags),
            opts=self._opts,
        )
        for policy in POLICIES:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=self._opts
            )
        return role


@dataclass(frozen=True, kw_only=True)
class PlanArgs:
    """What is backed up, for how long, and how often a backup is tried. `kind` is the word that AWS Backup has for it;
    `subnets` are the name of the group that a restored database stands in."""

    plan_name: str
    resource: pulumi.Input[str]
    kind: str
    retention_days: int
    copied: bool
    restore_test: RestoreTest | None
    subnets: pulumi.Input[str] | None
    tags: Mapping[str, str]
    continuous: bool = True
    """Whether AWS Backup can go back to any point in time; of a kind that it cannot, the server itself keeps those."""


class BackupPlan(pulumi.ComponentResource):
    """Continuous for points in time where AWS can, and a daily snapshot that lasts as long as declared and is copied."""

    def __init__(self, name: str, args: PlanArgs, vaults: Vaults, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:BackupPlan", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args, self._vaults = name, args, vaults
        self._opts = pulumi.ResourceOptions(parent=self)
        rules = [*([self._continuous()] if args.continuous else []), self._daily()]
        plan = aws.backup.Plan(name, name=args.plan_name, rules=rules, tags=dict(args.tags), opts=self._opts)
        aws.backup.Selection(
            name,
            name=names.shortened(args.plan_name, 50),
            plan_id=plan.id,
            iam_role_arn=vaults.role_arn,
            resources=[args.resource],
            opts=self._opts,
        )
        if args.restore_test is not None:
            self._try(args.restore_test)
        self.register_outputs({})

    def _continuous(self) -> aws.backup.PlanRuleArgs:
        days = min(self._args.retention_days, CONTINUOUS_DAYS)
        return aws.backup.PlanRuleArgs(
            rule_name="continuous",
            target_vault_name=self._vaults.name,
            schedule="cron(0 1 * * ? *)",
            start_window=60,
            completion_window=480,
            enable_continuous_backup=True,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=days),
        )

    def _daily(self) -> aws.backup.PlanRuleArgs:
        kept, copies = self._args.retention_days, self._vaults.copies
        action = aws.backup.PlanRuleCopyActionArgs(
            destination_vault_arn=copies or "",
            lifecycle=aws.backup.PlanRuleCopyActionLifecycleArgs(delete_after=kept),
        )
        return aws.backup.PlanRuleArgs(
            rule_name="daily",
            target_vault_name=self._vaults.name,
            schedule="cron(0 2 * * ? *)",
            start_window=60,
            completion_window=480,
            lifecycle=aws.backup.PlanRuleLifecycleArgs(delete_after=kept),
            copy_actions=[action] if self._args.copied and copies else None,
        )

    def _try(self, test: RestoreTest) -> None:
        """The newest backup is restored, and the restored one deleted by AWS after four hours."""
        name = restore_test_name(self._args.plan_name)
        plan = aws.backup.RestoreTestingPlan(
            self._name,
            name=name,
            schedule_expression=TESTS[test.every],
            start_window_hours=4,
            recovery_point_selection=aws.backup.RestoreTestingPlanRecoveryPointSelectionArgs(
                algorithm="LATEST_WITHIN_WINDOW",
                include_vaults=[self._vaults.arn],
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
            iam_role_arn=self._vaults.role_arn,
            restore_metadata_overrides={"dbSubnetGroupName": group, "publiclyAccessible": "false"} if group else None,
            validation_window_hours=4,
            opts=self._opts,
        )


def restore_test_name(plan_name: str) -> str:
    """Letters, digits and underscores, 50 at most, and no hyphen."""
    return names.shortened(plan_name, 50).replace("-", "_")
