"""A document database on Azure DocumentDB: in the private network, over TLS only."""

from __future__ import annotations

import pulumi
import pulumi_random as random
from pulumi_azure_native import authorization, mongocluster

from builders import names
from components.cloud.azure.place import Place, private_endpoint
from components.cloud.azure.postgres import tags_of
from components.cloud.contract import Address, DatabaseArgs, DocumentsEndpoint, Reach, Role

PORT = 10260
VERSION = "8.0"
TIERS = {"small": "M30", "medium": "M30", "large": "M40", "xlarge": "M50"}
"""M30 is the smallest that a standby can take over from."""
STORAGE = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767)
"""GiB that a cluster can have."""
OPTIONS = "tls=true&authMechanism=SCRAM-SHA-256&retrywrites=false&maxIdleTimeMS=120000"


class Documents(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it. Azure keeps every change for 35 days, whatever is declared; the tag
    says what was asked. Its first user is the application's."""

    endpoint: DocumentsEndpoint

    def __init__(
        self, args: DatabaseArgs, place: Place, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        name, settings = f"{args.system}/{args.name}", args.settings
        super().__init__(
            "slipway:azure:Documents", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        opts = pulumi.ResourceOptions(parent=self)
        stem = names.database(place.cluster_name, args.system, args.name)
        server = names.globally_unique(place.subscription, stem, 40)
        tags = tags_of(args, place.tags)
        password = random.RandomPassword(f"{name}-app", length=32, special=False, opts=opts).result
        app = Role(name=f"{args.name}_app", password=password)
        cluster = mongocluster.MongoCluster(
            name,
            mongo_cluster_name=server,
            resource_group_name=place.resource_group,
            location=place.location,
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
                parent=self, protect=place.protect and settings.deletion_protection, import_=settings.adopt
            ),
        )
        private_endpoint(
            name,
            place,
            endpoint_name=server,
            resource=cluster.id,
            kind="MongoCluster",
            zone="documents",
            tags=tags,
            opts=opts,
        )
        if settings.deletion_protection:
            authorization.ManagementLockByScope(
                name,
                lock_name="keep",
                scope=cluster.id,
                level="CanNotDelete",
                notes="Holds data. Set deletionProtection to false in the stack before it is deleted.",
                opts=opts,
            )
        self.endpoint = DocumentsEndpoint(
            server=server,
            database=args.name,
            address=Address(host=pulumi.Output.from_input(f"{server}.global.mongocluster.cosmos.azure.com"), port=PORT),
            app=app,
            options=OPTIONS,
            reach=Reach(networks=(place.subnet_cidr,)),
        )
        self.register_outputs({"server": server})
