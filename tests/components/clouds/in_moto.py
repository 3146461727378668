"""Roles and buckets of a resolved stack, created in moto and read back: what AWS would have to judge."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from moto import mock_aws

from tests.components.clouds.resolved import Resolved, Resource

ROLE, INLINE = "iam/role:Role", "iam/rolePolicy:RolePolicy"
ATTACHMENT, MANAGED = "iam/rolePolicyAttachment:RolePolicyAttachment", "iam/policy:Policy"
BUCKET, BUCKET_POLICY = "s3/bucket:Bucket", "s3/bucketPolicy:BucketPolicy"
REGION = "us-east-1"
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}

Document = Mapping[str, Any]


@dataclass(frozen=True)
class CreatedRole:
    """A role as IAM holds it. `attached` are the ARNs of policies that AWS wrote; of ours `policies` has the text."""

    name: str
    arn: str
    account: str
    trust: Document
    policies: Sequence[Document]
    attached: Sequence[str]


@dataclass(frozen=True)
class Created:
    """Roles by their logical name, and the policy of each bucket by its ARN, None for a bucket without one."""

    roles: Mapping[str, CreatedRole]
    buckets: Mapping[str, Document | None]


@mock_aws
def created(stack: Resolved) -> Created:
    """A stack's roles and buckets. IAM refuses malformed documents of roles with a ClientError."""
    session = boto3.Session(**CREDENTIALS)
    iam, s3 = session.client("iam"), session.client("s3")
    ours = {policy.arn: _managed(iam, policy) for policy in stack.of(MANAGED)}
    roles = {role.name: _role(iam, role, stack, ours) for role in stack.of(ROLE)}
    strangers = {each.text("role") for each in stack.of(INLINE, ATTACHMENT)} - {each.name for each in roles.values()}
    assert not strangers, f"policies of roles that the stack does not have: {sorted(strangers)}"
    policies = {policy.text("bucket"): policy.text("policy") for policy in stack.of(BUCKET_POLICY)}
    buckets = {str(bucket.arn): _bucket(s3, bucket.id, policies.pop(bucket.id, None)) for bucket in stack.of(BUCKET)}
    assert not policies, f"policies of buckets that the stack does not have: {list(policies)}"
    return Created(roles, buckets)


def _managed(iam: Any, policy: Resource) -> Document:
    text = policy.text("policy")
    arn = iam.create_policy(PolicyName=policy.id.rpartition("/")[2], PolicyDocument=text)["Policy"]["Arn"]
    return iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]


def _role(iam: Any, role: Resource, stack: Resolved, ours: Mapping[str | None, Document]) -> CreatedRole:
    trust = role.text("assumeRolePolicy")
    iam.create_role(RoleName=role.id, AssumeRolePolicyDocument=trust)
    # moto checks a trust policy only when it is replaced.
    iam.update_assume_role_policy(RoleName=role.id, PolicyDocument=trust)
    for policy in stack.of(INLINE):
        if policy.text("role") == role.id:
            iam.put_role_policy(RoleName=role.id, PolicyName=policy.id, PolicyDocument=policy.text("policy"))
    inline = [
        iam.get_role_policy(RoleName=role.id, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role.id)["PolicyNames"]
    ]
    attached = [each.text("policyArn") for each in stack.of(ATTACHMENT) if each.text("role") == role.id]
    return CreatedRole(
        name=role.id,
        arn=str(role.arn),
        account=role.account,
        trust=iam.get_role(RoleName=role.id)["Role"]["AssumeRolePolicyDocument"],
        policies=[*inline, *(ours[arn] for arn in attached if arn in ours)],
        attached=[arn for arn in attached if arn not in ours],
    )


def _bucket(s3: Any, name: str, policy: str | None) -> Document | None:
    s3.create_bucket(Bucket=name)
    if policy is None:
        return None
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    return json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
