"""Security groups of servers to which the cluster's nodes and pods connect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import NetworkFacts


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    server: str
    network: NetworkFacts
    ports: Sequence[int]
    tags: Mapping[str, str]


def firewall(name: str, args: FirewallArgs, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """Returns a security group that admits nodes and pods at `ports` and has no egress. AWS rejects apostrophes in
    descriptions."""
    group = aws.ec2.SecurityGroup(
        name,
        name=args.server,
        description=f"Who may connect to {args.server}",
        vpc_id=args.network.vpc_id,
        tags={**args.tags, "Name": args.server},
        opts=opts,
    )
    for index, (port, cidr) in enumerate(product(args.ports, args.network.private_cidrs)):
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-{index}",
            security_group_id=group.id,
            description="Nodes and pods of the cluster",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=dict(args.tags),
            opts=opts,
        )
    return group
