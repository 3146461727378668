"""Roles that services of AWS take on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws


def service_role(
    name: str,
    role_name: str,
    service: str,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
    *,
    actions: Sequence[str] = ("sts:AssumeRole",),
    policies: Sequence[str] = (),
) -> aws.iam.Role:
    """A role for `service`, with `policies` of AWS' own by name."""
    opts = pulumi.ResourceOptions(parent=parent)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": list(actions), "Principal": {"Service": service}}],
    }
    role = aws.iam.Role(name, name=role_name, assume_role_policy=json.dumps(trust), tags=dict(tags), opts=opts)
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy}", role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}", opts=opts
        )
    return role
