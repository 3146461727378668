"""Security groups of servers that the cluster's nodes and pods connect to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pulumi
import pulumi_aws as aws


def firewall(
    name: str,
    server: str,
    vpc_id: pulumi.Input[str],
    clients: Sequence[str],
    ports: Sequence[int],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> aws.ec2.SecurityGroup:
    """Lets the address ranges `clients` in at `ports`, and nothing out. AWS refuses descriptions with an apostrophe."""
    group = aws.ec2.SecurityGroup(
        name,
        name=server,
        description=f"Who may connect to {server}",
        vpc_id=vpc_id,
        tags={**tags, "Name": server},
        opts=opts,
    )
    for index, (port, cidr) in enumerate(product(ports, clients)):
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-{index}",
            security_group_id=group.id,
            description="Nodes and pods of the cluster",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=dict(tags),
            opts=opts,
        )
    return group
