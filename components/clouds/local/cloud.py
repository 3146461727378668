"""An existing cluster as an implementation of the cloud contract: data stores run in the system's namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pulumi
from pulumi_kubernetes import core

from components.clouds.contract import (
    AlarmsArgs,
    BrokerArgs,
    BrokerEndpoint,
    BucketArgs,
    BudgetArgs,
    CacheArgs,
    CacheEndpoint,
    DatabaseArgs,
    DocumentDatabaseEndpoint,
    FailoverArgs,
    FailoverFacts,
    IdentityArgs,
    IdentityFacts,
    NoIdentity,
    PostgresEndpoint,
    QueuesArgs,
    QueueScalingArgs,
    QueueScalingFacts,
    QueuesFacts,
    SecretStore,
    SecretStoreArgs,
    Site,
    SiteArgs,
    WorkloadIdentity,
    ZoneArgs,
    ZoneFacts,
)
from components.clouds.local import bucket_clients
from components.clouds.local.cache import CachePod, CachePodArgs
from components.clouds.local.context import LocalContext
from components.clouds.local.document_database import DocumentDatabase, DocumentsArgs
from components.clouds.local.postgres import Postgres, PostgresArgs
from components.clouds.local.postgres_pod import PostgresPod
from components.clouds.local.secret_store import KubernetesSecrets
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests import secret
from components.manifests.environment import BucketFacts
from components.manifests.network_policy import NetworkPeer
from components.manifests.pod import Identity
from components.manifests.secret import OBJECT_STORE, OBJECT_STORE_KEYS, OBJECT_STORE_ROTATION
from components.sites.component import NginxSite
from components.system.backups.manifests.rclone import Store
from slipway.settings.clouds import refusal


@dataclass(frozen=True, kw_only=True)
class LocalCloud:
    """Implements `components.clouds.contract.Cloud` with the operators of the cluster."""

    context: LocalContext
    controllers: Mapping[str, WorkloadIdentity] = field(default_factory=dict)
    """None: there is no managed DNS."""

    def postgres(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> PostgresEndpoint:
        kind = PostgresPod if self.context.plain_postgres else Postgres
        wanted = PostgresArgs(context=self.context, database=args, depends_on=opts.depends_on)
        return kind(args.logical, wanted, _below(opts)).endpoint

    def document_database(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> DocumentDatabaseEndpoint:
        wanted = DocumentsArgs(context=self.context, database=args, depends_on=opts.depends_on)
        return DocumentDatabase(args.logical, wanted, _below(opts)).endpoint

    def broker(self, args: BrokerArgs, opts: pulumi.ResourceOptions) -> BrokerEndpoint:
        raise ValueError(f"{args.settings.source}.placement: {refusal('local', 'broker')}")

    def cache(self, args: CacheArgs, opts: pulumi.ResourceOptions) -> CacheEndpoint:
        return CachePod(args.logical, CachePodArgs(cache=args, depends_on=opts.depends_on), _below(opts)).endpoint

    def queues(self, args: QueuesArgs, opts: pulumi.ResourceOptions) -> QueuesFacts:
        raise ValueError(f"{args.source}: {refusal('local', 'queues')}")

    def queue_scaling(self, args: QueueScalingArgs, opts: pulumi.ResourceOptions) -> QueueScalingFacts:
        raise ValueError(f"{args.source}: {refusal('local', 'queues')}")

    def bucket(self, args: BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts:
        """Returns the name of a bucket in the S3-compatible store that the cluster's owner provides; creates none."""
        return BucketFacts(bucket=args.settings.adopt or f"{args.system}-{args.name}", region="local")

    def store(self, bucket: BucketFacts) -> Store:
        return bucket_clients.store(bucket)

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        """Returns None: the store's keys are supplied secrets, and Elasticsearch must start without them."""
        return None

    def secret_store(self, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> SecretStore:
        """Creates the system's secrets, including an empty one for the object store, which the cluster's owner fills."""
        entry = secret.empty_entry(
            args.scope,
            name=OBJECT_STORE,
            source=args.source,
            keys=OBJECT_STORE_KEYS,
            rotations=dict.fromkeys(OBJECT_STORE_KEYS, OBJECT_STORE_ROTATION),
        )
        core.v1.Secret(
            args.scope.logical(OBJECT_STORE),
            entry,
            opts=pulumi.ResourceOptions(
                parent=opts.parent, depends_on=opts.depends_on, ignore_changes=["data", "stringData"]
            ),
        )
        return KubernetesSecrets(args, opts)

    def identity(self, args: IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
        """Returns no identity: pods that use a bucket read the store's keys from their environment."""
        if not args.grants:
            return NoIdentity()
        facts = IdentityFacts(pod=Identity(secret=OBJECT_STORE), peers=[NetworkPeer(self._store_port, ("0.0.0.0/0",))])
        return NoIdentity(facts=facts)

    @property
    def _store_port(self) -> int:
        address = urlsplit(self.context.object_store or "https://")
        return address.port or (80 if address.scheme == "http" else 443)

    def zone(self, args: ZoneArgs, opts: pulumi.ResourceOptions) -> ZoneFacts:
        """Returns no zone: the cluster's owner points DNS names at its gateway."""
        return ZoneFacts(domain=args.domain)

    def site(self, args: SiteArgs, opts: pulumi.ResourceOptions) -> Site:
        return NginxSite(args.scope.logical(args.name), args, opts)

    def fail_over(self, args: FailoverArgs, opts: pulumi.ResourceOptions) -> FailoverFacts:
        """Returns no facts, because there is only one region."""
        return FailoverFacts()

    def alarms(self, args: AlarmsArgs, opts: pulumi.ResourceOptions) -> None:
        """Does nothing: Prometheus watches the pods of caches, and there are no queues."""

    def budget(self, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        """Does nothing, because there is no billing."""


def _below(opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
    """Returns the parent alone: objects set their own dependencies, and passwords have none."""
    return pulumi.ResourceOptions(parent=opts.parent)
