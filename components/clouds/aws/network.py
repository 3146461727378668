"""The cluster's network: a VPC with public, private and data subnets in each zone.

Load balancers are in the public subnets, nodes in the private ones, databases in the data ones, which have no egress.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext, NetworkFacts
from components.clouds.aws.flow_logs import FlowLogsArgs, log_flows
from slipway.settings.clouds.aws_existing import AwsNetwork as NetworkSettings
from slipway.settings.clouds.aws_zones import zone_ids

LAYERS = ("public", "private", "data")
ANYWHERE = "0.0.0.0/0"
INTERFACES = ("ecr.api", "ecr.dkr", "secretsmanager", "sts")
"""AWS services with an interface endpoint in the network."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    context: AwsContext
    settings: NetworkSettings


def subnet_cidrs(cidr: str, zones: int) -> dict[str, tuple[str, ...]]:
    """Returns the address ranges of each layer, one per zone: a sixteenth of the network each."""
    parts = ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=4)
    return {layer: tuple(str(part) for part in islice(parts, zones)) for layer in LAYERS}


class Network(pulumi.ComponentResource):
    """The VPC of the cluster; replicas in the second region use `SecondNetwork`."""

    facts: NetworkFacts

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Network", name, opts=opts)
        self._name, self._args, self._context = name, args, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.settings.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._tags("vpc"),
            opts=self._opts,
        )
        self._vpc_id = vpc.id
        # The default security group has no rules, so a resource without a group of its own has no access.
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=vpc.id, ingress=[], egress=[], tags=self._tags("none"), opts=self._opts
        )
        cidrs = subnet_cidrs(args.settings.cidr, args.settings.zones)
        subnets = {
            layer: [self._subnet(layer, index, cidr) for index, cidr in enumerate(cidrs[layer])] for layer in LAYERS
        }
        self._route(subnets)
        self._endpoints(subnets["private"])
        log_flows(f"{name}-flows", FlowLogsArgs(context=args.context, vpc_id=vpc.id, part="flows"), self)
        self.facts = NetworkFacts(
            vpc_id=vpc.id,
            private_subnets=[subnet.id for subnet in subnets["private"]],
            data_subnets=[subnet.id for subnet in subnets["data"]],
            private_cidrs=cidrs["private"],
            data_cidrs=cidrs["data"],
        )
        self.register_outputs({"vpc": vpc.id})

    def _tags(self, part: str) -> dict[str, str]:
        return {**self._context.cluster_tags, "Name": f"{self._context.cluster_name}-{part}"}

    def _subnet(self, layer: str, index: int, cidr: str) -> aws.ec2.Subnet:
        """Creates a subnet in a zone by the zone's id or, if unknown, by its letter, which differs between accounts."""
        roles = {"public": {"kubernetes.io/role/elb": "1"}, "private": {"kubernetes.io/role/internal-elb": "1"}}
        ids = zone_ids(self._context.region, self._args.settings.zones)
        zone = f"{self._context.region}{'abc'[index]}" if ids is None else ids[index]
        return aws.ec2.Subnet(
            f"{self._name}-{layer}-{index}",
            vpc_id=self._vpc_id,
            cidr_block=cidr,
            availability_zone=zone if ids is None else None,
            availability_zone_id=None if ids is None else zone,
            map_public_ip_on_launch=False,
            tags={**self._tags(f"{layer}-{zone}"), **roles.get(layer, {})},
            opts=self._opts,
        )

    def _route(self, subnets: Mapping[str, list[aws.ec2.Subnet]]) -> None:
        gateway = aws.ec2.InternetGateway(self._name, vpc_id=self._vpc_id, tags=self._tags("gateway"), opts=self._opts)
        self._table("public", subnets["public"], gateway_id=gateway.id)
        data = self._table("data", subnets["data"])
        gateways = [self._nat(index, subnet, gateway) for index, subnet in enumerate(subnets["public"][: self._nats()])]
        tables = [data]
        for index, gateway in enumerate(gateways):
            shared = len(gateways) == 1
            served = subnets["private"] if shared else [subnets["private"][index]]
            tables.append(self._table("private" if shared else f"private-{index}", served, nat_gateway_id=gateway.id))
        aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc_id,
            service_name=f"com.amazonaws.{self._context.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags=self._tags("s3"),
            opts=self._opts,
        )

    def _endpoints(self, subnets: Sequence[aws.ec2.Subnet]) -> None:
        """Creates endpoints for images, secrets and credentials, which therefore do not depend on NAT."""
        group = aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            name=f"{self._context.cluster_name}-endpoints",
            description="Services of AWS inside the network",
            vpc_id=self._vpc_id,
            tags=self._tags("endpoints"),
            opts=self._opts,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-endpoints",
            security_group_id=group.id,
            description="Everything in the network",
            cidr_ipv4=self._args.settings.cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            tags=self._tags("endpoints"),
            opts=self._opts,
        )
        for service in INTERFACES:
            aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
                vpc_id=self._vpc_id,
                service_name=f"com.amazonaws.{self._context.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in subnets],
                security_group_ids=[group.id],
                tags=self._tags(service),
                opts=self._opts,
            )

    def _nats(self) -> int:
        return self._args.settings.zones if self._args.settings.nat == "zone" else 1

    def _nat(self, index: int, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{index}"
        address = aws.ec2.Eip(name, domain="vpc", tags=self._tags(f"nat-{index}"), opts=self._opts)
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._tags(f"nat-{index}"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[gateway]),
        )

    def _table(self, part: str, subnets: Sequence[aws.ec2.Subnet], **gateway: pulumi.Input[str]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{part}"
        table = aws.ec2.RouteTable(name, vpc_id=self._vpc_id, tags=self._tags(part), opts=self._opts)
        if gateway:
            aws.ec2.Route(name, route_table_id=table.id, destination_cidr_block=ANYWHERE, **gateway, opts=self._opts)
        for index, subnet in enumerate(subnets):
            aws.ec2.RouteTableAssociation(
                f"{name}-{index}", route_table_id=table.id, subnet_id=subnet.id, opts=self._opts
            )
        return table
