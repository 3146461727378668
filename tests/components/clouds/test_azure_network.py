"""Who gets through to a cluster on Azure: its visitors, its own nodes, its databases."""

from __future__ import annotations

import pytest

from slipway.rehearsal import UNKNOWN, Plan
from tests.components.clouds.planned import depends_on, one, plan
from tests.components.clouds.test_azure import CLUSTER, SERVER

GROUP = "azure-native:network:NetworkSecurityGroup"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER)


def test_only_the_gateways_ports_are_open_to_the_internet(planned: Plan) -> None:
    """AKS leaves a subnet's group alone, so visitors would not get through without a rule in it."""
    (rule,) = one(planned, GROUP, "main-nodes").inputs["securityRules"]
    assert (rule["access"], rule["direction"], rule["sourceAddressPrefix"]) == ("Allow", "Inbound", "Internet")
    assert rule["destinationPortRanges"] == ["80", "443"]
    for layer in ("postgres", "endpoints"):
        assert one(planned, GROUP, f"main-{layer}").inputs.get("securityRules", []) == []


def test_the_api_server_lets_in_its_own_nodes(planned: Plan) -> None:
    """They call from the NAT gateway's address, which AKS does not allow by itself."""
    cluster = one(planned, "azure-native:containerservice:ManagedCluster")
    assert cluster.inputs["apiServerAccessProfile"]["authorizedIPRanges"] == ["203.0.113.0/24", UNKNOWN]
    assert depends_on(planned, cluster, "azure-native:network:PublicIPAddress")


def test_a_server_waits_until_the_network_sees_its_zone(planned: Plan) -> None:
    """Azure refuses a server in a DNS zone that is not linked."""
    assert depends_on(planned, one(planned, SERVER), "azure-native:privatedns:VirtualNetworkLink")
