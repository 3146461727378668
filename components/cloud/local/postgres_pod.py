"""PostgreSQL in one plain pod of the system's own namespace, for tests."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apps, core, networking

from builders import names, network_policy, postgres_pod, secret
from components.cloud.contract import Address, DatabaseArgs, PostgresEndpoint, Reach
from components.cloud.roles import make_roles

SUPERUSER = "postgres"


class PostgresPod(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it."""

    endpoint: PostgresEndpoint

    def __init__(self, args: DatabaseArgs, storage_class: str | None, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:local:PostgresPod", f"{args.system}/{args.name}", opts=pulumi.ResourceOptions(parent=parent)
        )
        scope, source = args.scope, args.settings.source
        name = names.kubernetes_name(args.name)
        login = f"{name}-superuser"
        roles = make_roles(args, SUPERUSER, self)
        opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        before = [
            core.v1.Secret(
                scope.logical(login),
                secret.login(scope, name=login, source=source, user=roles.admin.name, password=roles.admin.password),
                opts=opts,
            ),
            core.v1.Service(scope.logical(name), postgres_pod.service(scope, name=name, source=source), opts=opts),
            networking.v1.NetworkPolicy(
                scope.logical(f"{name}-postgres"),
                network_policy.of_database_pod(
                    scope, name=f"{name}-postgres", source=source, pods=postgres_pod.pods(name)
                ),
                opts=opts,
            ),
        ]
        server = apps.v1.StatefulSet(
            scope.logical(name),
            postgres_pod.stateful_set(
                scope, name=name, settings=args.settings, superuser=login, storage_class=storage_class
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, *before]),
        )
        # What has the address comes after the server: before it is ready, its name leads nowhere.
        host = server.urn.apply(lambda _: f"{name}.{scope.namespace}.svc")
        self.endpoint = PostgresEndpoint(
            server=name,
            database=args.name,
            direct=Address(host=host),
            pooled=None,
            readers=(),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            reach=Reach(pods=postgres_pod.pods(name)),
            tls="prefer",
        )
        self.register_outputs({"server": name})
