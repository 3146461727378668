"""What a cluster on Azure stands on: its order, its protection, and what Azure changes by itself."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import depends_on, one, plan
from tests.components.clouds.test_azure import CLUSTER

AKS = "azure-native:containerservice:ManagedCluster"
GROUP = "azure-native:resources:ResourceGroup"
REGISTRY = "azure-native:containerregistry:Registry"
SUBNET = "azure-native:network:Subnet"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER)


def test_the_number_of_nodes_is_the_autoscalers(planned: Plan) -> None:
    """It starts at the minimum, and no later change of the cluster sets it back."""
    cluster = one(planned, AKS)
    for pool in cluster.inputs["agentPoolProfiles"]:
        assert pool["enableAutoScaling"] is True
        assert pool["count"] == pool["minCount"]
    assert cluster.state["ignoreChanges"] == ["agentPoolProfiles[*].count"]


def test_servers_reach_the_storage_of_their_logs(planned: Plan) -> None:
    """By an endpoint of the databases' subnet; the nodes' subnet has none."""
    assert one(planned, SUBNET, "main-postgres").inputs["serviceEndpoints"] == [{"service": "Microsoft.Storage"}]
    assert "serviceEndpoints" not in one(planned, SUBNET, "main-nodes").inputs


def test_the_cluster_waits_until_it_may_join_the_network(planned: Plan) -> None:
    """Azure refuses a cluster whose identity has no role on its subnet."""
    role = one(planned, "azure-native:authorization:RoleAssignment", "main-network")
    assert role.urn in one(planned, AKS).dependencies
    assert depends_on(planned, role, SUBNET)


def test_what_others_stand_on_is_protected(planned: Plan) -> None:
    """The resource group and the cluster are, unless the stack says otherwise; images outlive both."""
    unprotected = plan(CLUSTER + "protect: false\n")
    for type_ in (GROUP, AKS):
        assert one(planned, type_).state["protect"] is True
        assert not one(unprotected, type_).state.get("protect")
    assert one(unprotected, REGISTRY).state["retainOnDelete"] is True
