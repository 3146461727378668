"""Azure as a system sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from builders import names
from builders.environment import BucketFacts
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
        stem = f"{around.cluster_name}-{args.system}-{args.name}".replace("slipway-", "", 1)
        account = names.globally_unique(around.subscription, stem, 24, hyphens=False)
        home = Home(location=around.location, resource_group=around.resource_group, tags=around.tags)
        Bucket(args, account, home, parent, self.provider)
        return BucketFacts(name=f"{account}/{args.name}", region=around.location)
