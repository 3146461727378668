"""Azure Managed Redis: in the private network, over TLS only, with an access key."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import redisenterprise

from components.clouds import contract
from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.clouds.contract import Address, CacheEndpoint, NetworkPeers
from components.manifests import names
from slipway.settings.limits import most

PORT = 10000
"""The port of every database. Source: Azure Managed Redis, client connections."""
DATABASE = "default"
"""The only name that a database may have. Source: Azure Managed Redis, creating an instance."""
SIZES = (
    (400, "Balanced_B0"),
    (819, "Balanced_B1"),
    (2457, "Balanced_B3"),
    (4915, "Balanced_B5"),
    (9830, "Balanced_B10"),
    (19660, "Balanced_B20"),
)
"""MiB for keys and values by SKU: 0.5, 1, 3, 6, 12 and 24 GB without the fifth that Azure reserves. Source: Azure Managed
Redis, performance tiers and memory management."""
EVICTION = {
    "allkeys-lru": "AllKeysLRU",
    "allkeys-lfu": "AllKeysLFU",
    "volatile-lru": "VolatileLRU",
    "volatile-lfu": "VolatileLFU",
    "volatile-ttl": "VolatileTTL",
    "noeviction": "NoEviction",
}


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    context: AzureClusterContext
    asked: contract.CacheArgs


def cache_name(context: AzureClusterContext, system: str, server: str) -> str:
    """Returns the name of a server, unique in all of Azure."""
    prefix = names.database(context.cluster_name, system, server)
    return names.globally_unique(context.subscription, prefix, most("azure cache"))


def sku(memory_mb: int) -> str:
    """Returns the smallest SKU with that much memory for data."""
    return next(name for usable, name in SIZES if usable >= memory_mb)


class Cache(pulumi.ComponentResource):
    """A server with one database, which is not sharded, so that every client and every command works. It writes nothing
    to a disk that lasts."""

    endpoint: CacheEndpoint

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Cache", name, opts=opts)
        context, asked = args.context, args.asked
        own = pulumi.ResourceOptions(parent=self)
        server = cache_name(context, asked.scope.system, asked.name)
        tags = context.tagged(asked.settings.source, system=asked.scope.system)
        cluster = redisenterprise.RedisEnterprise(
            name,
            cluster_name=server,
            resource_group_name=context.resource_group,
            location=context.location,
            sku=redisenterprise.SkuArgs(name=sku(asked.settings.memory_mb)),
            high_availability="Enabled" if asked.settings.high_availability else "Disabled",
            minimum_tls_version="1.2",
            public_network_access="Disabled",
            tags=tags,
            opts=own,
        )
        database = redisenterprise.Database(
            name,
            database_name=DATABASE,
            cluster_name=cluster.name,
            resource_group_name=context.resource_group,
            client_protocol="Encrypted",
            port=PORT,
            clustering_policy="NoCluster",
            eviction_policy=EVICTION[asked.settings.eviction],
            access_keys_authentication="Enabled",
            opts=own,
        )
        private_endpoint(
            name,
            context,
            PrivateEndpointArgs(
                endpoint_name=server, resource=cluster.id, kind="redisEnterprise", zone="caches", tags=tags
            ),
            own,
        )
        keys = redisenterprise.list_database_keys_output(
            cluster_name=cluster.name,
            database_name=database.name,
            resource_group_name=context.resource_group,
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        self.endpoint = CacheEndpoint(
            server=server,
            address=Address(host=cluster.host_name, port=PORT),
            password=pulumi.Output.secret(keys.primary_key),
            peers=NetworkPeers(networks=(context.network.endpoints_cidr,)),
        )
        self.register_outputs({"server": server})
