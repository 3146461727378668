"""A system built from literal facts: no cloud, no foundation."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from components.clouds.contract import (
    Address,
    AlarmsArgs,
    BrokerArgs,
    BrokerEndpoint,
    BucketArgs,
    BudgetArgs,
    CacheArgs,
    CacheEndpoint,
    ClusterAccess,
    ClusterFacts,
    DatabaseArgs,
    DocumentDatabaseEndpoint,
    FailoverArgs,
    FailoverFacts,
    IdentityArgs,
    IdentityFacts,
    NetworkPeers,
    NoIdentity,
    PostgresEndpoint,
    QueuesArgs,
    QueueScalingArgs,
    QueueScalingFacts,
    QueuesFacts,
    Role,
    SecretStore,
    SecretStoreArgs,
    Site,
    SiteArgs,
    UseQueue,
    UseResource,
    UseTopic,
    WorkloadIdentity,
    ZoneArgs,
    ZoneFacts,
)
from components.clouds.local import bucket_clients
from components.clouds.local.secret_store import KubernetesSecrets
from components.clouds.roles import make_roles
from components.cluster.logs.manifests.snapshots import Snapshots
from components.manifests.environment import BucketFacts
from components.manifests.network_policy import NetworkPeer
from components.manifests.pod import Identity
from components.sites.component import NginxSite
from components.system.backups.manifests.rclone import Store
from components.system.system import System, SystemArgs
from slipway.settings.load import load_stack
from slipway.settings.project import find_project


class LiteralCloud:
    """Answers with values that a test can name."""

    controllers: Mapping[str, WorkloadIdentity] = {}

    def snapshots(self, bucket: BucketFacts) -> Snapshots | None:
        return None

    def postgres(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> PostgresEndpoint:
        assert opts.parent is not None
        roles = make_roles(args, "root", opts.parent)
        return PostgresEndpoint(
            server=f"server-of-{args.name}",
            database=args.name,
            direct=Address(host=pulumi.Output.from_input("direct.example.com")),
            pooled=Address(host=pulumi.Output.from_input("pooled.example.com"), port=6432),
            readers=(),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            monitor=roles.monitor,
            backup=roles.backup,
            peers=NetworkPeers(networks=("10.9.0.0/24",)),
        )

    def bucket(self, args: BucketArgs, opts: pulumi.ResourceOptions) -> BucketFacts:
        locked = "" if args.locked_days is None else f"-locked-{args.locked_days}"
        return BucketFacts(bucket=f"bucket-of-{args.name}{locked}", region="nowhere")

    def document_database(self, args: DatabaseArgs, opts: pulumi.ResourceOptions) -> DocumentDatabaseEndpoint:
        return DocumentDatabaseEndpoint(
            server=f"documents-of-{args.name}",
            database=args.name,
            address=Address(host=pulumi.Output.from_input("documents.example.com"), port=27017),
            app=Role(name="papers_app", password=pulumi.Output.secret("password-of-papers")),
            options="tls=true",
            peers=NetworkPeers(networks=("10.9.1.0/24",)),
        )

    def broker(self, args: BrokerArgs, opts: pulumi.ResourceOptions) -> BrokerEndpoint:
        login = {"connection_string": "amqps://"}
        return BrokerEndpoint(server="managed", port=5671, peers=NetworkPeers(networks=("10.9.2.0/24",)), login=login)

    def cache(self, args: CacheArgs, opts: pulumi.ResourceOptions) -> CacheEndpoint:
        host = pulumi.Output.from_input(f"{args.name}.example.com")
        password = pulumi.Output.secret("password-of-cache")
        peers = NetworkPeers(networks=("10.9.3.0/24",))
        return CacheEndpoint(server=args.name, address=Address(host=host, port=6379), password=password, peers=peers)

    def queues(self, args: QueuesArgs, opts: pulumi.ResourceOptions) -> QueuesFacts:
        return QueuesFacts()

    def queue_scaling(self, args: QueueScalingArgs, opts: pulumi.ResourceOptions) -> QueueScalingFacts:
        return QueueScalingFacts()

    def store(self, bucket: BucketFacts) -> Store:
        return bucket_clients.store(bucket)

    def secret_store(self, args: SecretStoreArgs, opts: pulumi.ResourceOptions) -> SecretStore:
        return KubernetesSecrets(args, opts)

    def identity(self, args: IdentityArgs, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
        """Tells in an annotation what was granted."""
        if not args.grants:
            return NoIdentity()
        names = [
            each.name if isinstance(each, UseResource | UseQueue | UseTopic) else each.bucket.name
            for each in args.grants
        ]
        granted = ",".join(f"{type(each).__name__} {name}" for each, name in zip(args.grants, names, strict=True))
        facts = IdentityFacts(
            annotations={"granted": granted},
            pod=Identity(labels={"identity": "literal"}),
            peers=[NetworkPeer(80, ("169.254.170.23/32",))],
        )
        return NoIdentity(facts=facts)

    def zone(self, args: ZoneArgs, opts: pulumi.ResourceOptions) -> ZoneFacts:
        servers = pulumi.Output.from_input([f"ns.{args.domain}"])
        return ZoneFacts(domain=args.domain, id=pulumi.Output.from_input("zone"), servers=servers)

    def site(self, args: SiteArgs, opts: pulumi.ResourceOptions) -> Site:
        return NginxSite(args.scope.logical(args.name), args, opts)

    def fail_over(self, args: FailoverArgs, opts: pulumi.ResourceOptions) -> FailoverFacts:
        pulumi.export("fail over", {key: probe.address for key, probe in args.probes.items()})
        return FailoverFacts()

    def budget(self, args: BudgetArgs, opts: pulumi.ResourceOptions) -> None:
        pulumi.export("budget", [args.settings.monthly, *args.contacts])

    def alarms(self, args: AlarmsArgs, opts: pulumi.ResourceOptions) -> None:
        pulumi.export("alarms", [*args.queues, *args.caches])


stack = load_stack(find_project(Path.cwd()), pulumi.get_stack())
provider = kubernetes.Provider("literal", context="literal")
facts = ClusterFacts(
    name="main",
    cluster_name="literal",
    stack=stack.name,
    environment=stack.environment,
    access=ClusterAccess(provider=provider, server=pulumi.Output.from_input("https://server.example.com")),
    cloud=LiteralCloud(),
    registry="registry.example.com",
    billing_contacts=("billing@example.com",),
)
for deployed in stack.clusters["main"].systems.values():
    system = System(deployed.name, SystemArgs(facts=facts, system=deployed))
    pulumi.export(deployed.name, system.outputs)
