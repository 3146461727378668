"""Roles that AWS services assume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.policy import document


@dataclass(frozen=True, kw_only=True)
class ServiceRoleArgs:
    role_name: str
    service: str
    """The service's principal."""
    tags: Mapping[str, str]
    account: str | None = None
    """The account for which the service acts; None for services that do not pass it."""
    actions: Sequence[str] = ("sts:AssumeRole",)
    policies: Sequence[str] = ()
    """Names of AWS managed policies."""


class ServiceRole(pulumi.ComponentResource):
    """A role for one AWS service, with managed policies. Depending on this component also waits for the policies."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ServiceRoleArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slipway:aws:ServiceRole", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self)
        trust: dict[str, object] = {
            "Effect": "Allow",
            "Action": list(args.actions),
            "Principal": {"Service": args.service},
        }
        if args.account is not None:
            # Prevents the confused deputy: the service using the role on behalf of another account.
            trust["Condition"] = {"StringEquals": {"aws:SourceAccount": args.account}}
        role = aws.iam.Role(
            name, name=args.role_name, assume_role_policy=document(trust), tags=dict(args.tags), opts=own
        )
        for policy in args.policies:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=own
            )
        self.arn, self.name = role.arn, role.name
        self.register_outputs({"arn": role.arn})
