"""The foundation of a cluster on Azure: network, control plane, registry, vault."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import pulumi
import pulumi_azure_native as azure
import yaml
from pulumi_azure_native import containerservice

from components.clouds.azure.budget import CostBudget, budget
from components.clouds.azure.cloud import AzureCloud
from components.clouds.azure.cluster import SPOT_TAINT, Cluster, ClusterArgs
from components.clouds.azure.context import (
    AzureClusterContext,
    AzureContext,
    ControlPlane,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
)
from components.clouds.azure.existing_cluster import existing_cluster
from components.clouds.azure.existing_network import ExistingNetwork, ExistingNetworkArgs
from components.clouds.azure.exported import exported_facts
from components.clouds.azure.network import Network, NetworkArgs
from components.clouds.azure.pod_identity import ControllerIdentity
from components.clouds.azure.registry import Registry, RegistryArgs
from components.clouds.azure.role_assignments import backup_writer
from components.clouds.azure.second_region import SecondNetwork, SecondNetworkArgs
from components.clouds.azure.vault import BLOBS, STATE_DAYS, BackupInstance, BackupInstanceArgs, Vault, VaultArgs
from components.clouds.azure.zone import Controllers, ControllersArgs, controllers_facts
from components.clouds.contract import CloudPlace, ClusterAccess, ClusterFacts, record_writers
from components.clouds.kubernetes_provider import kubernetes_provider
from components.manifests import names
from components.manifests.placement import NodePools
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.limits import most
from slipway.settings.scaled_services import triggers
from slipway.settings.stacks import Stack, StackCluster

STORAGE_CLASS = "managed-csi"
"""AKS' own class of disks that Azure encrypts and that can grow. Source: learn.microsoft.com/azure/aks/concepts-storage."""
API_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Application id of the AKS API server in Entra, the same in every tenant."""


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    cluster: StackCluster
    settings: AzureCluster
    stack: Stack


class Foundation(pulumi.ComponentResource):
    """Creates resource group, network, cluster and registry in the provider's subscription."""

    facts: ClusterFacts

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, provider = args.settings, provider_of(name, args.settings)
        super().__init__(
            "slipway:azure:Foundation",
            name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[provider]), opts),
        )
        self._name, self._args, self._opts = name, args, pulumi.ResourceOptions(parent=self)
        context = self._context(provider)
        network = self._network(context)
        cluster = self._control_plane(context, network)
        registry_name = registry_of(context)
        Registry(name, RegistryArgs(context=context, registry_name=registry_name, kubelet=cluster.kubelet), self._opts)
        shared = self._cluster_context(context, network, cluster)
        controllers = Controllers(name, ControllersArgs(context=shared, writers=record_writers(settings)), self._opts)
        self.facts = replace(
            facts_of(name, args, shared, controllers.identities, access_to(name, context, cluster)),
            controllers=replace(
                controllers_facts(controllers, context, settings.dns_zones),
                scales_pods=scales_pods(settings, args.cluster),
                keda={"podIdentity": {"azureWorkload": {"enabled": True, "tenantId": settings.tenant}}},
            ),
            exported=exported_facts(shared, controllers.identities),
            exported_access={"address": cluster.address, "certificate": cluster.certificate},
        )
        self._budget(context)
        self.register_outputs({"cluster": context.cluster_name})

    def _context(self, provider: azure.Provider) -> AzureContext:
        settings, context = self._args.settings, context_of(self._args, provider)
        group = azure.resources.ResourceGroup(
            self._name,
            resource_group_name=context.cluster_name,
            location=settings.region,
            tags=context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect),
        )
        return replace(context, resource_group=group.name)

    def _network(self, context: AzureContext) -> NetworkFacts:
        settings = self._args.settings.network
        stores = stores_of(self._args.cluster)
        if settings.existing is not None:
            args = ExistingNetworkArgs(context=context, network=settings.existing, stores=stores)
            return ExistingNetwork(self._name, args, self._opts).facts
        return Network(self._name, NetworkArgs(context=context, settings=settings, stores=stores), self._opts).facts

    def _control_plane(self, context: AzureContext, network: NetworkFacts) -> ControlPlane:
        settings = self._args.settings
        if settings.kubernetes.existing is not None:
            return existing_cluster(settings.kubernetes.existing)
        assert network.nodes is not None, "settings refuse a new cluster without it"
        args = ClusterArgs(
            context=context,
            subnet=network.nodes,
            outbound_cidrs=network.outbound_cidrs,
            outbound_type=network.outbound_type,
            zones=settings.network.zones,
            settings=settings.kubernetes,
            pools=settings.node_pools,
            keda=scales_pods(settings, self._args.cluster),
        )
        cluster = Cluster(self._name, args, self._opts)
        return ControlPlane(
            address=cluster.address,
            certificate=_certificate(context, cluster),
            issuer=cluster.issuer,
            kubelet=cluster.kubelet,
            workspace=cluster.workspace,
            granted=cluster.access,
        )

    def _cluster_context(
        self, context: AzureContext, network: NetworkFacts, cluster: ControlPlane
    ) -> AzureClusterContext:
        """Returns the context that systems share: vault and roles belong to the cluster."""
        vault = Vault(self._name, VaultArgs(context=context, lock=self._args.settings.vault_lock), self._opts).facts
        self._back_up_state(context, vault)
        return AzureClusterContext(
            **{each.name: getattr(context, each.name) for each in fields(context)},
            network=network,
            issuer=cluster.issuer,
            workspace=cluster.workspace,
            backup_writer=backup_writer(self._name, context, self._opts),
            vault=vault,
            second=self._second(context, network),
        )

    def _second(self, context: AzureContext, network: NetworkFacts) -> SecondRegion | None:
        cidr = self._args.settings.network.second_cidr
        if context.second_region is None or cidr is None:
            return None
        args = SecondNetworkArgs(context=context, location=context.second_region, cidr=cidr, primary=network)
        return SecondNetwork(self._name, args, self._opts).facts

    def _back_up_state(self, context: AzureContext, vault: VaultFacts) -> None:
        """Backs up Pulumi's state, without which the stack cannot be changed."""
        container = self._args.settings.state_container
        if container is None:
            return
        args = BackupInstanceArgs(
            context=context,
            vault=vault,
            instance_name=names.shortened(f"{context.cluster_name}-state", most("azure backup instance")),
            resource=container.partition("/blobServices/")[0],
            kind=BLOBS,
            days=STATE_DAYS,
            weekly=False,
            tags=context.cluster_tags,
        )
        BackupInstance(f"{self._name}-state", args, self._opts)

    def _budget(self, context: AzureContext) -> None:
        settings = self._args.settings
        if settings.monthly_budget is None or settings.budget_start is None:
            return
        wanted = CostBudget(
            budget_name=context.cluster_name,
            scope=context.group_id,
            limit=settings.monthly_budget,
            since=settings.budget_start,
            tag=None,
            contacts=settings.billing_contacts,
        )
        budget(self._name, wanted, self._opts)


def provider_of(name: str, settings: AzureCluster) -> azure.Provider:
    return azure.Provider(
        name, subscription_id=settings.subscription, tenant_id=settings.tenant, location=settings.region
    )


def context_of(args: FoundationArgs, provider: azure.Provider) -> AzureContext:
    """Returns the context as settings give it, with the name of its resource group."""
    settings, stack = args.settings, args.stack.base
    cluster_name = args.stack.cluster_name(args.cluster.name)
    own = names.environment(args.stack.own_environment)
    return AzureContext(
        provider=provider,
        subscription=settings.subscription,
        tenant=settings.tenant,
        location=settings.region,
        second_region=settings.second_region,
        cluster_name=cluster_name,
        resource_group=cluster_name,
        source=settings.source,
        deployers=settings.deployers,
        authorized_networks=settings.kubernetes.authorized_networks,
        protect=settings.protect,
        tags={**settings.tags, **own, "slipway.dev/stack": stack, "slipway.dev/cluster": cluster_name},
    )


def facts_of(
    name: str,
    args: FoundationArgs,
    context: AzureClusterContext,
    controllers: Mapping[str, ControllerIdentity],
    access: ClusterAccess,
) -> ClusterFacts:
    """Returns the facts of a cluster that follow from settings, with its context, identities and access."""
    settings, stack = args.settings, args.stack
    return ClusterFacts(
        name=name,
        cluster_name=context.cluster_name,
        stack=stack.base,
        prefix=stack.prefix,
        environment=stack.environment,
        own_environment=stack.own_environment,
        access=access,
        cloud=AzureCloud(
            context=context,
            dns_zones=settings.dns_zones,
            controllers=controllers,
            budget_start=settings.budget_start,
            front_door=settings.front_door,
        ),
        volume_class=STORAGE_CLASS,
        registry=f"{registry_of(context)}.azurecr.io",
        immutable_images=[f"{registry_of(context)}.azurecr.io"],
        services=settings,
        protect=settings.protect,
        place=CloudPlace(
            cloud="azure",
            region=context.location,
            account=context.subscription,
            provider=context.provider,
            tagged=context.tagged,
        ),
        nodes=settings.kubernetes.nodes.maximum,
        node_pools=NodePools(pools=settings.node_pools, spot_taints=(SPOT_TAINT,)),
        billing_contacts=tuple(settings.billing_contacts),
    )


def registry_of(context: AzureContext) -> str:
    """Returns the name of the cluster's registry."""
    return names.registry(context.subscription, context.cluster_name)


def scales_pods(settings: AzureCluster, cluster: StackCluster) -> bool:
    """Returns whether the cluster is to run KEDA itself: a new one, if a service has triggers."""
    wanted = settings.controllers.scaling == "installed" and settings.kubernetes.existing is None
    return wanted and any(True for system in cluster.served.values() for _ in triggers(system.definition))


def stores_of(cluster: StackCluster) -> list[str]:
    """Returns which of `caches` and `queues` a system of the cluster has."""
    systems = [system.definition for system in cluster.served.values()]
    having = {
        "caches": any(each.caches for each in systems),
        "queues": any(each.queues or each.topics for each in systems),
    }
    return [store for store, there in having.items() if there]


def _certificate(context: AzureContext, cluster: Cluster) -> pulumi.Output[str]:
    """Returns the API server's certificate. Azure returns it only in a kubeconfig, which is read once the cluster
    exists."""
    answer = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=context.resource_group,
        resource_name=cluster.name,
        format="exec",
        opts=pulumi.InvokeOutputOptions(provider=context.provider),
    )
    return answer.kubeconfigs.apply(lambda found: certificate_in(found[0].value))


def access_to(name: str, context: AzureContext, cluster: ControlPlane) -> ClusterAccess:
    """Returns the cluster's provider, which waits for the deployers' access, as do all objects created with it."""
    server = {"server": cluster.address, "certificate-authority-data": cluster.certificate}
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": login(context.tenant)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    text = pulumi.Output.json_dumps(kubeconfig)
    provider = kubernetes_provider(name, kubeconfig=text, opts=pulumi.ResourceOptions(depends_on=cluster.granted))
    return ClusterAccess(provider=provider, server=pulumi.Output.from_input(cluster.address), kubeconfig=text)


def login(tenant: str) -> dict[str, Any]:
    """Returns the provider's login by the Azure CLI's session. A CI runner without one sets AAD_LOGIN_METHOD, such as
    `workloadidentity`, which takes precedence in kubelogin. Azure's own kubeconfig requires a browser login."""
    return {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", "azurecli", "--server-id", API_SERVER, "--tenant-id", tenant],
        "interactiveMode": "Never",
    }


def certificate_in(kubeconfig: str) -> str:
    """Extracts the API server's certificate, in base64, from a kubeconfig in base64."""
    return yaml.safe_load(base64.b64decode(kubeconfig))["clusters"][0]["cluster"]["certificate-authority-data"]
