"""The network that copies of databases stand in, in the second region: data subnets with no way in or out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cloud.aws.flow_logs import FlowLogsArgs, log_flows
from components.cloud.aws.network import subnet_cidrs
from components.cloud.aws.surroundings import SecondRegion
from settings.aws_zones import zone_ids


@dataclass(frozen=True, kw_only=True)
class SecondNetworkArgs:
    cluster_name: str
    region: str
    cidr: str
    zones: int
    key_arn: pulumi.Input[str]
    log_retention_days: int
    tags: Mapping[str, str]


class SecondNetwork(pulumi.ComponentResource):
    """`facts` is where copies stand. Nobody may connect before a cluster is made there and let in."""

    facts: SecondRegion

    def __init__(self, name: str, args: SecondNetworkArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:SecondNetwork", name, opts=pulumi.ResourceOptions(parent=parent))
        name, opts = f"{name}-copies", pulumi.ResourceOptions(parent=self)
        tags = {**args.tags, "Name": f"{args.cluster_name}-copies"}
        vpc = aws.ec2.Vpc(
            name,
            region=args.region,
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=tags,
            opts=opts,
        )
        aws.ec2.DefaultSecurityGroup(
            name, region=args.region, vpc_id=vpc.id, ingress=[], egress=[], tags=tags, opts=opts
        )
        group = aws.ec2.SecurityGroup(
            name,
            region=args.region,
            name=f"{args.cluster_name}-copies",
            description="Copies of databases, which wait to take over",
            vpc_id=vpc.id,
            tags=tags,
            opts=opts,
        )
        flows = FlowLogsArgs(
            vpc_id=vpc.id,
            stem=f"{args.cluster_name}-copies-flows",
            group=f"/slipway/{args.cluster_name}/copies-flows",
            region=args.region,
            retention_days=args.log_retention_days,
            tags={**args.tags, "Name": f"{args.cluster_name}-copies-flows"},
        )
        log_flows(f"{name}-flows", flows, self)
        ids = zone_ids(args.region, args.zones)
        subnets = [
            aws.ec2.Subnet(
                f"{name}-{index}",
                region=args.region,
                vpc_id=vpc.id,
                cidr_block=cidr,
                availability_zone=f"{args.region}{'abc'[index]}" if ids is None else None,
                availability_zone_id=None if ids is None else ids[index],
                map_public_ip_on_launch=False,
                tags=tags,
                opts=opts,
            )
            for index, cidr in enumerate(subnet_cidrs(args.cidr, args.zones)["data"])
        ]
        self.facts = SecondRegion(
            region=args.region,
            subnets=[subnet.id for subnet in subnets],
            firewall=group.id,
            key_arn=args.key_arn,
        )
        self.register_outputs({"network": vpc.id})
