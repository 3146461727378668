"""Azure as an implementation of the cloud contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.clouds import contract
from components.clouds.azure import bucket_clients
from components.clouds.azure.adopted import Adopted
from components.clouds.azure.alarms import Alarms, AzureAlarmsArgs
from components.clouds.azure.bucket import Bucket, BucketArgs, Home
from components.clouds.azure.budget import CostBudget, budget
from components.clouds.azure.cache import Cache, CacheArgs
from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.document_database import DocumentDatabase, DocumentsArgs
from components.clouds.azure.fail_over import Failover, FailoverArgs
from components.clouds.azure.front_door import FrontDoor, FrontDoorArgs
from components.clouds.azure.pod_identity import ControllerIdentity, identity
from components.clouds.azure.postgres import Postgres, PostgresArgs
from components.clouds.azure.queue_scaling import AzureQueueScalingArgs, QueueScaling
from components.clouds.azure.queues import AzureQueuesArgs, Queues
from components.clouds.azure.secret_store import AzureSecrets, SecretStoreArgs
from components.clouds.azure.zone import Zone, ZoneArgs
from components.clouds.contract import (
    AlarmsArgs,
    BrokerArgs,
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
    Site,
    SiteArgs,
    WorkloadIdentity,
    ZoneFacts,
)
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests import names
from components.manifests.environment import BucketFacts
from components.sites.component import NginxSite
from components.system.backups.manifests.rclone import Store
from slipway.settings.clouds import refusal
from slipway.settings.limits import most

SYSTEM_TAG = "slipway-system"


@dataclass(frozen=True, kw_only=True)
class AzureCloud:
    """Implements `components.clouds.contract.Cloud` in one region of one subscription."""

    context: AzureClusterContext
    dns_zones: Mapping[str, str]
    """Ids of existing zones by domain."""
    controllers: Mapping[str, ControllerIdentity]
    """Identities of the controllers that write DNS records."""
    budget_start: str | None
    front_door: bool

    def postgres(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> PostgresEndpoint:
        return Postgres(
            args.logical, PostgresArgs(context=self.context, database=args), self.context.below(opts)
        ).endpoint

    def document_database(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> DocumentDatabaseEndpoint:
        return DocumentDatabase(
            args.logical, DocumentsArgs(context=self.context, database=args), self.context.below(opts)
        ).endpoint

    def broker(self, args: BrokerArgs, opts: pulumi.ResourceOptions) -> BrokerEndpoint:
        raise ValueError(f"{args.settings.source}.placement: {refusal('azure', 'broker')}")

    def cache(self, args: contract.CacheArgs, opts: pulumi.ResourceOptions) -> CacheEndpoint:
        return Cache(args.logical, CacheArgs(context=self.context, asked=args), self.context.below(opts)).endpoint

    def queues(self, args: QueuesArgs, opts: pulumi.ResourceOptions) -> QueuesFacts:
        return Queues(args.logical, AzureQueuesArgs(context=self.context, asked=args), self.context.below(opts)).facts

    def queue_scaling(self, args: QueueScalingArgs, opts: pulumi.ResourceOptions) -> QueueScalingFacts:
        wanted = AzureQueueScalingArgs(context=self.context, asked=args)
        return QueueScaling(args.logical, wanted, self.context.below(opts)).facts

    def bucket(self, args: contract.BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts:
        context, adopted = self.context, self._adopted(args.settings.adopt)
        prefix = f"{context.cluster_name}-{args.system}-{args.name}".removeprefix(names.UNSAID)
        home = Home(
            account_name=adopted.name
            if adopted
            else names.globally_unique(context.subscription, prefix, most("azure storage account"), hyphens=False),
            resource_group=adopted.resource_group if adopted else context.resource_group,
            adopt=adopted.id if adopted else None,
        )
        made = Bucket(
            f"{args.system}/{args.name}",
            BucketArgs(context=context, asked=args, home=home),
            self.context.below(opts),
        )
        return BucketFacts(
            account=home.account_name,
            bucket=names.container(args.name),
            region=context.location,
            id=made.container,
        )

    def store(self, bucket: BucketFacts) -> Store:
        return bucket_clients.store(bucket)

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        return bucket_clients.snapshots(bucket)

    def secret_store(self, args: contract.SecretStoreArgs, opts: pulumi.ResourceOptions) -> SecretStore:
        wanted = SecretStoreArgs(context=self.context, asked=args, depends_on=opts.depends_on)
        return AzureSecrets(args.scope.system, wanted, self.context.below(opts))

    def identity(self, args: IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
        return identity(args, self.context, opts)

    def zone(self, args: contract.ZoneArgs, opts: pulumi.ResourceOptions) -> ZoneFacts:
        wanted = ZoneArgs(
            context=self.context, asked=args, existing=self.dns_zones, controllers=list(self.controllers.values())
        )
        return Zone(f"{args.system}/{args.domain}", wanted, self.context.below(opts)).facts

    def site(self, args: SiteArgs, opts: pulumi.ResourceOptions) -> Site:
        """Creates nginx in each slot, and the gateway splits visitors; Front Door is too slow for a release."""
        if self.front_door:
            FrontDoor(
                args.scope.logical(args.name), FrontDoorArgs(context=self.context, asked=args), self.context.below(opts)
            )
        return NginxSite(args.scope.logical(args.name), args, opts)

    def fail_over(self, args: contract.FailoverArgs, opts: pulumi.ResourceOptions) -> FailoverFacts:
        return Failover(args.system, FailoverArgs(context=self.context, asked=args), self.context.below(opts)).facts

    def alarms(self, args: AlarmsArgs, opts: pulumi.ResourceOptions) -> None:
        waits = pulumi.ResourceOptions.merge(
            self.context.below(opts), pulumi.ResourceOptions(depends_on=opts.depends_on)
        )
        Alarms(args.logical, AzureAlarmsArgs(context=self.context, asked=args), waits)

    def budget(self, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        assert self.budget_start is not None, "settings refuse a budget without it"
        wanted = CostBudget(
            budget_name=names.shortened(f"{self.context.cluster_name}-{args.system}", most("azure budget")),
            scope=self.context.group_id,
            limit=args.settings.monthly,
            since=self.budget_start,
            tag=(SYSTEM_TAG, args.system),
            contacts=args.contacts,
        )
        budget(args.system, wanted, pulumi.ResourceOptions(parent=opts.parent, provider=self.context.provider))

    def _adopted(self, adopt: str | None) -> Adopted | None:
        """Parses a storage account's id, or its name alone if it is in the cluster's resource group."""
        if adopt is None:
            return None
        if adopt.startswith("/subscriptions/"):
            return Adopted.account(adopt)
        return Adopted.account(f"{self.context.group_id}/providers/Microsoft.Storage/storageAccounts/{adopt}")
