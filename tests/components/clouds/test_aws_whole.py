"""AWS: a system that asks for everything, with a second region."""

from __future__ import annotations

import json

import pytest

from slipway.rehearsal import UNKNOWN, Plan, Step
from slipway.settings.clouds.aws_zones import zone_ids
from tests.components.clouds.planned import WHOLE, one, plan

CLUSTER = """
cloud: aws
region: us-east-1
secondRegion: us-west-2
stateBucket: slipway-state
monthlyBudget: 900
billingContacts: [billing@example.com]
account: "111122223333"
deployers: [arn:aws:iam::111122223333:role/deployer]
network: {cidr: 10.60.0.0/16, secondCidr: 10.61.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24], nodes: {minimum: 3, maximum: 6, cpu: 4, memory: 16}}
"""
SHOP = """{
  blue: {version: 1.0.0, weight: 90}, green: {version: 1.1.0, weight: 10},
  databases: {shop_db: {replicaInSecondRegion: true, backup: {copyToSecondRegion: true}}},
  buckets: {receipts: {copyToSecondRegion: true}}, queue: {hosting: managed}}"""


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER, SHOP.replace("\n", " "), WHOLE)


def all_of(planned: Plan, type_: str) -> list[Step]:
    return [step for step in planned.steps if step.type == type_]


def waits_for(planned: Plan, step: Step) -> set[str]:
    return {f"{planned.by_urn[urn].type} {planned.by_urn[urn].name}" for urn in step.dependencies}


def test_each_database_has_a_plan_of_two_rules(planned: Plan) -> None:
    """Points in time for 35 days, snapshots for as long as declared, and a copy of those in the second region."""
    rules = {rule["ruleName"]: rule for rule in one(planned, "aws:backup/plan:Plan", "shop/shop_db").inputs["rules"]}
    assert rules["continuous"]["enableContinuousBackup"] is True
    assert rules["continuous"]["lifecycle"] == {"deleteAfter": 35}
    assert rules["daily"]["lifecycle"] == {"deleteAfter": 60}
    (copy,) = rules["daily"]["copyActions"]
    assert copy["destinationVaultArn"] == "arn:aws:backup:us-west-2:111122223333:backup-vault:slipway-test-main"
    chosen = one(planned, "aws:backup/selection:Selection", "shop/shop_db").inputs["resources"]
    assert chosen == ["arn:aws:rds:us-east-1:111122223333:db:slipway-test-main-shop-shop-db"]


def test_the_server_leaves_its_retention_to_the_plan(planned: Plan) -> None:
    """35 days to begin with; what AWS Backup sets later is not set back."""
    server = one(planned, "aws:rds/instance:Instance", "shop/shop_db")
    assert server.inputs["backupRetentionPeriod"] == 35
    assert "backupRetentionPeriod" in server.state["ignoreChanges"]


def test_backups_are_tried(planned: Plan) -> None:
    """Each week, from the cluster's own vault."""
    tests = one(planned, "aws:backup/restoreTestingPlan:RestoreTestingPlan", "shop/shop_db").inputs
    assert tests["scheduleExpression"] == "cron(0 4 ? * SUN *)"
    assert tests["name"] == "slipway_test_main_shop_shop_db"
    assert tests["recoveryPointSelection"]["includeVaults"] == [
        "arn:aws:backup:us-east-1:111122223333:backup-vault:slipway-test-main"
    ]


def test_vaults_are_locked_and_can_be_opened_again(planned: Plan) -> None:
    """Governance by default: `changeableForDays` would bind everybody for ever."""
    locks = all_of(planned, "aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert {lock.inputs["region"] for lock in locks} == {"us-east-1", "us-west-2"}
    assert not any("changeableForDays" in lock.inputs for lock in locks)
    assert one(planned, "aws:backup/selection:Selection", "main-state").inputs["resources"] == [
        "arn:aws:s3:::slipway-state"
    ]


def test_a_replica_stands_in_the_second_region(planned: Plan) -> None:
    """Encrypted with the key there, private, protected, under its own name."""
    copy = one(planned, "aws:rds/instance:Instance", "shop/shop_db-copy")
    assert (copy.inputs["region"], copy.inputs["publiclyAccessible"], copy.state["protect"]) == (
        "us-west-2",
        False,
        True,
    )
    assert copy.inputs["kmsKeyId"] == UNKNOWN
    assert "aws:kms/replicaKey:ReplicaKey main-data-copy" in waits_for(planned, copy)


def test_dumps_are_locked_and_copied(planned: Plan) -> None:
    """Nobody deletes one before its time, here or in the second region."""
    locks = all_of(planned, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert {lock.name for lock in locks} == {"shop/backups", "shop/backups-copy"}
    assert {lock.inputs["rule"]["defaultRetention"]["mode"] for lock in locks} == {"GOVERNANCE"}
    assert {lock.inputs["rule"]["defaultRetention"]["days"] for lock in locks} == {60}
    replication = one(planned, "aws:s3/bucketReplicationConfig:BucketReplicationConfig", "shop/receipts").inputs
    (rule,) = replication["rules"]
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}


def test_documents_are_private_and_encrypted(planned: Plan) -> None:
    """Two instances, TLS, audit and slow-query logs, no public way in."""
    cluster = one(planned, "aws:docdb/cluster:Cluster", "shop/papers").inputs
    assert (cluster["storageEncrypted"], cluster["deletionProtection"], cluster["skipFinalSnapshot"]) == (
        True,
        True,
        False,
    )
    assert len(all_of(planned, "aws:docdb/clusterInstance:ClusterInstance")) == 2
    group = one(planned, "aws:docdb/clusterParameterGroup:ClusterParameterGroup").inputs["parameters"]
    values = {each["name"]: each["value"] for each in group}
    assert (values["tls"], values["audit_logs"]) == ("enabled", "all")


def test_a_managed_broker_is_private(planned: Plan) -> None:
    """Three nodes over zones, reached over TLS, and no operator's cluster beside it."""
    broker = one(planned, "aws:mq/broker:Broker").inputs
    assert (broker["deploymentMode"], broker["publiclyAccessible"]) == ("CLUSTER_MULTI_AZ", False)
    assert all_of(planned, "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster") == []
    secret = one(planned, "kubernetes:external-secrets.io/v1:ExternalSecret", "shop/shop-queue-login").inputs
    assert secret["spec"]["target"]["name"] == "shop-queue-login"


def test_secrets_live_in_secrets_manager(planned: Plan) -> None:
    """One entry a Secret, an empty one a supplied key, copied to the second region; none in the cluster by us."""
    entries = {step.inputs["name"]: step.inputs for step in all_of(planned, "aws:secretsmanager/secret:Secret")}
    assert {"slipway-test-main/shop/shop-generated", "slipway-test-main/shop/VENDOR_KEY"} <= set(entries)
    ours = [each for name, each in entries.items() if "/shop/" in name]
    assert all(each["replicas"] == [{"region": "us-west-2"}] for each in ours)
    filled = {step.name for step in all_of(planned, "aws:secretsmanager/secretVersion:SecretVersion")}
    assert "shop/VENDOR_KEY" not in filled
    assert not [step for step in all_of(planned, "kubernetes:core/v1:Secret") if step.name.startswith("shop/")]


def test_entries_use_the_clusters_own_account(planned: Plan) -> None:
    """None falls back to a default provider."""
    found = [step for step in planned.steps if step.package == "aws" and step.state["custom"]]
    assert len(found) > 100
    assert [step.urn for step in found if "pulumi:providers:aws::main::" not in step.provider] == []


def test_a_slot_is_published_before_anybody_visits_it(planned: Plan) -> None:
    """The weights wait for both slots' Jobs, for the distribution and for the services of both versions."""
    weights = one(planned, "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey", "shop/shop-site")
    assert json.loads(weights.inputs["value"])["weights"] == {"blue": 90, "green": 10}
    waits = waits_for(planned, weights)
    assert {
        "kubernetes:batch/v1:Job shop/shop-site-blue-publish",
        "kubernetes:batch/v1:Job shop/shop-site-green-publish",
    } < waits
    assert {"kubernetes:apps/v1:Deployment shop/api-blue", "kubernetes:apps/v1:Deployment shop/api-green"} < waits


def test_the_edge_is_closed_to_all_but_tls(planned: Plan) -> None:
    """TLS 1.2, HTTPS only, a firewall, headers, both functions, and a second bucket when the first does not answer."""
    inputs = one(planned, "aws:cloudfront/distribution:Distribution").inputs
    behaviour = inputs["defaultCacheBehavior"]
    assert behaviour["viewerProtocolPolicy"] == "redirect-to-https"
    assert [each["eventType"] for each in behaviour["functionAssociations"]] == ["viewer-request", "viewer-response"]
    assert inputs["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert [origin["domainName"].split(".")[2] for origin in inputs["origins"]] == ["us-east-1", "us-west-2"]
    assert inputs["originGroups"][0]["failoverCriteria"] == {"statusCodes": [500, 502, 503, 504]}
    policy = one(planned, "aws:cloudfront/cachePolicy:CachePolicy").inputs
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert key["cookiesConfig"] == {"cookieBehavior": "none"}


def test_what_belongs_to_the_edge_stands_where_aws_wants_it(planned: Plan) -> None:
    """Certificate and firewall in us-east-1."""
    assert one(planned, "aws:acm/certificate:Certificate").inputs["region"] == "us-east-1"
    firewall = one(planned, "aws:wafv2/webAcl:WebAcl").inputs
    assert (firewall["region"], firewall["scope"]) == ("us-east-1", "CLOUDFRONT")
    assert not any("rateBasedStatement" in rule["statement"] for rule in firewall["rules"]), "pages are many requests"


def test_money_is_watched(planned: Plan) -> None:
    """The cluster's and the system's budget, at 50, 80 and 100 percent, and a forecast."""
    budgets = {step.name: step.inputs for step in all_of(planned, "aws:budgets/budget:Budget")}
    assert {name: each["limitAmount"] for name, each in budgets.items()} == {"main": "900", "shop": "300"}
    said = budgets["shop"]
    assert [each["threshold"] for each in said["notifications"]] == [50, 80, 100, 100]
    assert said["costFilters"] == [{"name": "TagKeyValue", "values": ["user:slipway.dev/system$shop"]}]


def test_only_hosts_of_services_are_watched(planned: Plan) -> None:
    """The site has CloudFront, which turns to the other bucket by itself."""
    checks = all_of(planned, "aws:route53/healthCheck:HealthCheck")
    assert [check.inputs["fqdn"] for check in checks] == ["origin.api.shop.example.com"]
    assert planned.outputs["main"]["systems"]["shop"]["recovery"] == {"rto": "4h", "rpo": "1h"}


def test_nodes_are_as_declared(planned: Plan) -> None:
    """Four cores and 16 GiB each, six at most."""
    spec = one(planned, "kubernetes:karpenter.sh/v1:NodePool").inputs["spec"]
    assert spec["limits"] == {"cpu": "24", "memory": "96Gi"}
    cores = next(each for each in spec["template"]["spec"]["requirements"] if each["key"].endswith("instance-cpu"))
    assert cores["values"] == ["4"]


def test_zones_are_those_that_eks_takes() -> None:
    """Never use1-az3; a region that has too few says so."""
    assert zone_ids("us-east-1", 3) == ["use1-az1", "use1-az2", "use1-az4"]
    assert zone_ids("eu-west-1", 2) == ["euw1-az1", "euw1-az2"]
    assert zone_ids("mx-central-1", 3) is None
    with pytest.raises(ValueError, match=r"requires 3 zones, but us-west-1 has 2 for a control plane"):
        zone_ids("us-west-1", 3)
