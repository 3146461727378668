"""Copies of the logs: in a bucket of the cluster's own, which Elasticsearch's pods reach without a key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from typing import Any

import pytest

from slipway.rehearsal import Plan, Step
from tests.components.clouds.planned import ROOT, SYSTEM, one
from tests.plans.test_plans import planned
from tests.rehearsed import rehearsed_alone

CLUSTERS = {"main": "aws", "fleet": "azure"}
BUCKET = "slipway-prod-main-logging-main-snapshots-"
ACCOUNT = "prodfleetloggingfl"
ELASTICSEARCH = "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"


@pytest.fixture(scope="module")
def prod() -> Plan:
    return planned("prod")[0]


def template(plan: Plan, cluster: str) -> Mapping[str, Any]:
    return one(plan, ELASTICSEARCH, f"{cluster}/elasticsearch").inputs["spec"]["nodeSets"][0]["podTemplate"]


def repository(plan: Plan, cluster: str) -> Mapping[str, Any] | None:
    """Elasticsearch's settings for it."""
    files = one(plan, "kubernetes:core/v1:ConfigMap", f"{cluster}/logs-setup").inputs["data"]
    lines = [line.split() for line in files["requests"].splitlines()]
    paths = {path: file for file, path in lines}
    return json.loads(files[paths["/_snapshot/logs"]]) if "/_snapshot/logs" in paths else None


def waits_for(plan: Plan, step: Step) -> set[str]:
    return {f"{plan.by_urn[urn].type} {plan.by_urn[urn].name}" for urn in step.dependencies}


def test_on_aws_copies_go_to_a_bucket_of_the_clusters_own(prod: Plan) -> None:
    """Private and with versions, as every bucket."""
    bucket = one(prod, "aws:s3/bucket:Bucket", "logging-main/snapshots").inputs["bucket"]
    assert bucket.startswith(BUCKET)
    assert repository(prod, "main") == {"type": "s3", "settings": {"bucket": bucket, "base_path": "logs"}}
    assert one(prod, "aws:s3/bucketVersioning:BucketVersioning", "logging-main/snapshots")
    assert one(prod, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "logging-main/snapshots")
    spec = one(prod, ELASTICSEARCH, "main/elasticsearch").inputs["spec"]
    assert spec["nodeSets"][0]["config"]["s3.client.default.region"] == "us-east-1"


def test_on_azure_copies_go_to_a_container_of_the_clusters_own(prod: Plan) -> None:
    """Elasticsearch gets the account's name and no key: the account has none that works."""
    account = one(prod, "azure-native:storage:StorageAccount", "logging-fleet/snapshots").inputs
    assert account["accountName"].startswith(ACCOUNT)
    assert account["allowSharedKeyAccess"] is False
    container = one(prod, "azure-native:storage:BlobContainer", "logging-fleet/snapshots").inputs["containerName"]
    assert repository(prod, "fleet") == {"type": "azure", "settings": {"container": container, "base_path": "logs"}}
    spec = one(prod, ELASTICSEARCH, "fleet/elasticsearch").inputs["spec"]
    assert spec["secureSettings"] == [{"secretName": "logs-snapshots"}]
    assert one(prod, "kubernetes:core/v1:Secret", "fleet/logs-snapshots")
    assert not any(step.name == "main/logs-snapshots" for step in prod.steps)


RECORDING = """
import json
import pulumi
from pulumi.runtime import Mocks

class Answers(Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Answers(), preview=True)
from components.manifests.environment import BucketFacts
from components.manifests.versions import Pins
from components.clouds.contract import ControllersFacts, NoIdentity
from components.cluster.logs.manifests.snapshots import Snapshots, Token
from components.clouds.local.cloud import LocalCloud
from components.clouds.local.context import LocalContext
from components.cluster.logs.component import Logs, LogsArgs
from slipway.settings.stacks import StackCluster
from slipway.settings.clouds.local import LocalCluster

asked = []

class Recording(LocalCloud):
    def bucket(self, args, opts):
        asked.append(["bucket", args.system, args.name, args.settings.data_class, args.locked_days])
        return BucketFacts("copies", "here")
    def identity(self, args, opts):
        grants = [[type(each).__name__, each.bucket.name, each.prefix] for each in args.grants]
        asked.append(["identity", args.scope.namespace, args.name, grants])
        return NoIdentity()
    def snapshots(self, bucket):
        token = Token(volume="token", module="somewhere", file="token", audience="somebody")
        return Snapshots(kind="fs", settings={"location": bucket.name}, token=token)

cluster = LocalCluster.model_validate({"cloud": "local"})

@pulumi.runtime.test
def build():
    args = LogsArgs(
        cluster=StackCluster("main", cluster, {}), environment="test", label="test", pins=Pins(),
        facts=ControllersFacts(), cloud=Recording(context=LocalContext.of(cluster)),
    )
    Logs("main", args, pulumi.ResourceOptions())

build()
print(json.dumps(asked))
"""


def test_the_cloud_is_asked_for_one_bucket_and_an_identity_that_may_use_it() -> None:
    """It, and nothing else. Nothing is locked: a copy that has had its month is deleted."""
    command = [sys.executable, "-c", RECORDING]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        ["bucket", "logging-main", "snapshots", "personal", None],
        ["identity", "logging", "logs", [["UseBucket", "copies", ""]]],
    ]


def test_on_aws_the_identity_is_that_of_the_pods(prod: Plan) -> None:
    """By the names of namespace and account, which their pods have."""
    association = one(prod, "aws:eks/podIdentityAssociation:PodIdentityAssociation", "logging-main/logs").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("logging", "logs")


def test_on_azure_the_identity_may_use_that_container_only(prod: Plan) -> None:
    """One grant, and trust in the one account."""
    grants = [step for step in prod.steps if step.name.startswith("logging-fleet/logs-") and "Role" in step.type]
    (grant,) = grants
    assert grant.inputs["roleDefinitionId"].endswith("ba92f5b4-2d11-453d-a403-e96b0029c9fe")
    assert "azure-native:storage:BlobContainer logging-fleet/snapshots" in waits_for(prod, grant)
    federated = "azure-native:managedidentity:FederatedIdentityCredential"
    trust = one(prod, federated, "logging-fleet/logs").inputs
    assert trust["subject"] == "system:serviceaccount:logging:logs"
    account = one(prod, "kubernetes:core/v1:ServiceAccount", "logging-fleet/logs").inputs["metadata"]
    assert "azure.workload.identity/client-id" in account["annotations"]
    labels = template(prod, "fleet")["metadata"]["labels"]
    assert labels == {"azure.workload.identity/use": "true"}


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_pods_run_as_the_account_that_has_the_identity(prod: Plan, cluster: str) -> None:
    """Neither has a token for the cluster's API; the one for the cloud is not in a Secret."""
    account = one(prod, "kubernetes:core/v1:ServiceAccount", f"logging-{cluster}/logs").inputs
    assert account["automountServiceAccountToken"] is False
    assert (account["metadata"]["namespace"], account["metadata"]["name"]) == ("logging", "logs")
    pod = template(prod, cluster)["spec"]
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("logs", False)
    (volume,) = pod["volumes"]
    assert [list(source) for source in volume["projected"]["sources"]] == [["serviceAccountToken"]]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_elasticsearch_waits_for_its_account_and_what_it_may_do(prod: Plan, cluster: str) -> None:
    """Pods that start before have no identity until they start again."""
    waits = waits_for(prod, one(prod, ELASTICSEARCH, f"{cluster}/elasticsearch"))
    identity = {
        "main": {
            "aws:eks/podIdentityAssociation:PodIdentityAssociation logging-main/logs",
            "aws:iam/rolePolicy:RolePolicy logging-main/logs",
        },
        "fleet": {"azure-native:managedidentity:FederatedIdentityCredential logging-fleet/logs"},
    }[cluster]
    assert identity | {f"kubernetes:core/v1:ServiceAccount logging-{cluster}/logs"} <= waits
    if cluster == "fleet":
        assert any(each.startswith("azure-native:authorization:RoleAssignment logging-fleet/logs-") for each in waits)


def test_a_cluster_without_a_cloud_has_no_copies() -> None:
    """There, a bucket would need keys."""
    local = planned("local")[0]
    assert repository(local, "main") is None
    assert not any(step.name.startswith("logging-") or step.name.endswith("/logs-snapshots") for step in local.steps)
    pod = template(local, "main")["spec"]
    assert {"serviceAccountName", "volumes"} & set(pod) == set()


def test_clusters_of_one_cloud_have_a_bucket_each() -> None:
    """Under names of their own in Pulumi and in the cloud."""
    cluster = """
    cloud: aws
    region: us-east-1
    account: "111122223333"
    deployers: [arn:aws:iam::111122223333:role/deployer]
    network: {{cidr: {cidr}}}
    kubernetes: {{authorizedNetworks: [203.0.113.0/24], nodes: {{minimum: 3, maximum: 6, cpu: 4, memory: 16}}}}
    systems: {{}}
    """
    east, west = (
        textwrap.indent(textwrap.dedent(cluster.format(cidr=cidr)), "      ")
        for cidr in ("10.60.0.0/16", "10.62.0.0/16")
    )
    text = f"config:\n  slipway:environment: staging\n  slipway:clusters:\n    east:\n{east}\n    west:\n{west}\n"
    found = {
        step.name: step.inputs["bucket"]
        for step in rehearsed_alone(text, {"systems/shop/system.yaml": SYSTEM}).plan.steps
        if step.type == "aws:s3/bucket:Bucket" and step.name.endswith("/snapshots")
    }
    assert set(found) == {"logging-east/snapshots", "logging-west/snapshots"}
    assert len(set(found.values())) == 2
