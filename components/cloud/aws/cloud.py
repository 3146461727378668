"""AWS as a system sees it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from builders.dumps import store as stores
from builders.dumps.store import Store
from builders.environment import BucketFacts
from components.cloud.aws.broker import Broker, BrokerSurroundings
from components.cloud.aws.bucket import Bucket, BucketSurroundings
from components.cloud.aws.budget import CostBudget, budget
from components.cloud.aws.documents import Documents
from components.cloud.aws.fail_over import Failover
from components.cloud.aws.pod_identity import IdentitySurroundings, identity
from components.cloud.aws.postgres import Postgres
from components.cloud.aws.secret_store import AwsSecrets, StoreSurroundings
from components.cloud.aws.site import Site, SiteSurroundings
from components.cloud.aws.surroundings import Surroundings
from components.cloud.aws.zone import Zone, ZoneSurroundings
from components.cloud.contract import (
    BrokerArgs,
    BrokerEndpoint,
    BucketArgs,
    BudgetArgs,
    DatabaseArgs,
    DocumentsEndpoint,
    FailoverArgs,
    FailoverFacts,
    IdentityArgs,
    IdentityFacts,
    PostgresEndpoint,
    SecretStore,
    SecretStoreArgs,
    SiteArgs,
    SiteFacts,
    ZoneArgs,
    ZoneFacts,
)

SYSTEM_TAG = "slipway.dev/system"


@dataclass(frozen=True, kw_only=True)
class AwsCloud:
    """Answers `components.cloud.contract.Cloud` in one region of one account."""

    provider: aws.Provider
    account: str
    region: str
    second_region: str | None
    databases: Surroundings
    buckets: BucketSurroundings
    secrets: StoreSurroundings
    identities: IdentitySurroundings
    zones: ZoneSurroundings

    def postgres(self, args: DatabaseArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        return Postgres(args, self.databases, parent, self.provider).endpoint

    def documents(self, args: DatabaseArgs, parent: pulumi.Resource) -> DocumentsEndpoint:
        return Documents(args, self.databases, parent, self.provider).endpoint

    def broker(self, args: BrokerArgs, parent: pulumi.Resource) -> BrokerEndpoint:
        around = BrokerSurroundings(
            cluster_name=self.databases.cluster_name,
            vpc_id=self.databases.vpc_id,
            subnets=self.databases.subnets,
            networks=self.databases.networks,
            clients=self.databases.clients,
            protect=self.databases.protect,
            tags=self.databases.tags,
        )
        return Broker(args, around, parent, self.provider).endpoint

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        stem = f"{self.databases.cluster_name}-{args.system}-{args.name}"
        name = args.settings.adopt or names.globally_unique(self.account, stem, 63)
        Bucket(args, name, self.buckets, parent, self.provider)
        return BucketFacts(name=name, region=self.region)

    def store(self, bucket: BucketFacts) -> Store:
        return stores.amazon(bucket)

    def secret_store(self, args: SecretStoreArgs, parent: pulumi.Resource) -> SecretStore:
        return AwsSecrets(args, self.secrets, parent, self.provider)

    def identity(self, args: IdentityArgs, parent: pulumi.Resource) -> IdentityFacts:
        return identity(args, self.identities, parent, self.provider)

    def zone(self, args: ZoneArgs, parent: pulumi.Resource) -> ZoneFacts:
        return Zone(args, self.zones, parent, self.provider).facts

    def site(self, args: SiteArgs, parent: pulumi.Resource) -> SiteFacts:
        """CloudFront shares visitors out by itself, so no gateway has to."""
        around = SiteSurroundings(
            cloud=self,
            account=self.account,
            cluster_name=self.databases.cluster_name,
            region=self.region,
            second_region=self.second_region,
            tags=self.databases.tags,
        )
        Site(args, around, parent, self.provider)
        return SiteFacts()

    def fail_over(self, args: FailoverArgs, parent: pulumi.Resource) -> FailoverFacts:
        return Failover(args, self.databases.tags, parent, self.provider).facts

    def budget(self, args: BudgetArgs, parent: pulumi.Resource) -> None:
        wanted = CostBudget(
            budget_name=f"{self.databases.cluster_name}-{args.system}",
            limit=args.settings.monthly,
            key=SYSTEM_TAG,
            value=args.system,
            contacts=args.contacts,
            tags=names.tags(args.settings.source, self.databases.tags, system=args.system),
        )
        budget(args.system, wanted, pulumi.ResourceOptions(parent=parent, provider=self.provider))
