"""Roles that services of AWS take on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws


class ServiceRole(pulumi.ComponentResource):
    """A role for one service of AWS, with policies of AWS' own. Depended on as a whole, it may do its work."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        role_name: str,
        service: str,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
        *,
        actions: Sequence[str] = ("sts:AssumeRole",),
        policies: Sequence[str] = (),
    ) -> None:
        super().__init__("slipway:aws:ServiceRole", name, opts=pulumi.ResourceOptions(parent=parent))
        opts = pulumi.ResourceOptions(parent=self)
        trust = {"Effect": "Allow", "Action": list(actions), "Principal": {"Service": service}}
        role = aws.iam.Role(name, name=role_name, assume_role_policy=_document([trust]), tags=dict(tags), opts=opts)
        for policy in policies:
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=opts
            )
        self.arn, self.name = role.arn, role.name
        self.register_outputs({"arn": role.arn})


def _document(statements: Sequence[Mapping[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
