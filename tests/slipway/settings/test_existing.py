"""What a stack says of a network that exists is checked by its form and its cloud, before anything is asked."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.clouds.azure import AzureCluster
from tests.components.clouds.existing import cluster_of, example
from tests.slipway.settings.conftest import Workshop
from tests.slipway.settings.test_cloud_checks import AZURE, TEST

AWS = "existing network on AWS"
ON_AZURE = "existing network on Azure"


def written(workshop: Workshop, cloud: str, network: dict[str, Any], **more: Any) -> None:
    """The workshop's cluster on a cloud, with `network`."""
    document = yaml.safe_load(workshop.stack_file.read_text())
    cluster = document["config"]["slipway:clusters"]["main"]
    if cloud == "Azure":
        cluster = {"systems": cluster["systems"]}
        cluster |= yaml.safe_load(AZURE)
    cluster |= {"account": "111122223333"} if cloud == "AWS" else {}
    document["config"]["slipway:clusters"]["main"] = {
        key: value for key, value in (cluster | {"network": network, **more}).items() if value is not None
    }
    workshop.write(TEST, yaml.safe_dump(document))


def changed(title: str, path: str, value: Any) -> dict[str, Any]:
    """The example with another value at a path, whose keys are divided by spaces."""
    network = example(title)["network"]
    at: Any = network
    *keys, last = path.split(" ")
    for key in keys:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return network


def test_the_examples_are_well_formed(workshop: Workshop) -> None:
    """Both networks are read, and everything of a new one is left out."""
    written(workshop, "AWS", example(AWS)["network"])
    aws = workshop.stack().clusters["main"].settings
    assert isinstance(aws, AwsCluster)
    assert aws.network.existing is not None
    assert list(aws.network.existing.private) == ["use1-az1", "use1-az2"]
    written(workshop, "Azure", example(ON_AZURE)["network"])
    azure = workshop.stack().clusters["main"].settings
    assert isinstance(azure, AzureCluster)
    assert azure.network.existing is not None
    assert azure.network.existing.subnet_id(azure.network.existing.postgres).endswith(
        "/virtualNetworks/hub/subnets/postgres"
    )


OTHER = {"id": "subnet-0a1b2c3d4e5f607ff", "cidr": "10.80.99.0/24"}
HUB = example(ON_AZURE)["network"]["existing"]["id"]
ZONE = HUB.replace("virtualNetworks/hub", "privateDnsZones/")


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("existing vpc", "my-vpc", "network.existing.vpc: my-vpc is not the id of a VPC, for example vpc-"),
        ("existing database", None, "network.existing.database"),
        ("existing private use1-az2", None, "network.existing.private"),
        ("existing public use1-az1", "vpc-0a1b2c3d4e5f60701", "vpc-0a1b2c3d4e5f60701 is not the id of a subnet"),
        ("existing private use1-az1 cidr", "10.80.16.1/20", "network.existing.private.use1-az1.cidr"),
        ("existing private usw2-az1", OTHER, "is not a zone of us-east-1, for example use1-az1"),
        ("existing private us-west-2a", OTHER, "is not a zone of us-east-1, for example use1-az1"),
        ("existing private use1-az3", OTHER, "is a zone in which EKS runs no control plane: leave it out"),
        ("existing private first", OTHER, "is not a zone by its id or its name"),
        ("existing database use1-az2 cidr", "10.80.17.0/24", "overlaps 10.80.16.0/20 of subnet-0a1b2c3d4e5f60703"),
        ("existing private use1-az2 cidr", "10.244.16.0/20", "overlaps the addresses of pods, 10.244.0.0/16"),
        (
            "existing database use1-az2",
            {"id": "subnet-0a1b2c3d4e5f60704", "cidr": "10.80.3.0/24"},
            "is another range of subnet-0a1b2c3d4e5f60704 than 10.80.32.0/20",
        ),
        (
            "existing private use1-az2",
            {"id": "subnet-0a1b2c3d4e5f60702", "cidr": "10.80.1.0/24"},
            "is also the public subnet of use1-az2: nodes and databases need their own",
        ),
        (
            "existing private use1-az2",
            {"id": "subnet-0a1b2c3d4e5f60703", "cidr": "10.80.16.0/20"},
            "is also the subnet of private.use1-az1; a subnet is in one zone",
        ),
        ("cidr", "10.20.0.0/16", "network.cidr: 10.20.0.0/16 is of a network that Slipway creates"),
        ("nat", "zone", "is of a network that Slipway creates"),
        ("zones", 2, "is of a network that Slipway creates"),
    ],
)
def test_a_network_on_aws_that_cannot_be(workshop: Workshop, path: str, value: Any, reported: str) -> None:
    """One error, at the value to change."""
    written(workshop, "AWS", changed(AWS, path, value))
    (problem,) = workshop.problems()
    assert reported in problem


def test_databases_may_be_in_private_subnets(workshop: Workshop) -> None:
    """In the same zones."""
    network = example(AWS)["network"]
    network["existing"]["database"] = copy.deepcopy(network["existing"]["private"])
    written(workshop, "AWS", network)
    workshop.stack()


def test_no_pooler_where_there_are_none(workshop: Workshop) -> None:
    """RDS Proxy is not in every zone."""
    network = changed(AWS, "existing database use1-az3", OTHER)
    written(workshop, "AWS", network)
    workshop.stack()
    workshop.edit("systems/fleet/system.yaml", "size: medium", "size: medium\n    pooling: true")
    (problem,) = workshop.problems()
    assert "is not available in use1-az3, where RDS has no proxies" in problem


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        (
            "existing id",
            "hub",
            "network.existing.id: hub is not the id of a virtual network, for example /subscriptions/",
        ),
        ("existing id", HUB.replace("0001", "0009"), "is in another subscription"),
        ("existing outbound", [], "network.existing.outbound: is required with a new cluster"),
        ("existing outbound", ["here"], "is not an IPv4 network in CIDR form"),
        ("existing outboundType", "loadBalancer", "network.existing.outboundType"),
        ("existing postgres name", "AKS", "is also the subnet of nodes: each needs its own"),
        ("existing endpoints cidr", "10.90.16.0/25", "overlaps 10.90.16.0/24 of subnet postgres"),
        ("existing nodes cidr", "172.20.0.0/20", "overlaps the addresses of Services, 172.20.0.0/16"),
        (
            "existing privateZones vault",
            f"{ZONE}privatelink.blob.core.windows.net",
            "is the zone privatelink.blob.core.windows.net, not privatelink.vaultcore.azure.net",
        ),
        ("existing privateZones postgres", f"{ZONE}example.com", "is the zone example.com, not ….postgres.database"),
        ("existing privateZones mysql", f"{ZONE}example.com", "mysql"),
        ("cidr", "10.20.0.0/16", "network.cidr: 10.20.0.0/16 is of a network that Slipway creates"),
    ],
)
def test_a_network_on_azure_that_cannot_be(workshop: Workshop, path: str, value: Any, reported: str) -> None:
    """One error, at the value to change."""
    written(workshop, "Azure", changed(ON_AZURE, path, value))
    (problem,) = workshop.problems()
    assert reported in problem


def test_a_zone_of_another_subscription_is_not_linked_to_the_second_region(workshop: Workshop) -> None:
    """The cluster's provider changes its own subscription alone."""
    foreign = f"{ZONE}all.postgres.database.azure.com".replace("0001", "0009")
    network = changed(ON_AZURE, "existing privateZones postgres", foreign)
    written(workshop, "Azure", network)
    workshop.stack()
    written(workshop, "Azure", {**network, "secondCidr": "10.61.0.0/16"}, secondRegion="centralus")
    (problem,) = workshop.problems()
    assert "is in another subscription, so the network of the second region cannot be linked to it" in problem


def in_cluster(workshop: Workshop, cloud: str, path: str = "", value: Any = None, **more: Any) -> None:
    """The workshop's cluster in one that exists, with another value at a path."""
    keys = cluster_of(cloud)
    if path:
        at: Any = keys
        *names, last = path.split(" ")
        for name in names:
            at = at[name]
        at[last] = value
    written(workshop, cloud, keys.pop("network"), **keys, **more)
    if cloud == "AWS" and "deployers" not in more:
        document = yaml.safe_load(workshop.stack_file.read_text())
        del document["config"]["slipway:clusters"]["main"]["deployers"]
        workshop.write(TEST, yaml.safe_dump(document))


AKS = cluster_of("Azure")["kubernetes"]["existing"]["id"]
SUBNET = {"name": "aks", "cidr": "10.90.0.0/20"}
ROLE = "arn:aws:iam::111122223333:role/deployer"


@pytest.mark.parametrize(
    ("cloud", "path", "value", "reported"),
    [
        ("AWS", "", None, ""),
        ("Azure", "", None, ""),
        ("AWS", "kubernetes existing name", "a b", "is not the name of an EKS cluster"),
        ("AWS", "kubernetes existing endpoint", "http://x", "is not the endpoint of an EKS cluster"),
        ("AWS", "kubernetes existing certificate", "bm9uZQ==", "is not a certificate authority in base64"),
        ("AWS", "kubernetes existing certificate", "%", "is not a certificate authority in base64"),
        ("AWS", "kubernetes version", "1.35", "kubernetes.version: '1.35' is of a cluster that Slipway creates"),
        ("AWS", "kubernetes nodes", {"minimum": 4}, "is of a cluster that Slipway creates"),
        ("AWS", "kubernetes authorizedNetworks", ["203.0.113.0/24"], "is of a cluster that Slipway creates"),
        ("AWS", "deployers", [ROLE], "administers a new cluster, and this one exists"),
        ("AWS", "account", "444455556666", "is not in account 444455556666"),
        ("AWS", "network", {}, "network.existing: is required with 'kubernetes.existing'"),
        ("Azure", "kubernetes existing id", "shop", "is not the id of an AKS cluster"),
        ("Azure", "kubernetes existing id", AKS.replace("0001", "0009"), "is in another subscription"),
        ("Azure", "kubernetes existing endpoint", "https://example.com", "is not the address of an AKS API server"),
        ("Azure", "kubernetes existing issuer", "https://example.com/", "is not the OIDC issuer of an AKS cluster"),
        ("Azure", "kubernetes existing kubelet", "me", "is not an Azure id"),
        ("Azure", "kubernetes existing workspace", "shop", "is not the id of a Log Analytics workspace"),
        ("Azure", "kubernetes logRetentionDays", 60, "is of a cluster that Slipway creates"),
        ("Azure", "network existing nodes", SUBNET, "is of the nodes of a new cluster"),
        ("Azure", "network existing outbound", ["198.51.100.7/32"], "is of the nodes of a new cluster"),
        ("Azure", "network existing outboundType", "userDefinedRouting", "is of the nodes of a new cluster"),
        ("Azure", "network", {}, "network.existing: is required with 'kubernetes.existing'"),
    ],
)
def test_a_cluster_that_exists(workshop: Workshop, cloud: str, path: str, value: Any, reported: str) -> None:
    """It is read, or one error names the value to change."""
    more = {path: value} if path in ("deployers", "account") else {}
    in_cluster(workshop, cloud, "" if more else path, value, **more)
    if not reported:
        workshop.stack()
        return
    (problem,) = workshop.problems()
    assert reported in problem


@pytest.mark.parametrize(
    ("cloud", "path", "value", "reported"),
    [
        ("AWS", "kubernetes", {}, "kubernetes.authorizedNetworks: is required, for example [203.0.113.0/24]"),
        ("AWS", "deployers", None, "deployers: is required, for example [arn:aws:iam::111122223333:role/deployer]"),
        ("Azure", "network existing nodes", None, "network.existing.nodes: is required with a new cluster"),
        ("Azure", "network existing outbound", None, "network.existing.outbound: is required with a new cluster"),
    ],
)
def test_what_a_new_cluster_needs(workshop: Workshop, cloud: str, path: str, value: Any, reported: str) -> None:
    """Keys that one that exists does not need are still required."""
    title = f"existing network on {cloud}"
    network = changed(title, path.removeprefix("network "), value) if path.startswith("network") else example(title)
    written(
        workshop,
        cloud,
        network if path.startswith("network") else network["network"],
        **({} if path.startswith("network") else {path: value}),
    )
    (problem,) = workshop.problems()
    assert reported.split(": ", 1)[-1] in problem
