"""AWS permissions of a service account: its own role, by EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsClusterContext, AwsContext, ControlPlane
from components.clouds.aws.policy import Statement, allow, deferred, document
from components.clouds.contract import (
    IdentityArgs,
    IdentityFacts,
    NoIdentity,
    UseBucket,
    UseQueue,
    UseResource,
    UseTopic,
    WorkloadIdentity,
    WriteBackups,
)
from components.manifests import names
from components.manifests.network_policy import NetworkPeer
from slipway.settings.clouds.grants.aws import KINDS, statements
from slipway.settings.limits import most

AGENT = NetworkPeer(80, ("169.254.170.23/32",))
"""Address on each node from which pods get their credentials."""
APIS = NetworkPeer(443, ("0.0.0.0/0",))
"""Addresses of AWS' APIs, which are many and change."""


OwnGrant = UseBucket | WriteBackups | UseQueue | UseTopic
SERVICES: Mapping[type, str] = {UseBucket: "s3", WriteBackups: "s3", UseQueue: "sqs", UseTopic: "sns"}
"""The service that encrypts what a grant is on."""
RIGHTS = {kind.name: kind.rights for kind in KINDS}
"""The actions of each right, which are the same on resources of others."""


@dataclass(frozen=True, kw_only=True)
class PodIdentityArgs:
    context: AwsContext
    control_plane: ControlPlane
    namespace: str
    service_account: str
    tags: Mapping[str, str]


class PodIdentity(pulumi.ComponentResource):
    """The role of a service account. Pods need only `facts`; other components grant permissions by `role_name`."""

    facts: IdentityFacts
    bindings: Sequence[pulumi.Resource]
    grants: Sequence[pulumi.Resource]
    role_name: pulumi.Output[str]

    def __init__(self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:PodIdentity", name, opts=opts)
        self._name, context = name, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=names.shortened(f"{context.cluster_name}-{args.namespace}-{args.service_account}", most("iam role")),
            assume_role_policy=trust(context),
            tags=dict(args.tags),
            opts=self._opts,
        )
        association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=args.control_plane.name,
            namespace=args.namespace,
            service_account=args.service_account,
            role_arn=role.arn,
            tags=dict(args.tags),
            opts=self._opts,
        )
        self.role_name = role.name
        self.facts = IdentityFacts(peers=[AGENT, APIS])
        self.bindings, self.grants = [association], [association, self]
        self.register_outputs({"role": role.arn})

    def may(self, statements: Sequence[Statement]) -> None:
        aws.iam.RolePolicy(
            self._name, name="grants", role=self.role_name, policy=deferred(*statements), opts=self._opts
        )

    def may_on(self, what: str, statements: Sequence[Statement]) -> None:
        """Grants rights on resources whose names are known, such as those of others, in a document of its own that a
        preview shows whole."""
        if statements:
            aws.iam.RolePolicy(
                f"{self._name}-{what}", name=what, role=self.role_name, policy=document(*statements), opts=self._opts
            )


class ControllerIdentity(WorkloadIdentity, Protocol):
    """The identity of a controller of the cluster, to whose role systems grant rights."""

    @property
    def role_name(self) -> pulumi.Output[str]: ...


def identity(args: IdentityArgs, context: AwsClusterContext, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
    """Implements `Cloud.identity`: no role if nothing is granted."""
    if not args.grants:
        return NoIdentity()
    created = PodIdentity(
        args.scope.logical(args.name),
        PodIdentityArgs(
            context=context,
            control_plane=context.control_plane,
            namespace=args.scope.namespace,
            service_account=args.name,
            tags=context.tagged(args.source, system=args.scope.system),
        ),
        context.below(opts),
    )
    own = [each for each in args.grants if not isinstance(each, UseResource)]
    if own:
        stored = [each for each in own if isinstance(each, UseBucket | WriteBackups)]
        created.may([*(statement for grant in stored for statement in statements_of(grant)), _use_key(context, own)])
    created.may_on("queues", [on_queue(each) for each in own if isinstance(each, UseQueue | UseTopic)])
    others = [each for each in args.grants if isinstance(each, UseResource)]
    created.may_on("others", [each for grant in others for each in statements(grant.settings, context.account)])
    return created


def on_queue(grant: UseQueue | UseTopic) -> Statement:
    if isinstance(grant, UseTopic):
        return allow(RIGHTS["topic"]["send"], grant.topic.id)
    return allow(list(dict.fromkeys(each for right in grant.may for each in RIGHTS["queue"][right])), grant.queue.id)


def statements_of(grant: UseBucket | WriteBackups) -> list[Statement]:
    bucket = f"arn:aws:s3:::{grant.bucket.name}"
    if isinstance(grant, UseBucket):
        below = {"Condition": {"StringLike": {"s3:prefix": [f"{grant.prefix}*"]}}} if grant.prefix else {}
        return [
            allow(["s3:ListBucket"], bucket, **below),
            allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{bucket}/{grant.prefix}*"),
        ]
    return [allow(["s3:ListBucket"], bucket), allow(["s3:GetObject", "s3:PutObject"], f"{bucket}/*")]


def trust(context: AwsContext) -> str:
    """Returns a trust policy for EKS alone, limited to this account and cluster."""
    cluster = f"arn:aws:eks:{context.region}:{context.account}:cluster/{context.eks_name}"
    return document(
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": context.account},
                "ArnEquals": {"aws:SourceArn": cluster},
            },
        }
    )


def _use_key(context: AwsClusterContext, grants: Sequence[OwnGrant]) -> Statement:
    """Returns the right to use the cluster's key through the services that encrypt what is granted."""
    services = dict.fromkeys(SERVICES[type(each)] for each in grants)
    via = [f"{service}.{context.region}.amazonaws.com" for service in services]
    only = {"StringEquals": {"kms:ViaService": via[0] if len(via) == 1 else via}}
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], context.key.arn, Condition=only)
