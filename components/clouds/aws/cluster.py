"""The cluster: EKS in Auto Mode, where AWS manages nodes, disks and load balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext, ClusterAccessFacts, ControlPlane
from components.clouds.aws.identity import ServiceRole, ServiceRoleArgs
from slipway.settings.cluster_settings import Kubernetes
from slipway.settings.stack_checks import RESERVED_NETWORKS

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
    context: AwsContext
    settings: Kubernetes
    subnets: Sequence[pulumi.Input[str]]
    deployers: Sequence[str]
    """ARNs of the roles that administer it."""


class Cluster(pulumi.ComponentResource):
    """The EKS cluster, and the access entries of the deployers."""

    access_facts: ClusterAccessFacts

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Cluster", name, opts=opts)
        self._name, self._args, self._context = name, args, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            name,
            # EKS writes to a log group of this name. Created here, it has a retention and is deleted with the cluster.
            name=f"/aws/eks/{args.context.cluster_name}/cluster",
            retention_in_days=args.settings.log_retention_days,
            tags=self._context.cluster_tags,
            opts=self._opts,
        )
        cluster = self._cluster(logs)
        granted = [self._administrator(index, deployer, cluster) for index, deployer in enumerate(args.deployers)]
        issuer = cluster.identities.apply(lambda found: found[0]["oidcs"][0]["issuer"] or "")
        provider = aws.iam.OpenIdConnectProvider(
            name,
            url=issuer,
            client_id_lists=["sts.amazonaws.com"],
            tags=self._context.cluster_tags,
            opts=self._opts,
        )
        self.access_facts = ClusterAccessFacts(
            facts=ControlPlane(
                name=cluster.name,
                issuer=issuer.apply(lambda url: url.removeprefix("https://")),
                issuer_arn=provider.arn,
            ),
            endpoint=cluster.endpoint,
            certificate=cluster.certificate_authority.apply(lambda authority: authority["data"] or ""),
            granted=granted,
        )
        self.register_outputs({"endpoint": cluster.endpoint})

    def _cluster(self, logs: pulumi.Resource) -> aws.eks.Cluster:
        args, context = self._args, self._context
        control_plane = ServiceRole(
            f"{self._name}-control-plane",
            ServiceRoleArgs(
                role_name=f"{context.cluster_name}-control-plane",
                service="eks.amazonaws.com",
                tags=context.cluster_tags,
                account=context.account,
                actions=["sts:AssumeRole", "sts:TagSession"],
                policies=CLUSTER_POLICIES,
            ),
            self._opts,
        )
        nodes = ServiceRole(
            f"{self._name}-nodes",
            ServiceRoleArgs(
                role_name=f"{context.cluster_name}-nodes",
                service="ec2.amazonaws.com",
                tags=context.cluster_tags,
                policies=NODE_POLICIES,
            ),
            self._opts,
        )
        key = encryption_key(
            f"{self._name}-secrets",
            f"Secrets of cluster {context.cluster_name}",
            context.cluster_tags,
            pulumi.ResourceOptions(parent=self, protect=context.protect),
        )
        return aws.eks.Cluster(
            self._name,
            name=context.cluster_name,
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
                public_access_cidrs=args.settings.authorized_networks,
            ),
            enabled_cluster_log_types=CONTROL_PLANE_LOGS,
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
            deletion_protection=context.protect,
            tags=self._context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs, control_plane, nodes], protect=context.protect),
        )

    def _administrator(self, index: int, role: str, cluster: aws.eks.Cluster) -> pulumi.Resource:
        name = f"{self._name}-deployer-{index}"
        entry = aws.eks.AccessEntry(
            name,
            cluster_name=cluster.name,
            principal_arn=role,
            type="STANDARD",
            tags=self._context.cluster_tags,
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


def encryption_key(name: str, description: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions) -> aws.kms.Key:
    """Creates a key that is rotated every year and destroyed 30 days after its deletion. Losing the key loses the data
    that it encrypts, so both need the same protection."""
    return aws.kms.Key(
        name,
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=30,
        tags=dict(tags),
        opts=opts,
    )
