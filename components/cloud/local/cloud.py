"""A cluster that exists already, as a system sees it: what it needs stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes import core

from builders import secret
from builders.dumps import store as stores
from builders.dumps.store import Store
from builders.environment import BucketFacts
from builders.network_policy import Target
from builders.pod import Identity
from builders.secret import OBJECT_STORE, OBJECT_STORE_KEYS
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
from components.cloud.local.documents import Documents
from components.cloud.local.postgres import Postgres
from components.cloud.local.postgres_pod import PostgresPod
from components.cloud.local.secret_store import KubernetesSecrets
from components.cloud.nginx_site import NginxSite
from settings.stacks import LocalCluster


@dataclass(frozen=True, kw_only=True)
class LocalCloud:
    """Answers `components.cloud.contract.Cloud` with what operators of the cluster run."""

    settings: LocalCluster

    def postgres(self, args: DatabaseArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        if self.settings.postgres == "pod":
            return PostgresPod(args, self.settings.storage_class, parent).endpoint
        return Postgres(args, self.settings.storage_class, self.settings.protect, parent).endpoint

    def documents(self, args: DatabaseArgs, parent: pulumi.Resource) -> DocumentsEndpoint:
        return Documents(args, self.settings.storage_class, self.settings.protect, parent).endpoint

    def broker(self, args: BrokerArgs, parent: pulumi.Resource) -> BrokerEndpoint:
        raise ValueError(f"{args.settings.source}.placement: this cloud runs no RabbitMQ; say 'cluster'")

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        """The name of a bucket in the S3-compatible store that the cluster's owner provides; none is made."""
        return BucketFacts(name=args.settings.adopt or f"{args.system}-{args.name}", region="local")

    def store(self, bucket: BucketFacts) -> Store:
        return stores.compatible(bucket)

    def secret_store(self, args: SecretStoreArgs, parent: pulumi.Resource) -> SecretStore:
        """Among the Secrets is that of the object store, empty until the cluster's owner fills it."""
        entry = secret.empty_entry(args.scope, name=OBJECT_STORE, source=args.source, keys=list(OBJECT_STORE_KEYS))
        core.v1.Secret(
            args.scope.logical(OBJECT_STORE),
            entry,
            opts=pulumi.ResourceOptions(
                parent=parent, depends_on=list(args.ready), ignore_changes=["data", "stringData"]
            ),
        )
        return KubernetesSecrets(args)

    def identity(self, args: IdentityArgs, parent: pulumi.Resource) -> IdentityFacts:
        """No identities here: pods that use a bucket find the store's keys in their environment."""
        if not args.grants:
            return IdentityFacts()
        return IdentityFacts(pod=Identity(secret=OBJECT_STORE), targets=[Target(self._store_port, ("0.0.0.0/0",))])

    @property
    def _store_port(self) -> int:
        address = urlsplit(self.settings.object_store or "https://")
        return address.port or (80 if address.scheme == "http" else 443)

    def zone(self, args: ZoneArgs, parent: pulumi.Resource) -> ZoneFacts:
        """None: whoever runs the cluster points names at its gateway."""
        return ZoneFacts(domain=args.domain)

    def site(self, args: SiteArgs, parent: pulumi.Resource) -> SiteFacts:
        return NginxSite(args, parent).facts

    def fail_over(self, args: FailoverArgs, parent: pulumi.Resource) -> FailoverFacts:
        """There is one region only."""
        return FailoverFacts()

    def budget(self, args: BudgetArgs, parent: pulumi.Resource) -> None:
        """Nobody is billed."""
