"""Azure: what a security review would ask."""

from __future__ import annotations

import pytest

from components.clouds.azure.cluster import node_size
from components.clouds.azure.network import subnet_cidrs
from slipway.rehearsal import SECRET, UNKNOWN, Plan
from slipway.settings.cluster_settings import NodePool
from tests.components.clouds.planned import depends_on, one, plan

CLUSTER = """
cloud: azure
region: eastus2
subscription: 00000000-0000-4000-8000-000000000001
tenant: 00000000-0000-4000-8000-000000000002
deployers: [00000000-0000-4000-8000-000000000003]
network: {cidr: 10.60.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24]}
"""
SERVER = "azure-native:dbforpostgresql:Server"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER)


def test_the_database_is_private_and_kept(planned: Plan) -> None:
    """In the delegated subnet, no public access, a standby in another zone, a lock against deletion."""
    server = one(planned, SERVER)
    assert server.inputs["network"]["publicNetworkAccess"] == "Disabled"
    assert server.inputs["highAvailability"]["mode"] == "ZoneRedundant"
    assert server.inputs["sku"]["tier"] == "GeneralPurpose"
    assert server.inputs["administratorLoginPassword"] == SECRET
    assert server.state["protect"] is True
    assert one(planned, "azure-native:authorization:ManagementLockByScope").inputs["level"] == "CanNotDelete"


def test_the_database_has_the_declared_retention_and_says_so(planned: Plan) -> None:
    """Two weeks by default, in force and in the tag that policies compare; tags hold no slash."""
    inputs = one(planned, SERVER).inputs
    assert inputs["backup"]["backupRetentionDays"] == 14
    assert inputs["tags"]["slipway-backup-retention"] == "14"
    assert inputs["tags"]["slipway-source"] == "systems/shop/system.yaml:databases.shop_db"
    assert not any("/" in key for key in inputs["tags"])


def test_connections_are_encrypted_and_extensions_allowed(planned: Plan) -> None:
    """require_secure_transport, TLS 1.2, the declared extensions and pg_stat_statements."""
    found = [step.inputs for step in planned.steps if step.type == "azure-native:dbforpostgresql:Configuration"]
    values = {each["configurationName"]: each["value"] for each in found}
    assert values["require_secure_transport"] == "ON"
    assert values["ssl_min_protocol_version"] == "TLSv1.2"
    assert values["azure.extensions"] == "PG_STAT_STATEMENTS,PGCRYPTO"


def test_the_cluster_knows_entra_identities_only(planned: Plan) -> None:
    """Local accounts off, Entra RBAC, workload identity, an allow-list, Defender."""
    inputs = one(planned, "azure-native:containerservice:ManagedCluster").inputs
    assert inputs["disableLocalAccounts"] is True
    assert (inputs["aadProfile"]["enableAzureRBAC"], inputs["aadProfile"]["managed"]) == (True, True)
    assert inputs["oidcIssuerProfile"]["enabled"] is True
    assert inputs["securityProfile"]["workloadIdentity"]["enabled"] is True
    assert inputs["securityProfile"]["defender"]["securityMonitoring"]["enabled"] is True
    assert inputs["apiServerAccessProfile"]["authorizedIPRanges"] == ["203.0.113.0/24", UNKNOWN]


def test_network_policies_are_enforced(planned: Plan) -> None:
    """Azure CNI overlay with Cilium as data plane and policy engine."""
    network = one(planned, "azure-native:containerservice:ManagedCluster").inputs["networkProfile"]
    wanted = {"networkPluginMode": "overlay", "networkDataplane": "cilium", "networkPolicy": "cilium"}
    assert wanted.items() <= network.items()
    assert network["outboundType"] == "userAssignedNATGateway"


def test_objects_wait_for_the_deployers_access(planned: Plan) -> None:
    """The Kubernetes provider depends on the role of every deployer."""
    provider = one(planned, "pulumi:providers:kubernetes", "main")
    assert depends_on(planned, provider, "azure-native:authorization:RoleAssignment")


def test_every_resource_is_in_the_subscription_of_its_cluster(planned: Plan) -> None:
    """None uses a default provider."""
    provider = one(planned, "pulumi:providers:azure-native")
    assert provider.inputs["subscriptionId"] == "00000000-0000-4000-8000-000000000001"
    for step in planned.steps:
        if step.package == "azure-native" and step.state["custom"]:
            assert step.provider.startswith(provider.urn), step.urn


def test_the_bucket_is_closed(planned: Plan) -> None:
    """TLS 1.2, no public blobs, no shared keys, no copies to other tenants, no local users, versions kept."""
    account = one(planned, "azure-native:storage:StorageAccount", "shop/receipts").inputs
    assert (account["minimumTlsVersion"], account["enableHttpsTrafficOnly"]) == ("TLS1_2", True)
    assert (account["allowBlobPublicAccess"], account["allowSharedKeyAccess"]) == (False, False)
    assert (account["allowCrossTenantReplication"], account["isLocalUserEnabled"]) == (False, False)
    assert (
        one(planned, "azure-native:storage:BlobServiceProperties", "shop/receipts").inputs["isVersioningEnabled"]
        is True
    )


def test_nodes_pull_images_by_their_own_identity(planned: Plan) -> None:
    """A Premium registry without an administrator, named as the images' registry is."""
    registry = one(planned, "azure-native:containerregistry:Registry").inputs
    assert (registry["adminUserEnabled"], registry["sku"]) == (False, {"name": "Premium"})
    image = one(planned, "kubernetes:apps/v1:Deployment", "shop/api-blue").inputs["spec"]["template"]["spec"][
        "containers"
    ][0]["image"]
    assert image == f"{registry['registryName']}.azurecr.io/shop/api:1.0.0"


def test_a_stack_may_say_otherwise() -> None:
    """What Azure cannot do of it is tagged as declared, so that the policy pack refuses it."""
    shop = (
        "{blue: {version: 1.0.0}, databases: {shop_db: {backup: none, highAvailability: false, pooling: true,"
        " readReplicas: 1, deletionProtection: false}}}"
    )
    planned = plan(CLUSTER, shop)
    inputs = one(planned, SERVER, "shop/shop_db").inputs
    assert inputs["tags"]["slipway-backup-retention"] == "none"
    assert inputs["highAvailability"]["mode"] == "Disabled"
    assert one(planned, SERVER, "shop/shop_db-reader-0").inputs["createMode"] == "Replica"
    pooler = one(planned, "azure-native:dbforpostgresql:Configuration", "shop/shop_db-pgbouncer.enabled")
    assert pooler.inputs["value"] == "true"
    egress = one(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "shop/api-blue").inputs["spec"]["egress"]
    assert egress[0]["ports"][0]["port"] == 6432


@pytest.mark.parametrize(
    ("cpu", "memory", "size"),
    [(4, 16, "Standard_D4ads_v5"), (8, 32, "Standard_D8ads_v5"), (4, 32, "Standard_E4ads_v5")],
)
def test_nodes_have_the_declared_size(cpu: int, memory: int, size: str) -> None:
    """D has four GiB a core, E has eight."""
    assert node_size(NodePool(cpu=cpu, memory=memory)) == size


def test_subnets_are_apart() -> None:
    """A quarter for nodes, a sixteenth each for databases and endpoints."""
    assert subnet_cidrs("10.60.0.0/16") == {
        "nodes": "10.60.0.0/18",
        "postgres": "10.60.64.0/20",
        "endpoints": "10.60.80.0/20",
    }
