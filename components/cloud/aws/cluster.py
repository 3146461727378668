"""The cluster: EKS in Auto Mode, so that nodes, their disks and load balancers are the cloud's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cloud.aws.identity import ServiceRole
from settings.stack_checks import RESERVED_NETWORKS
from settings.stacks import Kubernetes

CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
CLUSTER_POLICIES = [
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
]
NODE_POLICIES = ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"]
ADMINISTRATOR = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    cluster_name: str
    settings: Kubernetes
    subnets: Sequence[pulumi.Input[str]]
    deployers: Sequence[str]
    protect: bool
    tags: Mapping[str, str]


class Cluster(pulumi.ComponentResource):
    """`endpoint` and `certificate` of the API server, and what gives the deployers access to it."""

    name: pulumi.Output[str]
    """Known before the cluster is there; what is made with it waits for the cluster."""
    endpoint: pulumi.Output[str]
    certificate: pulumi.Output[str]
    issuer: pulumi.Output[str]
    """The OIDC issuer of the cluster's service accounts, without `https://`."""
    issuer_arn: pulumi.Output[str]
    access: list[pulumi.Resource]

    def __init__(self, name: str, args: ClusterArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:Cluster", name, opts=pulumi.ResourceOptions(parent=parent))
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            name,
            # EKS writes to a group of this name; made here, it has a retention and leaves with the cluster.
            name=f"/aws/eks/{args.cluster_name}/cluster",
            retention_in_days=args.settings.log_retention_days,
            tags=dict(args.tags),
            opts=self._opts,
        )
        cluster = self._cluster(logs)
        self.access = [self._administrator(index, deployer, cluster) for index, deployer in enumerate(args.deployers)]
        self.name, self.endpoint = cluster.name, cluster.endpoint
        self.certificate = cluster.certificate_authority.apply(lambda authority: authority["data"] or "")
        issuer = cluster.identities.apply(lambda found: found[0]["oidcs"][0]["issuer"] or "")
        self.issuer = issuer.apply(lambda url: url.removeprefix("https://"))
        self.issuer_arn = aws.iam.OpenIdConnectProvider(
            name,
            url=issuer,
            client_id_lists=["sts.amazonaws.com"],
            tags=dict(args.tags),
            opts=self._opts,
        ).arn
        self.register_outputs({"endpoint": self.endpoint})

    def _cluster(self, logs: pulumi.Resource) -> aws.eks.Cluster:
        args = self._args
        control_plane = ServiceRole(
            f"{self._name}-control-plane",
            f"{args.cluster_name}-control-plane",
            "eks.amazonaws.com",
            args.tags,
            self,
            actions=["sts:AssumeRole", "sts:TagSession"],
            policies=CLUSTER_POLICIES,
        )
        nodes = ServiceRole(
            f"{self._name}-nodes",
            f"{args.cluster_name}-nodes",
            "ec2.amazonaws.com",
            args.tags,
            self,
            policies=NODE_POLICIES,
        )
        key = encryption_key(
            f"{self._name}-secrets",
            f"Secrets of cluster {args.cluster_name}",
            args.tags,
            self,
            protect=args.protect,
        )
        return aws.eks.Cluster(
            self._name,
            name=args.cluster_name,
            version=args.settings.version,
            role_arn=control_plane.arn,
            bootstrap_self_managed_addons=False,
            compute_config=aws.eks.ClusterComputeConfigArgs(
                enabled=True, node_pools=["system"], node_role_arn=nodes.arn
            ),
            storage_config=aws.eks.ClusterStorageConfigArgs(
                block_storage=aws.eks.ClusterStorageConfigBlockStorageArgs(enabled=True)
            ),
            kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
                elastic_load_balancing=aws.eks.ClusterKubernetesNetworkConfigElasticLoadBalancingArgs(enabled=True),
                ip_family="ipv4",
                service_ipv4_cidr=RESERVED_NETWORKS["Services"],
            ),
            access_config=aws.eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            encryption_config=aws.eks.ClusterEncryptionConfigArgs(
                provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
            ),
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=list(args.subnets),
                endpoint_private_access=True,
                endpoint_public_access=True,
                public_access_cidrs=args.settings.api_allow,
            ),
            enabled_cluster_log_types=CONTROL_PLANE_LOGS,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=args.protect,
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs, control_plane, nodes], protect=args.protect),
        )

    def _administrator(self, index: int, role: str, cluster: aws.eks.Cluster) -> pulumi.Resource:
        name = f"{self._name}-deployer-{index}"
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=cluster.name,
            principal_arn=role,
            type="STANDARD",
            tags=dict(self._args.tags),
            opts=self._opts,
        )
        return aws.eks.AccessPolicyAssociation(
            name,
            cluster_name=cluster.name,
            principal_arn=role,
            policy_arn=ADMINISTRATOR,
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[entry]),
        )


def encryption_key(
    name: str, description: str, tags: Mapping[str, str], parent: pulumi.Resource, *, protect: bool
) -> aws.kms.Key:
    """A key that turns every year and takes 30 days to delete. What it encrypts is lost with it: protect it alike."""
    return aws.kms.Key(
        name,
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=30,
        tags=dict(tags),
        opts=pulumi.ResourceOptions(parent=parent, protect=protect),
    )
