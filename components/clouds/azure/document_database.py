"""A document database on Azure DocumentDB: in the private network, over TLS only."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_random as random
from pulumi_azure_native import authorization, mongocluster

from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.postgres import tags_of
from components.clouds.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.clouds.contract import Address, DatabaseArgs, DocumentDatabaseEndpoint, NetworkPeers, Role
from components.manifests import names
from slipway.settings.limits import most

PORT = 10260
"""The port of every cluster. Source: Azure DocumentDB (vCore-based Azure Cosmos DB for MongoDB), connection strings."""
VERSION = "8.0"
TIERS = {"small": "M30", "medium": "M30", "large": "M40", "xlarge": "M50"}
"""Compute tiers by size; M30 is the smallest tier that supports a standby."""
STORAGE = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767)
"""Available sizes of a cluster's storage in GiB. Source: Azure DocumentDB, compute and storage options."""
OPTIONS = "tls=true&authMechanism=SCRAM-SHA-256&retrywrites=false&maxIdleTimeMS=120000"


@dataclass(frozen=True, kw_only=True)
class DocumentsArgs:
    context: AzureClusterContext
    database: DatabaseArgs


class DocumentDatabase(pulumi.ComponentResource):
    """A DocumentDB cluster; a system sees only its `endpoint`. Azure retains every change for 35 days regardless of the
    declaration, which a tag records. The first user is the application's."""

    endpoint: DocumentDatabaseEndpoint

    def __init__(self, name: str, args: DocumentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:DocumentDatabase", name, opts=opts)
        context, asked, settings = args.context, args.database, args.database.settings
        own = pulumi.ResourceOptions(parent=self)
        prefix = names.database(context.cluster_name, asked.system, asked.name)
        server = names.globally_unique(context.subscription, prefix, most("azure document server"))
        tags = tags_of(asked, context)
        password = random.RandomPassword(f"{name}-app", length=32, special=False, opts=own).result
        app = Role(name=f"{asked.name}_app", password=password)
        cluster = mongocluster.MongoCluster(
            name,
            mongo_cluster_name=server,
            resource_group_name=context.resource_group,
            location=context.location,
            properties=mongocluster.MongoClusterPropertiesArgs(
                create_mode="Default",
                server_version=VERSION,
                administrator=mongocluster.AdministratorPropertiesArgs(user_name=app.name, password=app.password),
                compute=mongocluster.ComputePropertiesArgs(tier=TIERS[settings.size]),
                storage=mongocluster.StoragePropertiesArgs(
                    size_gb=next((each for each in STORAGE if each >= settings.storage), STORAGE[-1])
                ),
                sharding=mongocluster.ShardingPropertiesArgs(shard_count=1),
                high_availability=mongocluster.HighAvailabilityPropertiesArgs(
                    target_mode="ZoneRedundantPreferred" if settings.high_availability else "Disabled"
                ),
                public_network_access="Disabled",
            ),
            tags=tags,
            opts=pulumi.ResourceOptions(
                parent=self, protect=context.protect and settings.deletion_protection, import_=settings.adopt
            ),
        )
        private_endpoint(
            name,
            context,
            PrivateEndpointArgs(
                endpoint_name=server, resource=cluster.id, kind="MongoCluster", zone="documents", tags=tags
            ),
            own,
        )
        if settings.deletion_protection:
            authorization.ManagementLockByScope(
                name,
                lock_name="keep",
                scope=cluster.id,
                level="CanNotDelete",
                notes="Holds data. Set deletionProtection to false in the stack before it is deleted.",
                opts=own,
            )
        self.endpoint = DocumentDatabaseEndpoint(
            server=server,
            database=asked.name,
            address=Address(host=pulumi.Output.from_input(f"{server}.global.mongocluster.cosmos.azure.com"), port=PORT),
            app=app,
            options=OPTIONS,
            peers=NetworkPeers(networks=(context.network.endpoints_cidr,)),
        )
        self.register_outputs({"server": server})
