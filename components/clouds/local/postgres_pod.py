"""PostgreSQL in one plain pod of the system's namespace, for tests."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apps, core, networking

from components.clouds.contract import Address, NetworkPeers, PostgresEndpoint
from components.clouds.local.manifests import postgres_pod
from components.clouds.local.postgres import PostgresArgs
from components.clouds.roles import make_roles
from components.manifests import names, network_policy, secret

SUPERUSER = "postgres"


class PostgresPod(pulumi.ComponentResource):
    """A PostgreSQL pod; a system sees only its `endpoint`."""

    endpoint: PostgresEndpoint

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:local:PostgresPod", name, opts=opts)
        asked = args.database
        scope, source, server_name = asked.scope, asked.settings.source, names.kubernetes_name(asked.name)
        login = f"{server_name}-superuser"
        roles = make_roles(asked, SUPERUSER, self)
        own = pulumi.ResourceOptions(parent=self, depends_on=args.depends_on)
        before = [
            core.v1.Secret(
                scope.logical(login),
                secret.login(scope, name=login, source=source, user=roles.admin.name, password=roles.admin.password),
                opts=own,
            ),
            core.v1.Service(
                scope.logical(server_name), postgres_pod.service(scope, name=server_name, source=source), opts=own
            ),
            networking.v1.NetworkPolicy(
                scope.logical(f"{server_name}-postgres"),
                network_policy.of_database_pod(
                    scope, name=f"{server_name}-postgres", source=source, pods=postgres_pod.pods(server_name)
                ),
                opts=own,
            ),
        ]
        server = apps.v1.StatefulSet(
            scope.logical(server_name),
            postgres_pod.stateful_set(
                scope,
                name=server_name,
                settings=asked.settings,
                superuser=login,
                storage_class=args.context.storage_class,
            ),
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=before)),
        )
        # Users of the address wait for the server: its name does not resolve before the pod is ready.
        host = server.urn.apply(lambda _: f"{server_name}.{scope.namespace}.svc")
        self.endpoint = PostgresEndpoint(
            server=server_name,
            database=asked.name,
            direct=Address(host=host),
            pooled=None,
            readers=(),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            peers=NetworkPeers(pods=postgres_pod.pods(server_name)),
            tls="prefer",
        )
        self.register_outputs({"server": server_name})
