"""AWS: what a security review would ask."""

from __future__ import annotations

import json
import re

import pytest

from components.clouds.aws.network import subnet_cidrs
from slipway.rehearsal import SECRET, Plan
from tests.components.clouds.planned import depends_on, one, plan

CLUSTER = """
cloud: aws
region: eu-west-1
account: "111122223333"
deployers: [arn:aws:iam::111122223333:role/deployer]
network: {cidr: 10.60.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24], logRetentionDays: 30}
tags: {cost-center: shop}
"""
INSTANCE = "aws:rds/instance:Instance"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER)


def test_the_database_is_private_encrypted_and_kept(planned: Plan) -> None:
    """Not public, encrypted with a key of its own, a standby, a final snapshot, protected twice."""
    database = one(planned, INSTANCE)
    inputs = database.inputs
    assert inputs["identifier"] == "slipway-test-main-shop-shop-db"
    assert (inputs["publiclyAccessible"], inputs["storageEncrypted"], inputs["multiAz"]) == (False, True, True)
    assert (inputs["skipFinalSnapshot"], inputs["deleteAutomatedBackups"]) == (False, False)
    assert (inputs["deletionProtection"], database.state["protect"]) == (True, True)
    assert inputs["password"] == SECRET
    assert depends_on(planned, database, "aws:kms/key:Key")


def test_subnets_of_databases_have_no_route_out(planned: Plan) -> None:
    """They have a table of their own, and only the other tables lead to a gateway."""
    tables = {step.name for step in planned.steps if step.type == "aws:ec2/routeTable:RouteTable"}
    routes = {step.name for step in planned.steps if step.type == "aws:ec2/route:Route"}
    assert tables - routes == {"main-data"}
    assert routes < tables


def test_roles_of_pods_are_for_this_cluster(planned: Plan) -> None:
    """Another cluster of the account cannot assume them."""
    written = [step.inputs["assumeRolePolicy"] for step in planned.steps if step.type == "aws:iam/role:Role"]
    documents = [json.loads(text) for text in written if text.startswith("{")]
    trusts = [
        each["Condition"]
        for document in documents
        for each in document["Statement"]
        if each["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    ]
    cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/slipway-test-main"
    assert trusts
    assert {each["ArnEquals"]["aws:SourceArn"] for each in trusts} == {cluster}


def test_the_database_has_the_declared_retention_and_says_so(planned: Plan) -> None:
    """Two weeks by default, in force and in the tag that policies compare."""
    inputs = one(planned, INSTANCE).inputs
    assert inputs["backupRetentionPeriod"] == 14
    assert inputs["tags"]["slipway.dev/backup-retention"] == "14"
    assert inputs["tags"]["slipway.dev/source"] == "systems/shop/system.yaml:databases.shop_db"
    assert inputs["tags"]["cost-center"] == "shop"


def test_only_the_clusters_nodes_may_connect(planned: Plan) -> None:
    """One rule for each private subnet, on PostgreSQL's port."""
    rules = [
        step.inputs
        for step in planned.steps
        if step.type.endswith(":SecurityGroupIngressRule") and step.name.startswith("shop/")
    ]
    assert {rule["cidrIpv4"] for rule in rules} == set(subnet_cidrs("10.60.0.0/16", 3)["private"])
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(5432, 5432)}


def test_aws_accepts_the_descriptions_of_security_groups() -> None:
    """EC2 refuses any other character, an apostrophe among them, and only once the plan is carried out."""
    planned = plan(CLUSTER, "{blue: {version: 1.0.0}, databases: {shop_db: {pooling: true}}}")
    described = [
        step.inputs["description"]
        for step in planned.steps
        if "ecurityGroup" in step.type and "description" in step.inputs
    ]
    assert len(described) == 10
    for description in described:
        assert re.fullmatch(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}", description), description


def test_connections_are_encrypted_and_slow_queries_logged(planned: Plan) -> None:
    """rds.force_ssl, log_min_duration_statement, pg_stat_statements."""
    found = one(planned, "aws:rds/parameterGroup:ParameterGroup").inputs["parameters"]
    parameters = {each["name"]: each["value"] for each in found}
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["log_min_duration_statement"] == "1000"
    assert parameters["shared_preload_libraries"] == "pg_stat_statements"


def test_the_cluster_is_closed_and_logged(planned: Plan) -> None:
    """API access entries only, secrets encrypted, an allow-list, all control-plane logs, no add-ons of its own."""
    inputs = one(planned, "aws:eks/cluster:Cluster").inputs
    assert inputs["accessConfig"] == {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    assert inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert inputs["vpcConfig"]["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert inputs["vpcConfig"]["endpointPrivateAccess"]
    assert len(inputs["enabledClusterLogTypes"]) == 5
    assert (inputs["computeConfig"]["enabled"], inputs["bootstrapSelfManagedAddons"]) == (True, False)
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}


def test_objects_wait_for_the_deployers_access(planned: Plan) -> None:
    """The Kubernetes provider depends on the access policy of every deployer, and every object on it; those of systems wait
    for the controllers too."""
    provider = one(planned, "pulumi:providers:kubernetes", "main")
    systems = one(planned, "pulumi:providers:kubernetes", "main-systems")
    assert depends_on(planned, provider, "aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert depends_on(planned, systems, "kubernetes:helm.sh/v3:Release")
    for step in planned.steps:
        if step.package == "kubernetes" and step.state["custom"]:
            assert step.provider.startswith(systems.urn if step.name.startswith("shop") else provider.urn), step.urn


def test_every_resource_is_in_the_region_and_account_of_its_cluster(planned: Plan) -> None:
    """None uses a default provider."""
    provider = one(planned, "pulumi:providers:aws")
    assert json.loads(provider.inputs["allowedAccountIds"]) == ["111122223333"]
    for step in planned.steps:
        if step.package == "aws" and step.state["custom"]:
            assert step.provider.startswith(provider.urn), step.urn


def test_network_policies_are_enforced(planned: Plan) -> None:
    """Auto Mode accepts and ignores them without this switch."""
    switch = one(planned, "kubernetes:core/v1:ConfigMap", "main-network-policies").inputs
    assert switch["metadata"]["name"] == "amazon-vpc-cni"
    assert switch["data"] == {"enable-network-policy-controller": "true"}


def test_the_bucket_is_closed(planned: Plan) -> None:
    """No public access of any kind, encrypted, versioned, TLS only; its name is known before it exists."""
    block = one(planned, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "shop/receipts").inputs
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(block[switch] for switch in switches)
    versioning = one(planned, "aws:s3/bucketVersioning:BucketVersioning", "shop/receipts").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    config_map = one(planned, "kubernetes:core/v1:ConfigMap", "shop/api-blue").inputs["data"]
    assert config_map["FILES"] == one(planned, "aws:s3/bucket:Bucket", "shop/receipts").inputs["bucket"]


def test_images_never_move(planned: Plan) -> None:
    """A repository for each image, with immutable tags, scanned on push."""
    repository = one(planned, "aws:ecr/repository:Repository").inputs
    assert (repository["name"], repository["imageTagMutability"]) == ("shop/api", "IMMUTABLE")
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}


def test_a_stack_may_say_otherwise() -> None:
    """A shorter backup, no standby, larger, pooled, with a reader, one NAT a zone; nothing is corrected silently."""
    shop = (
        "{blue: {version: 1.0.0}, databases: {shop_db: {backup: {retentionDays: 7}, highAvailability: false, size: large,"
        " pooling: true, readReplicas: 1, deletionProtection: false}}}"
    )
    cluster = CLUSTER.replace("{cidr: 10.60.0.0/16}", "{cidr: 10.60.0.0/16, nat: zone}")
    planned = plan(cluster, shop)
    database = one(planned, INSTANCE, "shop/shop_db")
    inputs = database.inputs
    assert (inputs["backupRetentionPeriod"], inputs["tags"]["slipway.dev/backup-retention"]) == (7, "7")
    assert (inputs["multiAz"], inputs["instanceClass"]) == (False, "db.m7g.xlarge")
    assert (inputs["deletionProtection"], database.state.get("protect", False)) == (False, False)
    reader = one(planned, INSTANCE, "shop/shop_db-reader-0")
    assert reader.inputs["publiclyAccessible"] is False
    assert depends_on(planned, reader, "aws:ec2/securityGroup:SecurityGroup")
    assert "vpcSecurityGroupIds" in reader.inputs
    assert one(planned, "aws:rds/proxy:Proxy").inputs["requireTls"] is True
    assert len([step for step in planned.steps if step.type.endswith(":NatGateway")]) == 3


def test_no_backup_is_reported_and_not_remediated() -> None:
    """Retention 0, a tag for the policy pack, and neither a plan nor a bucket of dumps."""
    planned = plan(CLUSTER, "{blue: {version: 1.0.0}, databases: {shop_db: {backup: none}}}")
    inputs = one(planned, INSTANCE).inputs
    assert (inputs["backupRetentionPeriod"], inputs["tags"]["slipway.dev/backup-retention"]) == (0, "none")
    assert "aws:backup/plan:Plan" not in {step.type for step in planned.steps}
    assert "shop/backups" not in {step.name for step in planned.steps}


def test_an_existing_database_is_adopted() -> None:
    """`adopt` imports it under its id in place of making a new one."""
    planned = plan(CLUSTER, "{blue: {version: 1.0.0}, databases: {shop_db: {adopt: legacy-shop}}}")
    database = one(planned, INSTANCE)
    assert (database.op, database.inputs["identifier"]) == ("import", "legacy-shop")
    assert {"password", "username", "kmsKeyId"} <= set(database.state["ignoreChanges"])


@pytest.mark.parametrize("protect", [True, False])
def test_what_holds_data_is_protected_as_the_cluster_says(protect: bool) -> None:
    """The cluster, databases, buckets, and the keys without which what they hold is lost."""
    planned = plan(f"{CLUSTER}protect: {str(protect).lower()}\n")
    kept = ("aws:eks/cluster:Cluster", INSTANCE, "aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:backup/vault:Vault")
    found = {step.urn: bool(step.state.get("protect")) for step in planned.steps if step.type in kept}
    assert len(found) == 9
    assert set(found.values()) == {protect}


def test_subnets_are_apart() -> None:
    """Nine ranges of a sixteenth, none twice."""
    cidrs = [cidr for layer in subnet_cidrs("10.60.0.0/16", 3).values() for cidr in layer]
    assert len(set(cidrs)) == 9
    assert cidrs[0] == "10.60.0.0/20"
