"""A system built from literal facts: no cloud, no foundation."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from builders.dumps.store import Store, amazon
from builders.environment import BucketFacts
from builders.network_policy import Target
from builders.pod import Identity
from components.cloud.contract import (
    Address,
    BrokerArgs,
    BrokerEndpoint,
    BucketArgs,
    BudgetArgs,
    ClusterAccess,
    ClusterFacts,
    DatabaseArgs,
    DocumentsEndpoint,
    FailoverArgs,
    FailoverFacts,
    IdentityArgs,
    IdentityFacts,
    PostgresEndpoint,
    Reach,
    Role,
    SecretStore,
    SecretStoreArgs,
    SiteArgs,
    SiteFacts,
    ZoneArgs,
    ZoneFacts,
)
from components.cloud.local.secret_store import KubernetesSecrets
from components.cloud.nginx_site import NginxSite
from components.cloud.roles import make_roles
from components.system import System
from settings.load import load_stack
from settings.project import find_project


class LiteralCloud:
    """Answers with values that a test can name."""

    def postgres(self, args: DatabaseArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        roles = make_roles(args, "root", parent)
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
            reach=Reach(networks=("10.9.0.0/24",)),
        )

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        locked = "" if args.locked_days is None else f"-locked-{args.locked_days}"
        return BucketFacts(name=f"bucket-of-{args.name}{locked}", region="nowhere")

    def documents(self, args: DatabaseArgs, parent: pulumi.Resource) -> DocumentsEndpoint:
        return DocumentsEndpoint(
            server=f"documents-of-{args.name}",
            database=args.name,
            address=Address(host=pulumi.Output.from_input("documents.example.com"), port=27017),
            app=Role(name="papers_app", password=pulumi.Output.secret("password-of-papers")),
            options="tls=true",
            reach=Reach(networks=("10.9.1.0/24",)),
        )

    def broker(self, args: BrokerArgs, parent: pulumi.Resource) -> BrokerEndpoint:
        made = args.store.keep(args.secret, args.settings.source, {"connection_string": "amqps://"}, parent)
        return BrokerEndpoint(server="managed", port=5671, reach=Reach(networks=("10.9.2.0/24",)), made=made)

    def store(self, bucket: BucketFacts) -> Store:
        return amazon(bucket)

    def secret_store(self, args: SecretStoreArgs, parent: pulumi.Resource) -> SecretStore:
        return KubernetesSecrets(args)

    def identity(self, args: IdentityArgs, parent: pulumi.Resource) -> IdentityFacts:
        """Tells in an annotation what was granted."""
        if not args.grants:
            return IdentityFacts()
        granted = ",".join(f"{type(grant).__name__} {grant.bucket.name}" for grant in args.grants)
        return IdentityFacts(
            annotations={"granted": granted},
            pod=Identity(labels={"identity": "literal"}),
            targets=[Target(80, ("169.254.170.23/32",))],
        )

    def zone(self, args: ZoneArgs, parent: pulumi.Resource) -> ZoneFacts:
        servers = pulumi.Output.from_input([f"ns.{args.domain}"])
        return ZoneFacts(domain=args.domain, id=pulumi.Output.from_input("zone"), servers=servers)

    def site(self, args: SiteArgs, parent: pulumi.Resource) -> SiteFacts:
        return NginxSite(args, parent).facts

    def fail_over(self, args: FailoverArgs, parent: pulumi.Resource) -> FailoverFacts:
        pulumi.export("fail over", dict(args.domains))
        return FailoverFacts()

    def budget(self, args: BudgetArgs, parent: pulumi.Resource) -> None:
        pulumi.export("budget", [args.settings.monthly, *args.contacts])


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
for placed in stack.clusters["main"].systems.values():
    system = System(facts, placed)
    pulumi.export(placed.name, system.outputs)
