"""A system built from literal facts: no cloud, no foundation."""

from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from builders.environment import BucketFacts
from components.cloud.contract import (
    Address,
    BucketArgs,
    ClusterAccess,
    ClusterFacts,
    PostgresArgs,
    PostgresEndpoint,
    Reach,
)
from components.cloud.roles import make_roles
from components.system import System
from settings.load import load_stack
from settings.project import find_project


class LiteralCloud:
    """Answers with values that a test can name."""

    def postgres(self, args: PostgresArgs, parent: pulumi.Resource) -> PostgresEndpoint:
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
            backup=roles.backup,
            reach=Reach(networks=("10.9.0.0/24",)),
        )

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        return BucketFacts(name=f"bucket-of-{args.name}", region="nowhere")


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
)
for placed in stack.clusters["main"].systems.values():
    system = System(facts, placed)
    pulumi.export(placed.name, {"endpoints": system.endpoints, "databases": system.databases})
