"""AWS as a system sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from builders.environment import BucketFacts
from components.cloud.aws.bucket import Bucket
from components.cloud.aws.postgres import Postgres, Surroundings
from components.cloud.contract import BucketArgs, PostgresArgs, PostgresEndpoint


@dataclass(frozen=True, kw_only=True)
class AwsCloud:
    """Answers `components.cloud.contract.Cloud` in one region of one account."""

    provider: aws.Provider
    account: str
    region: str
    databases: Surroundings

    def postgres(self, args: PostgresArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        return Postgres(args, self.databases, parent, self.provider).endpoint

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        stem = f"{self.databases.cluster_name}-{args.system}-{args.name}"
        name = args.settings.adopt or names.globally_unique(self.account, stem, 63)
        around = self.databases
        Bucket(args, name, around.tags, protect=around.protect, parent=parent, provider=self.provider)
        return BucketFacts(name=name, region=self.region)
