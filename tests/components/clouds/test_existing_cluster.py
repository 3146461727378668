"""A cluster that exists: the cloud around it is Slipway's, the cluster itself is its owner's."""

from __future__ import annotations

import json

import pytest

from slipway.rehearsal import Plan, Step
from slipway.reports import existing as report
from tests.components.clouds.existing import example, with_clusters
from tests.rehearsed import Rehearsed, rehearsed

OF_CLUSTERS = (
    "aws:eks/cluster:Cluster",
    "aws:eks/accessEntry:AccessEntry",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "azure-native:containerservice:ManagedCluster",
    "azure-native:operationalinsights:Workspace",
    "kubernetes:karpenter.sh/v1:NodePool",
    "kubernetes:storage.k8s.io/v1:StorageClass",
)
ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture(scope="module")
def made() -> Rehearsed:
    return with_clusters()


@pytest.fixture(scope="module")
def planned(made: Rehearsed) -> Plan:
    return made.plan


def of(planned: Plan, type_: str) -> list[Step]:
    return [step for step in planned.steps if step.type == type_]


def test_the_cluster_is_its_owners(planned: Plan) -> None:
    """Staging creates each of them for its own clusters; here there is none."""
    assert set(OF_CLUSTERS) <= {step.type for step in rehearsed("staging").plan.steps}
    assert {step.type for step in planned.steps}.isdisjoint(OF_CLUSTERS)


def test_the_cloud_around_it_is_slipways(planned: Plan) -> None:
    """Databases, secrets, identities, registries and backups are those of staging's own clusters."""
    own, here = rehearsed("staging").plan, planned
    for type_ in (
        "aws:rds/instance:Instance",
        "aws:secretsmanager/secret:Secret",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:ecr/repository:Repository",
        "aws:backup/plan:Plan",
        "azure-native:dbforpostgresql:Server",
        "azure-native:keyvault:Vault",
        "azure-native:managedidentity:FederatedIdentityCredential",
        "azure-native:containerregistry:Registry",
    ):
        assert [step.name for step in of(here, type_)] == [step.name for step in of(own, type_)] != []


def test_the_rules_find_nothing_and_the_report_says_what_they_cannot_see(made: Rehearsed) -> None:
    """Both clusters and their networks are named as not judged. Staging's ledger misses its own two clusters and a key."""
    assert [found.policy for found in made.findings] == ["data-ledger"] * 3
    reported = "\n".join(report.lines(made.stack))
    for part in ("the cluster shop-prod", "the cluster shop:", "the network vpc-0a1b2c3d4e5f60718", "the network hub"):
        assert part in reported


def test_pods_of_the_eks_cluster_get_identities_by_its_name(planned: Plan) -> None:
    """The association, and the roles' trust in this cluster alone; External Secrets by its OIDC provider."""
    associations = of(planned, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
    assert {each.inputs["clusterName"] for each in associations} == {"shop-prod"}
    trusts = [json.loads(step.inputs["assumeRolePolicy"]) for step in of(planned, "aws:iam/role:Role")]
    pods = [each for each in trusts if "pods.eks.amazonaws.com" in json.dumps(each)]
    assert pods
    for each in pods:
        assert each["Statement"][0]["Condition"]["ArnEquals"] == {
            "aws:SourceArn": "arn:aws:eks:us-east-1:111122223333:cluster/shop-prod"
        }
    federated = [each["Statement"][0] for each in trusts if "Federated" in json.dumps(each)]
    assert federated
    for statement in federated:
        assert statement["Principal"]["Federated"] == f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"
        assert f"{ISSUER}:sub" in statement["Condition"]["StringEquals"]


def test_databases_admit_the_pods_of_the_eks_cluster(planned: Plan) -> None:
    """Where pods have networks of their own, beside the nodes' subnets."""
    rules = of(planned, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    admitted = {each.inputs["cidrIpv4"] for each in rules}
    assert {"100.64.0.0/16", "10.80.16.0/20", "10.80.32.0/20"} <= admitted


def test_pods_of_the_aks_cluster_get_identities_by_its_issuer(planned: Plan) -> None:
    """And its kubelet pulls from the new registry; databases log to its workspace."""
    cluster = example("existing cluster on Azure")["kubernetes"]["existing"]
    credentials = of(planned, "azure-native:managedidentity:FederatedIdentityCredential")
    assert {each.inputs["issuer"] for each in credentials} == {cluster["issuer"]}
    grants = of(planned, "azure-native:authorization:RoleAssignment")
    pulls = [each for each in grants if each.name == "fleet-pull"]
    assert [each.inputs["principalId"] for each in pulls] == [cluster["kubelet"]]
    logs = of(planned, "azure-native:monitor:DiagnosticSetting")
    assert logs
    assert {each.inputs["workspaceId"] for each in logs} == {cluster["workspace"]}


def test_both_are_reached_by_the_clouds_logins(planned: Plan) -> None:
    """The provider's kubeconfig has the stated address and certificate, and a login of the moment: no password."""
    providers = {step.name: step.inputs["kubeconfig"] for step in of(planned, "pulumi:providers:kubernetes")}
    for name, command, cloud in (("main", "aws", "AWS"), ("fleet", "kubelogin", "Azure")):
        cluster = example(f"existing cluster on {cloud}")["kubernetes"]["existing"]
        kubeconfig = json.loads(providers[name])
        server = kubeconfig["clusters"][0]["cluster"]
        assert (server["server"], server["certificate-authority-data"]) == (cluster["endpoint"], cluster["certificate"])
        assert list(kubeconfig["users"][0]["user"]) == ["exec"]
        assert kubeconfig["users"][0]["user"]["exec"]["command"] == command
    assert "shop-prod" in providers["main"]


def test_the_load_balancer_is_made_by_the_controller_of_the_cluster(planned: Plan) -> None:
    """Auto Mode's class would be nobody's in this cluster."""
    proxies = of(planned, "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy")
    services = [each.inputs["spec"]["provider"]["kubernetes"]["envoyService"] for each in proxies]
    assert "service.k8s.aws/nlb" in [each.get("loadBalancerClass") for each in services]
    assert "eks.amazonaws.com/nlb" not in [each.get("loadBalancerClass") for each in services]
