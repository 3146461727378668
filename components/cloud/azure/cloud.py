"""Azure as a system sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from builders import names
from builders.environment import BucketFacts
from components.cloud.azure.adopted import Adopted
from components.cloud.azure.bucket import Bucket, Home
from components.cloud.azure.postgres import Postgres, Surroundings
from components.cloud.contract import BucketArgs, PostgresArgs, PostgresEndpoint


@dataclass(frozen=True, kw_only=True)
class AzureCloud:
    """Answers `components.cloud.contract.Cloud` in one region of one subscription."""

    provider: azure.Provider
    databases: Surroundings

    def postgres(self, args: PostgresArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        return Postgres(args, self.databases, parent, self.provider).endpoint

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        around = self.databases
        adopted = self._adopted(args.settings.adopt)
        stem = f"{around.cluster_name}-{args.system}-{args.name}".replace("slipway-", "", 1)
        account = adopted.name if adopted else names.globally_unique(around.subscription, stem, 24, hyphens=False)
        home = Home(
            location=around.location,
            resource_group=adopted.resource_group if adopted else around.resource_group,
            adopt=adopted.id if adopted else None,
            protect=around.protect,
            tags=around.tags,
        )
        Bucket(args, account, home, parent, self.provider)
        return BucketFacts(name=f"{account}/{args.name}", region=around.location)

    def _adopted(self, adopt: str | None) -> Adopted | None:
        """A storage account by its id, or by its name alone when it stands in the cluster's own resource group."""
        if adopt is None or "/" in adopt:
            return Adopted.account(adopt) if adopt else None
        group = f"/subscriptions/{self.databases.subscription}/resourceGroups/{self.databases.cluster_name}"
        return Adopted.account(f"{group}/providers/Microsoft.Storage/storageAccounts/{adopt}")
