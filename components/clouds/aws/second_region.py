"""The network of database replicas in the second region: data subnets without ingress or egress."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext, SecondRegion
from components.clouds.aws.flow_logs import FlowLogsArgs, log_flows
from components.clouds.aws.network import subnet_cidrs
from slipway.settings.clouds.aws_zones import zone_ids


@dataclass(frozen=True, kw_only=True)
class SecondNetworkArgs:
    context: AwsContext
    region: str
    cidr: str
    zones: int
    key_arn: pulumi.Input[str]
    """Key in the second region."""


class SecondNetwork(pulumi.ComponentResource):
    """A network for replicas, described by `facts`. It admits no connections until a cluster is created there."""

    facts: SecondRegion

    def __init__(self, name: str, args: SecondNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SecondNetwork", name, opts=opts)
        name, own = f"{name}-copies", pulumi.ResourceOptions(parent=self)
        full_name = f"{args.context.cluster_name}-copies"
        tags = {**args.context.cluster_tags, "Name": full_name}
        vpc = aws.ec2.Vpc(
            name,
            region=args.region,
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=tags,
            opts=own,
        )
        aws.ec2.DefaultSecurityGroup(
            name, region=args.region, vpc_id=vpc.id, ingress=[], egress=[], tags=tags, opts=own
        )
        group = aws.ec2.SecurityGroup(
            name,
            region=args.region,
            name=full_name,
            description="Copies of databases, which wait to take over",
            vpc_id=vpc.id,
            tags=tags,
            opts=own,
        )
        flows = FlowLogsArgs(context=args.context, vpc_id=vpc.id, part="copies-flows", region=args.region)
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
                opts=own,
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
