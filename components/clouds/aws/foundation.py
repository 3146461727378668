"""The foundation of a cluster on AWS: network, control plane, registry, vault."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pulumi
import pulumi_aws as aws

from components.clouds.access import kubernetes_provider
from components.clouds.aws.budget import CostBudget, budget
from components.clouds.aws.cloud import AwsCloud
from components.clouds.aws.cluster import Cluster, ClusterArgs
from components.clouds.aws.cluster_objects import ClusterObjects, ClusterObjectsArgs
from components.clouds.aws.context import (
    AwsClusterContext,
    AwsContext,
    ControlPlane,
    KeyFacts,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
)
from components.clouds.aws.keys import DataKey, DataKeyArgs
from components.clouds.aws.network import Network, NetworkArgs
from components.clouds.aws.registry import Registry, RegistryArgs
from components.clouds.aws.second_region import SecondNetwork, SecondNetworkArgs
from components.clouds.aws.vault import CONTINUOUS_DAYS, BackupPlan, BackupPlanArgs, Vaults, VaultsArgs
from components.clouds.aws.zone import Controllers, ControllersArgs, controllers_facts
from components.clouds.contract import ClusterAccess, ClusterFacts
from components.clouds.images import of_controller, repositories
from components.manifests import names
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import Stack, StackCluster

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
        settings, stack = args.settings, args.stack
        context = _context(name, args)
        super().__init__(
            "slipway:aws:Foundation",
            name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[context.provider]), opts),
        )
        self._name, self._args, self._opts = name, args, pulumi.ResourceOptions(parent=self)
        network = Network(name, NetworkArgs(context=context, settings=settings.network), self._opts)
        cluster = Cluster(
            name,
            ClusterArgs(
                context=context,
                settings=settings.kubernetes,
                subnets=network.facts.private_subnets,
                deployers=settings.deployers,
            ),
            self._opts,
        )
        registry = f"{context.account}.dkr.ecr.{context.region}.amazonaws.com"
        images = sorted({*repositories(args.cluster), *of_controller(args.cluster, registry)})
        Registry(name, RegistryArgs(context=context, repositories=images), self._opts)
        access = _access(name, context, cluster)
        ClusterObjects(
            name,
            ClusterObjectsArgs(source=settings.source, nodes=settings.kubernetes.nodes),
            pulumi.ResourceOptions(parent=self, providers=[context.provider, access.provider]),
        )
        self._budget(context)
        released = settings.controllers.releases == "installed"
        controllers = Controllers(
            name,
            ControllersArgs(
                context=context,
                control_plane=cluster.facts,
                repositories=repositories(args.cluster) if released else [],
            ),
            self._opts,
        )
        self.facts = ClusterFacts(
            name=name,
            cluster_name=context.cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=access,
            cloud=AwsCloud(
                context=self._cluster_context(context, network.facts, cluster.facts),
                dns_zones=settings.dns_zones,
                controllers=controllers.identities,
            ),
            controllers=controllers_facts(context.region),
            registry=registry,
            services=settings,
            billing_contacts=tuple(settings.billing_contacts),
        )
        self.register_outputs({"cluster": context.cluster_name})

    def _cluster_context(
        self, context: AwsContext, network: NetworkFacts, control_plane: ControlPlane
    ) -> AwsClusterContext:
        """Returns the context that systems share: keys and vaults belong to the cluster."""
        key = DataKey(self._name, DataKeyArgs(context=context), self._opts).facts
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


def _context(name: str, args: FoundationArgs) -> AwsContext:
    settings, cluster_name = args.settings, names.cluster(args.stack.name, args.cluster.name)
    return AwsContext(
        provider=aws.Provider(name, region=settings.region, allowed_account_ids=[settings.account]),
        account=settings.account,
        region=settings.region,
        second_region=settings.second_region,
        cluster_name=cluster_name,
        source=settings.source,
        log_retention_days=settings.kubernetes.log_retention_days,
        protect=settings.protect,
        tags={**settings.tags, "slipway.dev/stack": args.stack.name, CLUSTER_TAG: cluster_name},
    )


def _access(name: str, context: AwsContext, cluster: Cluster) -> ClusterAccess:
    """Returns the cluster's provider, which waits for the deployers' access, as do all objects created with it."""
    cluster_name = context.cluster_name
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
    provider = kubernetes_provider(name, kubeconfig=text, opts=pulumi.ResourceOptions(depends_on=cluster.access))
    return ClusterAccess(provider=provider, server=cluster.endpoint, kubeconfig=text)
