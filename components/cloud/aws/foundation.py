"""What a cluster on AWS stands on, and the way to it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from builders import names
from components.cloud.aws.cloud import AwsCloud
from components.cloud.aws.cluster import Cluster, ClusterArgs
from components.cloud.aws.cluster_objects import ClusterObjects
from components.cloud.aws.network import Network, NetworkArgs
from components.cloud.aws.postgres import Surroundings
from components.cloud.aws.registry import Registry, RegistryArgs
from components.cloud.contract import ClusterAccess, ClusterFacts
from components.cloud.images import repositories
from settings.stacks import AwsCluster, PlacedCluster, Stack


class Foundation(pulumi.ComponentResource):
    """Network, cluster and registry, in the account and region that the provider is bound to."""

    facts: ClusterFacts

    def __init__(self, placed: PlacedCluster, settings: AwsCluster, stack: Stack) -> None:
        name, cluster_name = placed.name, names.cluster(stack.name, placed.name)
        provider = aws.Provider(name, region=settings.region, allowed_account_ids=[settings.account])
        super().__init__("slipway:aws:Foundation", name, opts=pulumi.ResourceOptions(providers=[provider]))
        own_tags = {**settings.tags, "slipway.dev/stack": stack.name}
        tags = names.tags(settings.source, own_tags)

        network = Network(
            name,
            NetworkArgs(
                cluster_name=cluster_name,
                region=settings.region,
                settings=settings.network,
                log_retention_days=settings.kubernetes.log_retention_days,
                tags=tags,
            ),
            self,
        )
        cluster = Cluster(
            name,
            ClusterArgs(
                cluster_name=cluster_name,
                settings=settings.kubernetes,
                subnets=network.private_subnets,
                deployers=settings.deployers,
                protect=settings.protect,
                tags=tags,
            ),
            self,
        )
        Registry(name, RegistryArgs(repositories=repositories(placed), tags=tags), self)
        access = _access(name, cluster_name, settings.region, cluster)
        ClusterObjects(
            name, settings.source, pulumi.ResourceOptions(parent=self, providers=[provider, access.provider])
        )

        databases = Surroundings(
            cluster_name=cluster_name,
            vpc_id=network.vpc_id,
            subnets=network.data_subnets,
            networks=network.data_cidrs,
            clients=network.private_cidrs,
            protect=settings.protect,
            tags=own_tags,
        )
        self.facts = ClusterFacts(
            name=name,
            cluster_name=cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=access,
            cloud=AwsCloud(provider=provider, account=settings.account, region=settings.region, databases=databases),
            registry=f"{settings.account}.dkr.ecr.{settings.region}.amazonaws.com",
        )
        self.register_outputs({"cluster": cluster_name})


def _access(name: str, cluster_name: str, region: str, cluster: Cluster) -> ClusterAccess:
    """The provider waits for the deployers' access, and so does every object that it makes."""
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster_name, "--region", region, "--output", "json"],
        "interactiveMode": "Never",
    }
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster_name,
        "clusters": [
            {
                "name": cluster_name,
                "cluster": {"server": cluster.endpoint, "certificate-authority-data": cluster.certificate},
            }
        ],
        "users": [{"name": cluster_name, "user": {"exec": login}}],
        "contexts": [{"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}],
    }
    provider = kubernetes.Provider(
        name, kubeconfig=pulumi.Output.json_dumps(kubeconfig), opts=pulumi.ResourceOptions(depends_on=cluster.access)
    )
    return ClusterAccess(provider=provider, server=cluster.endpoint)
