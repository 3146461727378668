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
from components.cloud.azure.cloud import AzureCloud
from components.cloud.azure.cluster import Cluster, ClusterArgs
from components.cloud.azure.network import Network, NetworkArgs
from components.cloud.azure.postgres import Surroundings
from components.cloud.azure.registry import Registry, RegistryArgs
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
        own_tags = {**settings.tags, "slipway.dev/stack": stack.name}
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
        databases = Surroundings(
            cluster_name=cluster_name,
            subscription=settings.subscription,
            location=settings.region,
            resource_group=group.name,
            subnet=network.postgres,
            zone=network.postgres_zone,
            networks=(network.postgres_cidr,),
            protect=settings.protect,
            tags=own_tags,
        )
        self.facts = ClusterFacts(
            name=name,
            cluster_name=cluster_name,
            stack=stack.name,
            environment=stack.environment,
            access=_access(name, settings.tenant, group.name, cluster, provider),
            cloud=AzureCloud(provider=provider, databases=databases),
            registry=f"{registry_name}.azurecr.io",
        )
        self.register_outputs({"cluster": cluster_name})


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
