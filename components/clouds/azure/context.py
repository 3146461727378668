"""The context of a cluster on Azure, shared by all its components: one frozen value, passed and never copied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.manifests import names

_FORBIDDEN = re.compile(r"[<>%&\\?/.]+")
"""Characters that Azure does not allow in tag keys."""


@dataclass(frozen=True, kw_only=True)
class AzureContext:
    """The subscription and region of a cluster, the names, tags and protection of its resources, and their provider."""

    provider: azure.Provider
    subscription: str
    tenant: str
    location: str
    second_region: str | None
    cluster_name: str
    resource_group: pulumi.Input[str]
    """Named like the cluster. Resources that use it wait for the group."""
    source: str
    """Where the stack declares it."""
    deployers: Sequence[str]
    """Object ids of the cluster's administrators."""
    authorized_networks: Sequence[str]
    """Networks from which people and CI runners connect."""
    protect: bool
    tags: Mapping[str, str]
    """Tags of every resource in addition to its source, with keys not yet converted for Azure."""

    @property
    def group_id(self) -> str:
        """Id of the cluster's resource group, known before the group exists."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.cluster_name}"

    @property
    def cluster_tags(self) -> dict[str, str]:
        """Returns the tags of resources that belong to the cluster and to no system."""
        return self.tagged(self.source)

    def tagged(self, source: str, **more: str) -> dict[str, str]:
        return tags_of(names.tags(source, self.tags, **more))

    def below(self, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """Returns options for a component that implements a request made with `opts`. Resources outside the cluster do
        not wait for resources in it."""
        return pulumi.ResourceOptions(parent=opts.parent, providers=[self.provider])


@dataclass(frozen=True, kw_only=True)
class NetworkFacts:
    """Ids of the subnets, and of the private DNS zones of the network."""

    id: pulumi.Input[str]
    name: pulumi.Input[str]
    resource_group: pulumi.Input[str]
    nodes: pulumi.Input[str] | None
    """Subnet of the nodes of a new cluster."""
    outbound_cidrs: Sequence[pulumi.Input[str]]
    """Source networks of outbound connections from the nodes."""
    outbound_type: str
    """How they leave, in the words of the control plane."""
    postgres: pulumi.Input[str]
    postgres_cidr: str
    postgres_zone: pulumi.Input[str]
    postgres_zone_name: pulumi.Input[str]
    postgres_zone_group: pulumi.Input[str]
    """Resource group of that zone."""
    endpoints: pulumi.Input[str]
    """Subnet of private endpoints."""
    endpoints_cidr: str
    private_zones: Mapping[str, pulumi.Input[str]]
    """Private DNS zones by Azure service."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """The cluster and its API server. What is created in it waits for `granted`, the access of the deployers."""

    address: pulumi.Input[str]
    certificate: pulumi.Input[str]
    """The API server's certificate authority, in base64."""
    issuer: pulumi.Input[str]
    """The OIDC issuer of the cluster's service accounts."""
    kubelet: pulumi.Input[str]
    """Principal id of the nodes' identity."""
    workspace: pulumi.Input[str]
    """Id of the workspace that receives logs."""
    granted: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class VaultFacts:
    """`principal` is the vault's own identity, which can read the resources that it backs up."""

    name: pulumi.Input[str]
    principal: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class SecondRegion:
    """Network for database replicas, which can be promoted."""

    location: str
    subnet: pulumi.Input[str]
    zone: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class AzureClusterContext(AzureContext):
    """The context with the outputs of the cluster, shared by its systems."""

    network: NetworkFacts
    issuer: pulumi.Input[str]
    """The OIDC issuer of the cluster's service accounts."""
    workspace: pulumi.Input[str]
    """Id of the workspace that receives logs."""
    backup_writer: pulumi.Input[str]
    """Id of the role that can add backups but not delete them."""
    vault: VaultFacts
    second: SecondRegion | None


def tags_of(tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags with keys that Azure accepts: `slipway.dev/source` becomes `slipway-source`."""
    return {_FORBIDDEN.sub("-", key.replace("slipway.dev/", "slipway/")): value for key, value in tags.items()}
