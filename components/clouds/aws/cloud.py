"""AWS as an implementation of the cloud contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.clouds import contract
from components.clouds.aws import bucket_clients
from components.clouds.aws.alarms import Alarms, AwsAlarmsArgs
from components.clouds.aws.broker import Broker, BrokerArgs
from components.clouds.aws.bucket import Bucket, BucketArgs
from components.clouds.aws.budget import CostBudget, budget
from components.clouds.aws.cache import Cache, CacheArgs
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.document_database import DocumentDatabase
from components.clouds.aws.fail_over import Failover, FailoverArgs
from components.clouds.aws.managed_database import ManagedDatabaseArgs
from components.clouds.aws.pod_identity import ControllerIdentity, identity
from components.clouds.aws.postgres import Postgres
from components.clouds.aws.queue_scaling import AwsQueueScalingArgs, QueueScaling
from components.clouds.aws.queues import AwsQueuesArgs, Queues
from components.clouds.aws.secret_store import AwsSecrets, SecretStoreArgs
from components.clouds.aws.site import Site, SiteArgs
from components.clouds.aws.zone import KEDA, RELEASES, Zone, ZoneArgs
from components.clouds.contract import (
    AlarmsArgs,
    BrokerEndpoint,
    BudgetArgs,
    CacheEndpoint,
    DatabaseArgs,
    DocumentDatabaseEndpoint,
    FailoverFacts,
    IdentityArgs,
    PostgresEndpoint,
    QueuesArgs,
    QueueScalingArgs,
    QueueScalingFacts,
    QueuesFacts,
    SecretStore,
    WorkloadIdentity,
    ZoneFacts,
)
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests import names
from components.manifests.environment import BucketFacts
from components.system.backups.manifests.rclone import Store
from slipway.settings.limits import most

SYSTEM_TAG = "slipway.dev/system"


@dataclass(frozen=True, kw_only=True)
class AwsCloud:
    """Implements `components.clouds.contract.Cloud` in one region of one account."""

    context: AwsClusterContext
    dns_zones: Mapping[str, str]
    """Ids of existing zones by domain."""
    controllers: Mapping[str, ControllerIdentity]
    """Identities of the controllers that write DNS records, of the controller of releases, and of KEDA."""

    def postgres(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> PostgresEndpoint:
        return Postgres(
            args.logical, ManagedDatabaseArgs(context=self.context, database=args), self.context.below(opts)
        ).endpoint

    def document_database(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> DocumentDatabaseEndpoint:
        return DocumentDatabase(
            args.logical, ManagedDatabaseArgs(context=self.context, database=args), self.context.below(opts)
        ).endpoint

    def broker(self, args: contract.BrokerArgs, opts: pulumi.ResourceOptions) -> BrokerEndpoint:
        name = args.scope.logical(args.name)
        return Broker(name, BrokerArgs(context=self.context, asked=args), self.context.below(opts)).endpoint

    def cache(self, args: contract.CacheArgs, opts: pulumi.ResourceOptions) -> CacheEndpoint:
        return Cache(args.logical, CacheArgs(context=self.context, asked=args), self.context.below(opts)).endpoint

    def queues(self, args: QueuesArgs, opts: pulumi.ResourceOptions) -> QueuesFacts:
        return Queues(args.logical, AwsQueuesArgs(context=self.context, asked=args), self.context.below(opts)).facts

    def queue_scaling(self, args: QueueScalingArgs, opts: pulumi.ResourceOptions) -> QueueScalingFacts:
        wanted = AwsQueueScalingArgs(context=self.context, asked=args, reader=self.controllers[KEDA])
        return QueueScaling(args.logical, wanted, self.context.below(opts)).facts

    def bucket(self, args: contract.BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts:
        stem = f"{self.context.cluster_name}-{args.system}-{args.name}"
        name = args.settings.adopt or names.globally_unique(self.context.account, stem, most("s3 bucket"))
        wanted = BucketArgs(context=self.context, asked=args, bucket_name=name)
        Bucket(f"{args.system}/{args.name}", wanted, self.context.below(opts))
        return BucketFacts(bucket=name, region=self.context.region)

    def store(self, bucket: BucketFacts) -> Store:
        return bucket_clients.store(bucket)

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        return bucket_clients.snapshots(bucket)

    def secret_store(self, args: contract.SecretStoreArgs, opts: pulumi.ResourceOptions) -> SecretStore:
        wanted = SecretStoreArgs(context=self.context, asked=args, depends_on=opts.depends_on)
        return AwsSecrets(args.scope.system, wanted, self.context.below(opts))

    def identity(self, args: IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
        return identity(args, self.context, opts)

    def zone(self, args: contract.ZoneArgs, opts: pulumi.ResourceOptions) -> ZoneFacts:
        wanted = ZoneArgs(
            context=self.context,
            asked=args,
            existing=self.dns_zones,
            controllers=[identity for name, identity in self.controllers.items() if name not in (RELEASES, KEDA)],
        )
        return Zone(f"{args.system}/{args.domain}", wanted, self.context.below(opts)).facts

    def site(self, args: contract.SiteArgs, opts: pulumi.ResourceOptions) -> contract.Site:
        """Creates a site on CloudFront, which splits visitors between slots itself; the gateway does not."""
        wanted = SiteArgs(context=self.context, asked=args, controller=self.controllers.get(RELEASES))
        return Site(args.scope.logical(args.name), wanted, self.context.below(opts))

    def fail_over(self, args: contract.FailoverArgs, opts: pulumi.ResourceOptions) -> FailoverFacts:
        return Failover(args.system, FailoverArgs(context=self.context, asked=args), self.context.below(opts)).facts

    def alarms(self, args: AlarmsArgs, opts: pulumi.ResourceOptions) -> None:
        Alarms(args.logical, AwsAlarmsArgs(context=self.context, asked=args), self.context.below(opts))

    def budget(self, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        wanted = CostBudget(
            budget_name=names.shortened(f"{self.context.cluster_name}-{args.system}", most("aws budget")),
            limit=args.settings.monthly,
            key=SYSTEM_TAG,
            value=args.system,
            contacts=args.contacts,
            tags=self.context.tagged(args.settings.source, system=args.system),
        )
        budget(args.system, wanted, pulumi.ResourceOptions(parent=opts.parent, provider=self.context.provider))
