"""A network that exists: nothing is created in it but what runs there, and everything that runs there knows it."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan, Step
from slipway.reports import existing as report
from tests.components.clouds.existing import example, with_networks
from tests.components.clouds.planned import depends_on, one, plan
from tests.components.clouds.test_azure import CLUSTER as AZURE
from tests.rehearsed import Rehearsed, rehearsed

ID = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub"
OF_NETWORKS = (
    "aws:ec2/vpc:Vpc",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/flowLog:FlowLog",
    "azure-native:network:VirtualNetwork",
    "azure-native:network:Subnet",
    "azure-native:network:NatGateway",
    "azure-native:network:NetworkSecurityGroup",
    "azure-native:network:PublicIPAddress",
)


@pytest.fixture(scope="module")
def made() -> Rehearsed:
    return with_networks()


@pytest.fixture(scope="module")
def planned(made: Rehearsed) -> Plan:
    return made.plan


def of(planned: Plan, type_: str) -> list[Step]:
    return [step for step in planned.steps if step.type == type_]


def test_nothing_of_the_network_is_created(planned: Plan) -> None:
    """Staging creates each of them for its own networks; neither cluster has one here."""
    own = {step.type for step in rehearsed("staging").plan.steps}
    assert set(OF_NETWORKS) <= own
    assert {step.type for step in planned.steps}.isdisjoint(OF_NETWORKS)


def test_the_rules_find_nothing_and_the_report_says_what_they_cannot_see(made: Rehearsed) -> None:
    """Both networks are named as not judged; staging's own networks are judged."""
    assert made.findings == rehearsed("staging").findings
    reported = list(report.lines(made.stack))
    assert [line.split(":")[0] for line in reported] == list(made.stack.clusters)
    assert "vpc-0a1b2c3d4e5f60718" in "".join(reported)
    assert "the network hub" in "".join(reported)
    assert list(report.lines(rehearsed("staging").stack)) == []


def test_on_aws_everything_is_in_the_declared_subnets(planned: Plan) -> None:
    """Nodes in the private ones, databases in their own, the load balancer in the public ones."""
    cluster = one(planned, "aws:eks/cluster:Cluster")
    assert cluster.inputs["vpcConfig"]["subnetIds"] == ["subnet-0a1b2c3d4e5f60703", "subnet-0a1b2c3d4e5f60704"]
    groups = of(planned, "aws:rds/subnetGroup:SubnetGroup")
    assert groups
    for group in groups:
        assert group.inputs["subnetIds"] == ["subnet-0a1b2c3d4e5f60705", "subnet-0a1b2c3d4e5f60706"]
    firewalls = of(planned, "aws:ec2/securityGroup:SecurityGroup")
    assert firewalls
    assert {each.inputs["vpcId"] for each in firewalls} == {"vpc-0a1b2c3d4e5f60718"}
    rules = of(planned, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    admitted = {each.inputs["cidrIpv4"] for each in rules if "cidrIpv4" in each.inputs}
    assert (
        {"10.80.16.0/20", "10.80.32.0/20"}
        <= admitted
        <= {"10.80.16.0/20", "10.80.32.0/20", "10.80.2.0/24", "10.80.3.0/24"}
    )
    (proxy,) = [
        step
        for step in of(planned, "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy")
        if "aws-load-balancer" in str(step.inputs)
    ]
    annotations = proxy.inputs["spec"]["provider"]["kubernetes"]["envoyService"]["annotations"]
    subnets = annotations["service.beta.kubernetes.io/aws-load-balancer-subnets"]
    assert subnets == "subnet-0a1b2c3d4e5f60701,subnet-0a1b2c3d4e5f60702"


def test_pods_may_call_the_declared_ranges_alone(planned: Plan) -> None:
    """Network policies open the ranges of databases and of private endpoints that exist, none of staging's own."""
    called = {
        peer["ipBlock"]["cidr"]
        for policy in of(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy")
        for rule in policy.inputs["spec"].get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    }
    assert {"10.80.2.0/24", "10.80.3.0/24", "10.90.16.0/24"} <= called
    assert not {each for each in called if each.startswith(("10.20.", "10.30.", "10.40."))}


def test_on_azure_everything_is_in_the_declared_subnets(planned: Plan) -> None:
    """Nodes leave by the owner's routes, and the API server admits their addresses."""
    cluster = one(planned, "azure-native:containerservice:ManagedCluster")
    assert {pool["vnetSubnetID"] for pool in cluster.inputs["agentPoolProfiles"]} == {f"{ID}/subnets/aks"}
    assert cluster.inputs["networkProfile"]["outboundType"] == "userDefinedRouting"
    assert cluster.inputs["apiServerAccessProfile"]["authorizedIPRanges"][-1] == "198.51.100.7/32"
    servers = of(planned, "azure-native:dbforpostgresql:Server")
    assert servers
    assert {each.inputs["network"]["delegatedSubnetResourceId"] for each in servers} == {f"{ID}/subnets/postgres"}
    endpoints = of(planned, "azure-native:network:PrivateEndpoint")
    assert endpoints
    assert {each.inputs["subnet"]["id"] for each in endpoints} == {f"{ID}/subnets/endpoints"}


def test_on_azure_zones_that_exist_are_used_and_others_are_made(planned: Plan) -> None:
    """The vault's is the network's own; those of files and servers are created, and linked to it."""
    made = {step.inputs["privateZoneName"] for step in of(planned, "azure-native:privatedns:PrivateZone")}
    assert "privatelink.vaultcore.azure.net" not in made
    assert "privatelink.blob.core.windows.net" in made
    assert {
        each.inputs["virtualNetwork"]["id"] for each in of(planned, "azure-native:privatedns:VirtualNetworkLink")
    } == {ID}
    configs = [
        config["privateDnsZoneId"]
        for group in of(planned, "azure-native:network:PrivateDnsZoneGroup")
        for config in group.inputs["privateDnsZoneConfigs"]
        if config["name"] == "vault"
    ]
    assert configs
    assert set(configs) == set(example("existing network on Azure")["network"]["existing"]["privateZones"].values()) - {
        ""
    }


SECOND = f"""
secondRegion: centralus
network:
  secondCidr: 10.61.0.0/16
  existing:
    id: {ID}
    nodes: {{name: aks, cidr: 10.90.0.0/20}}
    postgres: {{name: postgres, cidr: 10.90.16.0/24}}
    endpoints: {{name: endpoints, cidr: 10.90.17.0/24}}
    outbound: [198.51.100.7/32]
    privateZones: {{postgres: {ID.replace("virtualNetworks/hub", "privateDnsZones/all.postgres.database.azure.com")}}}
"""


def test_the_second_region_is_peered_with_the_existing_network() -> None:
    """From both sides, each in its own resource group; the existing zone is linked where it is."""
    planned = plan(AZURE.replace("network: {cidr: 10.60.0.0/16}\n", SECOND))
    back = one(planned, "azure-native:network:VirtualNetworkPeering", "main-copies-to-copies")
    assert (back.inputs["virtualNetworkName"], back.inputs["resourceGroupName"]) == ("hub", "network")
    there = one(planned, "azure-native:network:VirtualNetworkPeering", "main-copies-to-primary")
    assert there.inputs["remoteVirtualNetwork"] == {"id": ID}
    link = one(planned, "azure-native:privatedns:VirtualNetworkLink", "main-copies-primary")
    assert (link.inputs["privateZoneName"], link.inputs["resourceGroupName"]) == (
        "all.postgres.database.azure.com",
        "network",
    )
    server = one(planned, "azure-native:dbforpostgresql:Server")
    assert server.inputs["network"]["privateDnsZoneArmResourceId"].endswith("all.postgres.database.azure.com")
    assert not depends_on(planned, server, "azure-native:privatedns:PrivateZone")
