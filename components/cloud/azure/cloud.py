"""Azure as a system sees it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
import pulumi_azure_native as azure

from builders import names
from builders.dumps import store as stores
from builders.dumps.store import Store
from builders.environment import BucketFacts
from components.cloud.azure.adopted import Adopted
from components.cloud.azure.bucket import Bucket, Home
from components.cloud.azure.budget import CostBudget, budget
from components.cloud.azure.documents import Documents
from components.cloud.azure.fail_over import Failover
from components.cloud.azure.front_door import FrontDoor
from components.cloud.azure.place import Place
from components.cloud.azure.pod_identity import identity
from components.cloud.azure.postgres import Postgres, Surroundings
from components.cloud.azure.secret_store import AzureSecrets
from components.cloud.azure.zone import Zone, ZoneSurroundings
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
from components.cloud.nginx_site import NginxSite

SYSTEM_TAG = "slipway-system"


@dataclass(frozen=True, kw_only=True)
class AzureCloud:
    """Answers `components.cloud.contract.Cloud` in one region of one subscription."""

    provider: azure.Provider
    place: Place
    databases: Surroundings
    zones: ZoneSurroundings
    budgets_from: str | None
    front_door: bool
    _containers: dict[str, pulumi.Output[str]] = field(default_factory=dict)
    """Ids of the buckets made so far, by name: what identities are granted."""

    def postgres(self, args: DatabaseArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        return Postgres(args, self.databases, parent, self.provider).endpoint

    def documents(self, args: DatabaseArgs, parent: pulumi.Resource) -> DocumentsEndpoint:
        return Documents(args, self.place, parent, self.provider).endpoint

    def broker(self, args: BrokerArgs, parent: pulumi.Resource) -> BrokerEndpoint:
        raise ValueError(f"{args.settings.source}.placement: this cloud runs no RabbitMQ; say 'cluster'")

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        adopted = self._adopted(args.settings.adopt)
        stem = f"{self.place.cluster_name}-{args.system}-{args.name}".replace("slipway-", "", 1)
        home = Home(
            account_name=adopted.name
            if adopted
            else names.globally_unique(self.place.subscription, stem, 24, hyphens=False),
            resource_group=adopted.resource_group if adopted else self.place.resource_group,
            adopt=adopted.id if adopted else None,
        )
        facts = BucketFacts(name=f"{home.account_name}/{args.name}", region=self.place.location)
        self._containers[facts.name] = Bucket(args, home, self.place, parent, self.provider).container
        return facts

    def store(self, bucket: BucketFacts) -> Store:
        return stores.azure(bucket)

    def secret_store(self, args: SecretStoreArgs, parent: pulumi.Resource) -> SecretStore:
        return AzureSecrets(args, self.place, parent, self.provider)

    def identity(self, args: IdentityArgs, parent: pulumi.Resource) -> IdentityFacts:
        return identity(args, self._containers, self.place, parent, self.provider)

    def zone(self, args: ZoneArgs, parent: pulumi.Resource) -> ZoneFacts:
        return Zone(args, self.zones, self.place, parent, self.provider).facts

    def site(self, args: SiteArgs, parent: pulumi.Resource) -> SiteFacts:
        """Front Door is too slow for a release: nginx in each slot, and the gateway shares visitors out."""
        facts = NginxSite(args, parent).facts
        if self.front_door:
            FrontDoor(args, self.place, parent, self.provider)
        return facts

    def fail_over(self, args: FailoverArgs, parent: pulumi.Resource) -> FailoverFacts:
        return Failover(args, self.place, parent, self.provider).facts

    def budget(self, args: BudgetArgs, parent: pulumi.Resource) -> None:
        assert self.budgets_from is not None, "settings refuse a budget without it"
        wanted = CostBudget(
            budget_name=f"{self.place.cluster_name}-{args.system}",
            scope=self.place.group_id,
            limit=args.settings.monthly,
            since=self.budgets_from,
            tag=(SYSTEM_TAG, args.system),
            contacts=args.contacts,
        )
        budget(args.system, wanted, pulumi.ResourceOptions(parent=parent, provider=self.provider))

    def _adopted(self, adopt: str | None) -> Adopted | None:
        """A storage account by its id, or by its name alone when it stands in the cluster's own resource group."""
        if adopt is None or "/" in adopt:
            return Adopted.account(adopt) if adopt else None
        return Adopted.account(f"{self.place.group_id}/providers/Microsoft.Storage/storageAccounts/{adopt}")
