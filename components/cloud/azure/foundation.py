"""What a cluster on Azure stands on, and the way to it."""

from __future__ import annotations

import base64
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes
import yaml
from pulumi_azure_native import containerservice

from builders import names
from components.cloud.azure.access import backup_writer
from components.cloud.azure.budget import CostBudget, budget
from components.cloud.azure.cloud import AzureCloud
from components.cloud.azure.cluster import Cluster, ClusterArgs
from components.cloud.azure.network import Network, NetworkArgs
from components.cloud.azure.place import Place
from components.cloud.azure.postgres import Surroundings
from components.cloud.azure.registry import Registry, RegistryArgs
from components.cloud.azure.second_region import SecondNetwork, SecondNetworkArgs, SecondRegion
from components.cloud.azure.vault import BLOBS, STATE_DAYS, Kept, KeptArgs, Vault, VaultArgs
from components.cloud.azure.zone import Controllers, ZoneSurroundings, controllers_facts
from components.cloud.contract import ClusterAccess, ClusterFacts
from settings.stacks import AzureCluster, PlacedCluster, Stack

API_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The Entra application that the API server of every AKS cluster is, in every tenant."""


class Foundation(pulumi.ComponentResource):
    """Resource group, network, cluster and registry, in the subscription that the provider is bound to."""

    facts: ClusterFacts

    def __init__(self, placed: PlacedCluster, settings: AzureCluster, stack: Stack) -> None:
        name, cluster_name = placed.name, names.cluster(stack.name, placed.name)
        provider = azure.Provider(
            name, subscription_id=settings.subscription, tenant_id=settings.tenant, location=settings.region
        )
        super().__init__("slipway:azure:Foundation", name, opts=pulumi.ResourceOptions(providers=[provider]))
        own_tags = {**settings.tags, "slipway.dev/stack": stack.name, "slipway.dev/cluster": cluster_name}
        tags = names.azure_tags(names.tags(settings.source, own_tags))
        group = azure.resources.ResourceGroup(
            name,
            resource_group_name=cluster_name,
            location=settings.region,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect),
        )
        network = Network(
            name,
            NetworkArgs(
                cluster_name=cluster_name,
                location=settings.region,
                resource_group=group.name,
                settings=settings.network,
                tags=tags,
            ),
            self,
        )
        cluster = Cluster(
            name,
            ClusterArgs(
                cluster_name=cluster_name,
                location=settings.region,
                subscription=settings.subscription,
                tenant=settings.tenant,
                resource_group=group.name,
                subnet=network.nodes,
                way_out=network.way_out,
                zones=settings.network.zones,
                settings=settings.kubernetes,
                deployers=settings.deployers,
                protect=settings.protect,
                tags=tags,
            ),
            self,
        )
        registry_name = names.globally_unique(settings.subscription, cluster_name, 50, hyphens=False)
        Registry(
            name,
            RegistryArgs(
                registry_name=registry_name,
                location=settings.region,
                subscription=settings.subscription,
                resource_group=group.name,
                kubelet=cluster.kubelet,
                tags=tags,
            ),
            self,
        )
        place = self._place(name, cluster_name, settings, group.name, network, cluster, own_tags)
        controllers, cloud = self._cloud(name, settings, place, network, provider, tags)
        self.facts = ClusterFacts(
            name=name,
            cluster_name=cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=_access(name, settings.tenant, group.name, cluster, provider),
            cloud=cloud,
            controllers=controllers_facts(controllers, place, settings.dns_zones),
            registry=f"{registry_name}.azurecr.io",
            services=settings,
            billing_contacts=tuple(settings.billing_contacts),
        )
        self._budget(name, settings, place)
        self.register_outputs({"cluster": cluster_name})

    def _place(
        self,
        name: str,
        cluster_name: str,
        settings: AzureCluster,
        resource_group: pulumi.Output[str],
        network: Network,
        cluster: Cluster,
        own_tags: dict[str, str],
    ) -> Place:
        """What everything beside the cluster has in common."""
        group_id = f"/subscriptions/{settings.subscription}/resourceGroups/{cluster_name}"
        writer = backup_writer(name, settings.subscription, group_id, cluster_name, pulumi.ResourceOptions(parent=self))
        return Place(
            subscription=settings.subscription,
            tenant=settings.tenant,
            location=settings.region,
            second_region=settings.second_region,
            cluster_name=cluster_name,
            resource_group=resource_group,
            issuer=cluster.issuer,
            workspace=cluster.workspace,
            subnet=network.endpoints,
            subnet_cidr=network.endpoints_cidr,
            private_zones=network.private_zones,
            backup_writer=writer,
            deployers=settings.deployers,
            api_allow=settings.kubernetes.api_allow,
            protect=settings.protect,
            tags=own_tags,
        )

    def _cloud(
        self,
        name: str,
        settings: AzureCluster,
        place: Place,
        network: Network,
        provider: azure.Provider,
        tags: dict[str, str],
    ) -> tuple[Controllers, AzureCloud]:
        """What systems may ask of this region: vault and identities are the cluster's, the rest is theirs."""
        vault = Vault(
            name,
            VaultArgs(
                cluster_name=place.cluster_name,
                location=settings.region,
                subscription=settings.subscription,
                resource_group=place.resource_group,
                group_id=place.group_id,
                copied=settings.second_region is not None,
                lock=settings.vault_lock,
                protect=settings.protect,
                tags=tags,
            ),
            self,
        )
        self._back_up_state(name, settings, vault, tags)
        controllers = Controllers(name, place, tags, self, provider)
        return controllers, AzureCloud(
            provider=provider,
            place=place,
            databases=Surroundings(
                cluster_name=place.cluster_name,
                subscription=settings.subscription,
                location=settings.region,
                resource_group=place.resource_group,
                workspace=place.workspace,
                subnet=network.postgres,
                zone=network.postgres_zone,
                networks=(network.postgres_cidr,),
                vault=vault,
                second=self._second(name, settings, network, place, tags),
                protect=settings.protect,
                tags=place.tags,
            ),
            zones=ZoneSurroundings(existing=settings.dns_zones, controllers=list(controllers.identities.values())),
            budgets_from=settings.budgets_from,
            front_door=settings.front_door,
        )

    def _second(
        self, name: str, settings: AzureCluster, network: Network, place: Place, tags: dict[str, str]
    ) -> SecondRegion | None:
        cidr = settings.network.second_cidr
        if settings.second_region is None or cidr is None:
            return None
        args = SecondNetworkArgs(
            cluster_name=place.cluster_name,
            location=settings.second_region,
            resource_group=place.resource_group,
            cidr=cidr,
            primary=network.id,
            primary_name=place.cluster_name,
            primary_zone=network.postgres_zone_name,
            tags=tags,
        )
        return SecondNetwork(name, args, self).facts

    def _back_up_state(self, name: str, settings: AzureCluster, vault: Vault, tags: dict[str, str]) -> None:
        """Pulumi's own state, without which nobody can change anything any more."""
        if settings.state_container is None:
            return
        account = settings.state_container.partition("/blobServices/")[0]
        args = KeptArgs(
            instance_name=f"{vault.args.cluster_name}-state",
            resource=account,
            kind=BLOBS,
            location=settings.region,
            days=STATE_DAYS,
            weekly=False,
            tags=tags,
        )
        Kept(f"{name}-state", args, vault, self)

    def _budget(self, name: str, settings: AzureCluster, place: Place) -> None:
        if settings.monthly_budget is None or settings.budgets_from is None:
            return
        wanted = CostBudget(
            budget_name=place.cluster_name,
            scope=place.group_id,
            limit=settings.monthly_budget,
            since=settings.budgets_from,
            tag=None,
            contacts=settings.billing_contacts,
        )
        budget(name, wanted, pulumi.ResourceOptions(parent=self))


def _access(
    name: str, tenant: str, resource_group: pulumi.Output[str], cluster: Cluster, provider: azure.Provider
) -> ClusterAccess:
    """Azure tells the API server's certificate in a kubeconfig only, which is asked for once the cluster is there."""
    answer = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=resource_group,
        resource_name=cluster.name,
        format="exec",
        opts=pulumi.InvokeOutputOptions(provider=provider),
    )
    certificate = answer.kubeconfigs.apply(lambda found: certificate_in(found[0].value))
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": {"server": cluster.address, "certificate-authority-data": certificate}}],
        "users": [{"name": name, "user": {"exec": login(tenant)}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    kubernetes_provider = kubernetes.Provider(
        name, kubeconfig=pulumi.Output.json_dumps(kubeconfig), opts=pulumi.ResourceOptions(depends_on=cluster.access)
    )
    return ClusterAccess(provider=kubernetes_provider, server=cluster.address)


def login(tenant: str) -> dict[str, Any]:
    """How the provider logs in: with the session of the Azure CLI. A runner that has none names another way in
    AAD_LOGIN_METHOD, such as `workloadidentity`, which kubelogin lets win. Azure's own kubeconfig waits for a person
    with a browser."""
    return {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", "azurecli", "--server-id", API_SERVER, "--tenant-id", tenant],
        "interactiveMode": "Never",
    }


def certificate_in(kubeconfig: str) -> str:
    """The API server's certificate, in base64, from a kubeconfig in base64."""
    return yaml.safe_load(base64.b64decode(kubeconfig))["clusters"][0]["cluster"]["certificate-authority-data"]
