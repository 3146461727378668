"""Where a system's things stand on Azure, and what belongs to all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from builders import names


@dataclass(frozen=True, kw_only=True)
class Place:
    """One region of one subscription, beside a cluster."""

    subscription: str
    tenant: str
    location: str
    second_region: str | None
    cluster_name: str
    resource_group: pulumi.Input[str]
    issuer: pulumi.Input[str]
    """The OIDC issuer of the cluster's service accounts."""
    workspace: pulumi.Input[str]
    """Id of the workspace that logs go to."""
    subnet: pulumi.Input[str]
    """Of private endpoints."""
    subnet_cidr: str
    private_zones: Mapping[str, pulumi.Input[str]]
    """Private DNS zones by service."""
    backup_writer: pulumi.Input[str]
    """Id of the role that adds backups and deletes none."""
    deployers: Sequence[str]
    api_allow: Sequence[str]
    """Networks from which people and runners come."""
    protect: bool
    tags: Mapping[str, str]

    @property
    def group_id(self) -> str:
        """Of the cluster's resource group, known before it exists."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.cluster_name}"

    def tagged(self, source: str, **more: str) -> dict[str, str]:
        return names.azure_tags(names.tags(source, self.tags, **more))


def ip_rule(cidr: str) -> str:
    """A network as firewalls of Azure's services take it: a single address has no /32 there."""
    return cidr.removesuffix("/32")


def private_endpoint(
    name: str,
    place: Place,
    *,
    endpoint_name: str,
    resource: pulumi.Input[str],
    kind: str,
    zone: str,
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    """An address in the network for `resource`, found by its usual name. `kind` is Azure's word for the part of it,
    `zone` a key of `private_zones`. Returns what is made last."""
    endpoint = azure.network.PrivateEndpoint(
        name,
        private_endpoint_name=endpoint_name,
        resource_group_name=place.resource_group,
        location=place.location,
        subnet=azure.network.SubnetArgs(id=place.subnet),
        private_link_service_connections=[
            azure.network.PrivateLinkServiceConnectionArgs(
                name=kind, group_ids=[kind], private_link_service_id=resource
            )
        ],
        tags=dict(tags),
        opts=opts,
    )
    return azure.network.PrivateDnsZoneGroup(
        name,
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=place.resource_group,
        private_dns_zone_configs=[
            azure.network.PrivateDnsZoneConfigArgs(name=zone, private_dns_zone_id=place.private_zones[zone])
        ],
        opts=opts,
    )
