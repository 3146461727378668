"""The foundation of a cluster on AWS: network, control plane, registry, vault."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import pulumi
import pulumi_aws as aws

from components.clouds.aws.budget import CostBudget, budget
from components.clouds.aws.cloud import AwsCloud
from components.clouds.aws.cluster import Cluster, ClusterArgs
from components.clouds.aws.cluster_objects import STORAGE_CLASS, ClusterObjects, ClusterObjectsArgs
from components.clouds.aws.context import (
    AwsClusterContext,
    AwsContext,
    ClusterAccessFacts,
    ControlPlane,
    KeyFacts,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
)
from components.clouds.aws.existing_cluster import existing_cluster
from components.clouds.aws.existing_network import existing_network
from components.clouds.aws.exported import exported_facts
from components.clouds.aws.keys import DataKey, DataKeyArgs
from components.clouds.aws.network import Network, NetworkArgs
from components.clouds.aws.registry import Registry, RegistryArgs
from components.clouds.aws.second_region import SecondNetwork, SecondNetworkArgs
from components.clouds.aws.vault import CONTINUOUS_DAYS, BackupPlan, BackupPlanArgs, Vaults, VaultsArgs
from components.clouds.aws.zone import Controllers, ControllersArgs, controllers_facts
from components.clouds.cluster_images import of_controller, released_repositories
from components.clouds.contract import (
    CloudPlace,
    ClusterAccess,
    ClusterFacts,
    ControllersFacts,
    queue_reader,
    record_writers,
    watched_by_cloud,
)
from components.clouds.kubernetes_provider import kubernetes_provider
from components.manifests import names
from components.manifests.placement import NodePools
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster
from slipway.settings.system import System

CLUSTER_TAG = "slipway.dev/cluster"


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    cluster: StackCluster
    settings: AwsCluster
    stack: Stack


class Foundation(pulumi.ComponentResource):
    """Creates network, cluster and registry in the provider's account and region."""

    facts: ClusterFacts

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings = args.settings
        context = context_of(name, args)
        super().__init__(
            "slipway:aws:Foundation",
            name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[context.provider]), opts),
        )
        self._name, self._args, self._opts = name, args, pulumi.ResourceOptions(parent=self)
        network = self._network(context)
        cluster = self._cluster(context, network)
        images = sorted({*args.cluster.repositories, *of_controller(args.cluster, registry_of(settings))})
        repositories = {image: settings.repository(image) for image in images}
        Registry(name, RegistryArgs(context=context, repositories=repositories), self._opts)
        access = access_to(name, context, cluster)
        if settings.kubernetes.existing is None:
            ClusterObjects(
                name,
                ClusterObjectsArgs(source=settings.source, nodes=settings.kubernetes.nodes, pools=settings.node_pools),
                pulumi.ResourceOptions(parent=self, providers=[context.provider, access.provider]),
            )
        self._budget(context)
        controllers = Controllers(
            name,
            ControllersArgs(
                context=context,
                control_plane=cluster.facts,
                writers=record_writers(settings),
                repositories=list(map(settings.repository, released_repositories(args.cluster))),
                queue_reader=queue_reader(settings, definitions_of(args.cluster)),
            ),
            self._opts,
        )
        shared = self._cluster_context(context, network, cluster.facts)
        cloud = AwsCloud(context=shared, dns_zones=settings.dns_zones, controllers=controllers.identities)
        self.facts = replace(
            facts_of(name, args, context, cloud, access),
            controllers=self._controllers_facts(network),
            exported=exported_facts(shared, controllers.identities),
            exported_access={"address": cluster.endpoint, "certificate": cluster.certificate},
        )
        self.register_outputs({"cluster": context.cluster_name})

    def _network(self, context: AwsContext) -> NetworkFacts:
        settings = self._args.settings.network
        if settings.existing is not None:
            cluster = self._args.settings.kubernetes.existing
            return existing_network(settings.existing, cluster.pods if cluster else ())
        return Network(self._name, NetworkArgs(context=context, settings=settings), self._opts).facts

    def _cluster(self, context: AwsContext, network: NetworkFacts) -> ClusterAccessFacts:
        settings = self._args.settings
        if settings.kubernetes.existing is not None:
            return existing_cluster(settings.kubernetes.existing)
        args = ClusterArgs(
            context=context,
            settings=settings.kubernetes,
            subnets=network.private_subnets,
            deployers=settings.deployers,
        )
        return Cluster(self._name, args, self._opts).access_facts

    def _controllers_facts(self, network: NetworkFacts) -> ControllersFacts:
        """Returns the settings of the controllers; an existing cluster says who balances loads and measures its pods."""
        facts = controllers_facts(self._args.settings.region, network.balanced_subnets)
        existing = self._args.settings.kubernetes.existing
        if existing is None:
            return facts
        return replace(facts, load_balancer_class=existing.load_balancer_class, measures_pods=existing.metrics_server)

    def _cluster_context(
        self, context: AwsContext, network: NetworkFacts, control_plane: ControlPlane
    ) -> AwsClusterContext:
        """Returns the context that systems share: keys and vaults belong to the cluster."""
        systems = self._args.cluster.served.values()
        topics = any(system.definition.topics for system in systems)
        watched = self._args.settings.controllers.metrics != "absent"
        alarms = watched and any(watched_by_cloud(system.definition) for system in systems)
        key = DataKey(self._name, DataKeyArgs(context=context, topics=topics, alarms=alarms), self._opts).facts
        lock = self._args.settings.vault_lock
        vault = Vaults(self._name, VaultsArgs(context=context, key=key, lock=lock), self._opts).facts
        self._back_up_state(context, vault)
        return AwsClusterContext(
            **{each.name: getattr(context, each.name) for each in fields(context)},
            key=key,
            network=network,
            control_plane=control_plane,
            vault=vault,
            second=self._second(context, key),
        )

    def _second(self, context: AwsContext, key: KeyFacts) -> SecondRegion | None:
        network = self._args.settings.network
        if context.second_region is None or network.second_cidr is None or key.second_arn is None:
            return None
        args = SecondNetworkArgs(
            context=context,
            region=context.second_region,
            cidr=network.second_cidr,
            zones=network.zones,
            key_arn=key.second_arn,
        )
        return SecondNetwork(self._name, args, self._opts).facts

    def _back_up_state(self, context: AwsContext, vault: VaultFacts) -> None:
        """Backs up Pulumi's state, without which the stack cannot be changed."""
        bucket = self._args.settings.state_bucket
        if bucket is None:
            return
        args = BackupPlanArgs(
            vault=vault,
            plan_name=f"{vault.name}-state",
            resource=f"arn:aws:s3:::{bucket}",
            kind="S3",
            retention_days=CONTINUOUS_DAYS,
            copied=context.second_region is not None,
            restore_test=None,
            subnets=None,
            tags=context.cluster_tags,
        )
        BackupPlan(f"{self._name}-state", args, self._opts)

    def _budget(self, context: AwsContext) -> None:
        settings = self._args.settings
        if settings.monthly_budget is None:
            return
        wanted = CostBudget(
            budget_name=context.cluster_name,
            limit=settings.monthly_budget,
            key=CLUSTER_TAG,
            value=context.cluster_name,
            contacts=settings.billing_contacts,
            tags=context.cluster_tags,
        )
        budget(self._name, wanted, self._opts)


def facts_of(
    name: str, args: FoundationArgs, context: AwsContext, cloud: AwsCloud, access: ClusterAccess
) -> ClusterFacts:
    """Returns the facts of a cluster that follow from settings, with its cloud and access."""
    settings, stack = args.settings, args.stack
    return ClusterFacts(
        name=name,
        cluster_name=context.cluster_name,
        stack=stack.base,
        prefix=stack.prefix,
        environment=stack.environment,
        own_environment=stack.own_environment,
        access=access,
        cloud=cloud,
        volume_class=None if settings.kubernetes.existing else STORAGE_CLASS,
        registry=registry_of(settings),
        immutable_images=[f"{registry_of(settings)}/{each}" for each in args.cluster.repositories],
        services=settings,
        protect=settings.protect,
        place=CloudPlace(
            cloud="aws",
            region=context.region,
            account=context.account,
            provider=context.provider,
            tagged=context.tagged,
        ),
        nodes=settings.kubernetes.nodes.maximum,
        node_pools=NodePools(pools=settings.node_pools),
        billing_contacts=tuple(settings.billing_contacts),
    )


def definitions_of(cluster: StackCluster) -> list[System]:
    """Returns all systems of a cluster, also those of other stacks."""
    return [each.definition for each in cluster.served.values()]


def registry_of(settings: AwsCluster) -> str:
    """Returns where the cluster's images are: the registry of its account in its region, below the prefix that it has."""
    return f"{settings.account}.dkr.ecr.{settings.region}.amazonaws.com/{settings.repository('')}".rstrip("/")


def context_of(name: str, args: FoundationArgs) -> AwsContext:
    settings, cluster_name = args.settings, args.stack.cluster_name(args.cluster.name)
    existing = settings.kubernetes.existing
    return AwsContext(
        provider=aws.Provider(name, region=settings.region, allowed_account_ids=[settings.account]),
        account=settings.account,
        region=settings.region,
        second_region=settings.second_region,
        cluster_name=cluster_name,
        eks_name=existing.name if existing else cluster_name,
        source=settings.source,
        log_retention_days=settings.kubernetes.log_retention_days,
        protect=settings.protect,
        tags={
            **settings.tags,
            **names.environment(args.stack.own_environment),
            "slipway.dev/stack": args.stack.base,
            CLUSTER_TAG: cluster_name,
        },
    )


def access_to(name: str, context: AwsContext, cluster: ClusterAccessFacts) -> ClusterAccess:
    """Returns the cluster's provider, which waits for the deployers' access, as do all objects created with it."""
    cluster_name = context.eks_name
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster_name, "--region", context.region, "--output", "json"],
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
    text = pulumi.Output.json_dumps(kubeconfig)
    provider = kubernetes_provider(name, kubeconfig=text, opts=pulumi.ResourceOptions(depends_on=cluster.granted))
    return ClusterAccess(provider=provider, server=pulumi.Output.from_input(cluster.endpoint), kubeconfig=text)
