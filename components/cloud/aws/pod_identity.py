"""What pods of a service account may do in AWS: a role of their own, by EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from builders.network_policy import Target
from components.cloud.aws.policy import Statement, allow, deferred, document
from components.cloud.contract import Grant, IdentityArgs, IdentityFacts, UseBucket

AGENT = Target(80, ("169.254.170.23/32",))
"""Where pods are handed their credentials, on every node."""
APIS = Target(443, ("0.0.0.0/0",))
"""AWS' own addresses, which are many and change."""


@dataclass(frozen=True, kw_only=True)
class IdentitySurroundings:
    account: str
    region: str
    cluster_name: str
    cluster: pulumi.Input[str]
    """The same name, once the cluster is there."""
    key_arn: pulumi.Input[str]
    """Of what buckets are encrypted with."""
    tags: Mapping[str, str]


class PodIdentity(pulumi.ComponentResource):
    """`facts` is all that pods need; `role_name` lets others grant more."""

    facts: IdentityFacts
    role_name: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        namespace: str,
        account: str,
        around: IdentitySurroundings,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        super().__init__(
            "slipway:aws:PodIdentity", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._name = name
        self._opts = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=names.shortened(f"{around.cluster_name}-{namespace}-{account}", 64),
            assume_role_policy=trust(around.account, around.region, around.cluster_name),
            tags=dict(tags),
            opts=self._opts,
        )
        association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=around.cluster,
            namespace=namespace,
            service_account=account,
            role_arn=role.arn,
            tags=dict(tags),
            opts=self._opts,
        )
        self.role_name = role.name
        self.facts = IdentityFacts(targets=[AGENT, APIS], trusted=[association], made=[association, self])
        self.register_outputs({"role": role.arn})

    def may(self, statements: Sequence[Statement]) -> None:
        aws.iam.RolePolicy(
            self._name, name="grants", role=self.role_name, policy=deferred(*statements), opts=self._opts
        )


def identity(
    args: IdentityArgs, around: IdentitySurroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
) -> IdentityFacts:
    """Answers `Cloud.identity`: no role where nothing is granted."""
    if not args.grants:
        return IdentityFacts()
    created = PodIdentity(
        args.scope.logical(args.name),
        args.scope.namespace,
        args.name,
        around,
        names.tags(args.source, around.tags, system=args.scope.system),
        parent,
        provider,
    )
    created.may([*(statement for grant in args.grants for statement in statements_of(grant)), _use_key(around)])
    return created.facts


def statements_of(grant: Grant) -> list[Statement]:
    bucket = f"arn:aws:s3:::{grant.bucket.name}"
    if isinstance(grant, UseBucket):
        below = {"Condition": {"StringLike": {"s3:prefix": [f"{grant.prefix}*"]}}} if grant.prefix else {}
        return [
            allow(["s3:ListBucket"], bucket, **below),
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{bucket}/{grant.prefix}*"),
        ]
    return [allow(["s3:ListBucket"], bucket), allow(["s3:GetObject", "s3:PutObject"], f"{bucket}/*")]


def trust(account: str, region: str, cluster_name: str) -> str:
    """EKS alone, for this account and this cluster."""
    return document(
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnEquals": {"aws:SourceArn": f"arn:aws:eks:{region}:{account}:cluster/{cluster_name}"},
            },
        }
    )


def _use_key(around: IdentitySurroundings) -> Statement:
    via = {"StringEquals": {"kms:ViaService": f"s3.{around.region}.amazonaws.com"}}
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], around.key_arn, Condition=via)
