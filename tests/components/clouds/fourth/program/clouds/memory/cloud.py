"""Answers every question of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.clouds import contract
from components.clouds.contract import WorkloadIdentity
from components.clouds.local.secret_store import KubernetesSecrets
from components.clouds.roles import make_roles
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests.environment import BucketFacts, QueueFacts
from components.sites.component import NginxSite
from components.system.backups.manifests.rclone import Store

asked: set[str] = set()
"""Names of the questions so far."""


def _address(host: str, port: int) -> contract.Address:
    return contract.Address(host=pulumi.Output.from_input(host), port=port)


@dataclass(frozen=True)
class MemoryCloud:
    controllers: Mapping[str, WorkloadIdentity] = field(default_factory=dict)

    def postgres(self, args: contract.DatabaseArgs, opts: pulumi.ResourceOptions) -> contract.PostgresEndpoint:
        asked.add("postgres")
        assert opts.parent is not None
        roles = make_roles(args, "root", opts.parent)
        return contract.PostgresEndpoint(
            server=args.name,
            database=args.name,
            direct=_address("postgres.memory", 5432),
            pooled=None,
            readers=(),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            peers=contract.NetworkPeers(networks=("10.9.0.0/24",)),
        )

    def documents(self, args: contract.DatabaseArgs, opts: pulumi.ResourceOptions) -> contract.DocumentDatabaseEndpoint:
        return contract.DocumentDatabaseEndpoint(
            server=args.name,
            database=args.name,
            address=_address("documents.memory", 27017),
            app=contract.Role(name="app", password=pulumi.Output.secret("password")),
            options="tls=true",
            peers=contract.NetworkPeers(networks=("10.9.1.0/24",)),
        )

    def broker(self, args: contract.BrokerArgs, opts: pulumi.ResourceOptions) -> contract.BrokerEndpoint:
        login = {"connection_string": pulumi.Output.secret("amqps://broker.memory")}
        return contract.BrokerEndpoint(
            server=args.name, port=5671, peers=contract.NetworkPeers(networks=("10.9.2.0/24",)), login=login
        )

    def cache(self, args: contract.CacheArgs, opts: pulumi.ResourceOptions) -> contract.CacheEndpoint:
        asked.add("cache")
        return contract.CacheEndpoint(
            server=args.name,
            address=_address("cache.memory", 6379),
            password=pulumi.Output.secret("password"),
            peers=contract.NetworkPeers(networks=("10.9.3.0/24",)),
        )

    def queues(self, args: contract.QueuesArgs, opts: pulumi.ResourceOptions) -> contract.QueuesFacts:
        asked.add("queues")

        def facts(name: str) -> QueueFacts:
            return QueueFacts(name=name, url=f"memory://queues/{name}", host="queues.memory", id=name)

        return contract.QueuesFacts(
            queues={name: facts(name) for name in args.queues}, topics={name: facts(name) for name in args.topics}
        )

    def queue_scaling(
        self, args: contract.QueueScalingArgs, opts: pulumi.ResourceOptions
    ) -> contract.QueueScalingFacts:
        asked.add("queue_scaling")
        triggers = {
            name: contract.QueueTrigger(
                type="memory", metadata={"queue": each.name}, threshold="messages", activation="activationMessages"
            )
            for name, each in args.queues.items()
        }
        return contract.QueueScalingFacts(triggers=triggers, identity={"provider": "none"})

    def bucket(self, args: contract.BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts:
        asked.add("bucket")
        return BucketFacts(bucket=f"{args.system}-{args.name}", region="memory")

    def store(self, bucket: BucketFacts) -> Store:
        asked.add("store")
        return Store(kind="memory", bucket=bucket.bucket, settings={})

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        asked.add("snapshots")
        return None

    def secret_store(self, args: contract.SecretStoreArgs, opts: pulumi.ResourceOptions) -> contract.SecretStore:
        asked.add("secret_store")
        return KubernetesSecrets(args, opts)

    def identity(self, args: contract.IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
        asked.add("identity")
        return contract.NoIdentity()

    def zone(self, args: contract.ZoneArgs, opts: pulumi.ResourceOptions) -> contract.ZoneFacts:
        asked.add("zone")
        return contract.ZoneFacts(domain=args.domain, name=args.domain)

    def site(self, args: contract.SiteArgs, opts: pulumi.ResourceOptions) -> contract.Site:
        asked.add("site")
        return NginxSite(args.scope.logical(args.name), args, opts)

    def fail_over(self, args: contract.FailoverArgs, opts: pulumi.ResourceOptions) -> contract.FailoverFacts:
        asked.add("fail_over")
        return contract.FailoverFacts()

    def alarms(self, args: contract.AlarmsArgs, opts: pulumi.ResourceOptions) -> None:
        asked.add("alarms")

    def budget(self, args: contract.BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        asked.add("budget")
