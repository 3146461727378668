"""The foundation of a cluster on Azure: network, control plane, registry, vault."""

from __future__ import annotations

import base64
from dataclasses import dataclass, fields
from typing import Any

import pulumi
import pulumi_azure_native as azure
import yaml
from pulumi_azure_native import containerservice

from components.clouds.access import kubernetes_provider
from components.clouds.azure.access import backup_writer
from components.clouds.azure.budget import CostBudget, budget
from components.clouds.azure.cloud import AzureCloud
from components.clouds.azure.cluster import Cluster, ClusterArgs
from components.clouds.azure.context import (
    AzureClusterContext,
    AzureContext,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
    tags_of,
)
from components.clouds.azure.network import Network, NetworkArgs
from components.clouds.azure.registry import Registry, RegistryArgs
from components.clouds.azure.second_region import SecondNetwork, SecondNetworkArgs
from components.clouds.azure.vault import BLOBS, STATE_DAYS, BackupInstance, BackupInstanceArgs, Vault, VaultArgs
from components.clouds.azure.zone import Controllers, ControllersArgs, controllers_facts
from components.clouds.contract import ClusterAccess, ClusterFacts
from components.manifests import names
from slipway.settings.clouds.azure import AzureCluster
from slipway.settings.limits import most
from slipway.settings.stacks import Stack, StackCluster

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
        settings, stack = args.settings, args.stack
        provider = azure.Provider(
            name, subscription_id=settings.subscription, tenant_id=settings.tenant, location=settings.region
        )
        super().__init__(
            "slipway:azure:Foundation",
            name,
            opts=pulumi.ResourceOptions.merge(pulumi.ResourceOptions(providers=[provider]), opts),
        )
        self._name, self._args, self._opts = name, args, pulumi.ResourceOptions(parent=self)
        context = self._context(provider)
        network = Network(name, NetworkArgs(context=context, settings=settings.network), self._opts)
        cluster = Cluster(
            name,
            ClusterArgs(
                context=context,
                subnet=network.facts.nodes,
                outbound_cidr=network.facts.outbound_cidr,
                zones=settings.network.zones,
                settings=settings.kubernetes,
            ),
            self._opts,
        )
        registry_name = names.globally_unique(
            context.subscription, context.cluster_name, most("azure registry"), hyphens=False
        )
        Registry(name, RegistryArgs(context=context, registry_name=registry_name, kubelet=cluster.kubelet), self._opts)
        shared = self._cluster_context(context, network.facts, cluster)
        controllers = Controllers(name, ControllersArgs(context=shared), self._opts)
        self.facts = ClusterFacts(
            name=name,
            cluster_name=context.cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=_access(name, context, cluster),
            cloud=AzureCloud(
                context=shared,
                dns_zones=settings.dns_zones,
                controllers=controllers.identities,
                budget_start=settings.budget_start,
                front_door=settings.front_door,
            ),
            controllers=controllers_facts(controllers, context, settings.dns_zones),
            registry=f"{registry_name}.azurecr.io",
            services=settings,
            billing_contacts=tuple(settings.billing_contacts),
        )
        self._budget(context)
        self.register_outputs({"cluster": context.cluster_name})

    def _context(self, provider: azure.Provider) -> AzureContext:
        settings, stack = self._args.settings, self._args.stack.name
        cluster_name = names.cluster(stack, self._args.cluster.name)
        tags = {**settings.tags, "slipway.dev/stack": stack, "slipway.dev/cluster": cluster_name}
        group = azure.resources.ResourceGroup(
            self._name,
            resource_group_name=cluster_name,
            location=settings.region,
            tags=tags_of(names.tags(settings.source, tags)),
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect),
        )
        return AzureContext(
            provider=provider,
            subscription=settings.subscription,
            tenant=settings.tenant,
            location=settings.region,
            second_region=settings.second_region,
            cluster_name=cluster_name,
            resource_group=group.name,
            source=settings.source,
            deployers=settings.deployers,
            authorized_networks=settings.kubernetes.authorized_networks,
            protect=settings.protect,
            tags=tags,
        )

    def _cluster_context(self, context: AzureContext, network: NetworkFacts, cluster: Cluster) -> AzureClusterContext:
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


def _access(name: str, context: AzureContext, cluster: Cluster) -> ClusterAccess:
    """Returns the access to the cluster. Azure returns the API server's certificate only in a kubeconfig, which is read
    once the cluster exists."""
    answer = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=context.resource_group,
        resource_name=cluster.name,
        format="exec",
        opts=pulumi.InvokeOutputOptions(provider=context.provider),
    )
    certificate = answer.kubeconfigs.apply(lambda found: certificate_in(found[0].value))
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": cluster.address, "certificate-authority-data": certificate}}],
        "users": [{"name": name, "user": {"exec": login(context.tenant)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    text = pulumi.Output.json_dumps(kubeconfig)
    provider = kubernetes_provider(name, kubeconfig=text, opts=pulumi.ResourceOptions(depends_on=cluster.access))
    return ClusterAccess(provider=provider, server=cluster.address, kubeconfig=text)


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
