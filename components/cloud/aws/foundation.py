"""What a cluster on AWS stands on, and the way to it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from builders import names
from components.cloud.aws.bucket import BucketSurroundings
from components.cloud.aws.budget import CostBudget, budget
from components.cloud.aws.cloud import AwsCloud
from components.cloud.aws.cluster import Cluster, ClusterArgs
from components.cloud.aws.cluster_objects import ClusterObjects
from components.cloud.aws.keys import DataKey, DataKeyArgs
from components.cloud.aws.network import Network, NetworkArgs
from components.cloud.aws.pod_identity import IdentitySurroundings
from components.cloud.aws.registry import Registry, RegistryArgs
from components.cloud.aws.second_region import SecondNetwork, SecondNetworkArgs
from components.cloud.aws.secret_store import StoreSurroundings
from components.cloud.aws.surroundings import SecondRegion, Surroundings
from components.cloud.aws.vault import CONTINUOUS_DAYS, BackupPlan, PlanArgs, VaultArgs, Vaults
from components.cloud.aws.zone import Controllers, ZoneSurroundings, controllers_facts
from components.cloud.contract import ClusterAccess, ClusterFacts
from components.cloud.images import repositories
from settings.stacks import AwsCluster, PlacedCluster, Stack

CLUSTER_TAG = "slipway.dev/cluster"


class Foundation(pulumi.ComponentResource):
    """Network, cluster and registry, in the account and region that the provider is bound to."""

    facts: ClusterFacts

    def __init__(self, placed: PlacedCluster, settings: AwsCluster, stack: Stack) -> None:
        name, cluster_name = placed.name, names.cluster(stack.name, placed.name)
        provider = aws.Provider(name, region=settings.region, allowed_account_ids=[settings.account])
        super().__init__("slipway:aws:Foundation", name, opts=pulumi.ResourceOptions(providers=[provider]))
        own_tags = {**settings.tags, "slipway.dev/stack": stack.name, CLUSTER_TAG: cluster_name}
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
            name,
            settings.source,
            settings.kubernetes.nodes,
            pulumi.ResourceOptions(parent=self, providers=[provider, access.provider]),
        )
        self._budget(name, cluster_name, settings, own_tags)
        controllers, cloud = self._cloud(name, cluster_name, settings, network, cluster, provider, own_tags)
        self.facts = ClusterFacts(
            name=name,
            cluster_name=cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=access,
            cloud=cloud,
            controllers=controllers_facts(controllers, settings.region),
            registry=f"{settings.account}.dkr.ecr.{settings.region}.amazonaws.com",
            services=settings,
            billing_contacts=tuple(settings.billing_contacts),
        )
        self.register_outputs({"cluster": cluster_name})

    def _cloud(
        self,
        name: str,
        cluster_name: str,
        settings: AwsCluster,
        network: Network,
        cluster: Cluster,
        provider: aws.Provider,
        own_tags: dict[str, str],
    ) -> tuple[Controllers, AwsCloud]:
        """What systems may ask of this region: keys, vaults and identities are the cluster's, the rest is theirs."""
        account, region, second = settings.account, settings.region, settings.second_region
        tags = names.tags(settings.source, own_tags)
        key = DataKey(
            name,
            DataKeyArgs(
                cluster_name=cluster_name,
                account=account,
                region=region,
                second_region=second,
                protect=settings.protect,
                tags=tags,
            ),
            self,
        )
        vaults = Vaults(
            name,
            VaultArgs(
                cluster_name=cluster_name,
                account=account,
                region=region,
                key_arn=key.arn,
                second_region=second,
                second_key_arn=key.second_arn,
                lock=settings.vault_lock,
                protect=settings.protect,
                tags=tags,
            ),
            self,
        )
        self._back_up_state(name, settings, vaults, tags)
        identities = IdentitySurroundings(
            account=account,
            region=region,
            cluster_name=cluster_name,
            cluster=cluster.name,
            key_arn=key.arn,
            tags=own_tags,
        )
        controllers = Controllers(name, identities, tags, self, provider)
        return controllers, AwsCloud(
            provider=provider,
            account=account,
            region=region,
            second_region=second,
            databases=Surroundings(
                account=account,
                region=region,
                cluster_name=cluster_name,
                vpc_id=network.vpc_id,
                subnets=network.data_subnets,
                networks=network.data_cidrs,
                clients=network.private_cidrs,
                log_retention_days=settings.kubernetes.log_retention_days,
                vaults=vaults,
                second=self._second(name, cluster_name, settings, key, tags),
                protect=settings.protect,
                tags=own_tags,
            ),
            buckets=BucketSurroundings(
                account=account,
                cluster_name=cluster_name,
                region=region,
                key_arn=key.arn,
                second_region=second,
                second_key_arn=key.second_arn,
                protect=settings.protect,
                tags=own_tags,
            ),
            secrets=StoreSurroundings(
                account=account,
                region=region,
                second_region=second,
                cluster_name=cluster_name,
                issuer=cluster.issuer,
                issuer_arn=cluster.issuer_arn,
                key_arn=key.arn,
                tags=own_tags,
            ),
            identities=identities,
            zones=ZoneSurroundings(
                existing=settings.dns_zones,
                controllers=list(controllers.identities.values()),
                protect=settings.protect,
                tags=own_tags,
            ),
        )

    def _second(
        self, name: str, cluster_name: str, settings: AwsCluster, key: DataKey, tags: dict[str, str]
    ) -> SecondRegion | None:
        cidr = settings.network.second_cidr
        if settings.second_region is None or cidr is None or key.second_arn is None:
            return None
        args = SecondNetworkArgs(
            cluster_name=cluster_name,
            region=settings.second_region,
            cidr=cidr,
            zones=settings.network.zones,
            key_arn=key.second_arn,
            log_retention_days=settings.kubernetes.log_retention_days,
            tags=tags,
        )
        return SecondNetwork(name, args, self).facts

    def _back_up_state(self, name: str, settings: AwsCluster, vaults: Vaults, tags: dict[str, str]) -> None:
        """Pulumi's own state, without which nobody can change anything any more."""
        if settings.state_bucket is None:
            return
        args = PlanArgs(
            plan_name=f"{vaults.name}-state",
            resource=f"arn:aws:s3:::{settings.state_bucket}",
            kind="S3",
            retention_days=CONTINUOUS_DAYS,
            copied=settings.second_region is not None,
            restore_test=None,
            subnets=None,
            tags=tags,
        )
        BackupPlan(f"{name}-state", args, vaults, self)

    def _budget(self, name: str, cluster_name: str, settings: AwsCluster, own_tags: dict[str, str]) -> None:
        if settings.monthly_budget is None:
            return
        wanted = CostBudget(
            budget_name=cluster_name,
            limit=settings.monthly_budget,
            key=CLUSTER_TAG,
            value=cluster_name,
            contacts=settings.billing_contacts,
            tags=names.tags(settings.source, own_tags),
        )
        budget(name, wanted, pulumi.ResourceOptions(parent=self))


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
