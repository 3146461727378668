"""PostgreSQL in the system's namespace, run by the CloudNativePG operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core, networking

from components.clouds.contract import Address, DatabaseArgs, NetworkPeers, PostgresEndpoint, Role
from components.clouds.local.context import LocalContext
from components.clouds.local.manifests import cloudnative_pg
from components.clouds.roles import make_roles
from components.manifests import names, network_policy, secret

SUPERUSER = "postgres"


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    context: LocalContext
    database: DatabaseArgs
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class Postgres(pulumi.ComponentResource):
    """A PostgreSQL cluster; a system sees only its `endpoint`."""

    endpoint: PostgresEndpoint

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:local:Postgres", name, opts=opts)
        asked, self._context = args.database, args.context
        self._args, self._scope = asked, asked.scope
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=args.depends_on)
        self._server = names.kubernetes_name(asked.name)
        roles = make_roles(asked, SUPERUSER, self)
        policy = self._policy()
        logins = [
            self._login("superuser", roles.admin),
            self._login("first-owner", Role(name="app", password=roles.owner.password)),
        ]
        before: list[pulumi.Resource] = [policy, *logins, *self._store()]
        cluster = self._cluster(before)
        pooled = self._pooler(cluster) if asked.settings.pooling else None
        self._schedule(cluster)
        self.endpoint = PostgresEndpoint(
            server=self._server,
            database=asked.name,
            direct=self._address(f"{self._server}-rw", cluster),
            pooled=pooled,
            readers=(self._address(f"{self._server}-ro", cluster),) if asked.settings.read_replicas else (),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            peers=NetworkPeers(pods=cloudnative_pg.pods(self._server)),
        )
        self.register_outputs({"server": self._server})

    def _cluster(self, before: list[pulumi.Resource]) -> pulumi.Resource:
        settings = self._args.settings
        declared = "none" if settings.backup == "none" else str(settings.backup.retention_days)
        spec = cloudnative_pg.cluster(
            self._server,
            settings,
            superuser=f"{self._server}-superuser",
            owner=f"{self._server}-first-owner",
            storage_class=self._context.storage_class,
        )
        own = pulumi.ResourceOptions(
            depends_on=before,
            protect=self._context.protect and settings.deletion_protection,
            import_=settings.adopt,
        )
        opts = pulumi.ResourceOptions.merge(self._opts, own)
        annotations = {names.BACKUP_RETENTION: declared, names.WAIT_FOR: "condition=Ready"}
        return self._object(cloudnative_pg.CLUSTER, self._server, spec, opts, annotations)

    def _store(self) -> list[pulumi.Resource]:
        backup = self._args.settings.backup
        if backup == "none":
            return []
        spec = cloudnative_pg.object_store(self._args.scope.namespace, backup)
        return [self._object(cloudnative_pg.OBJECT_STORE, self._server, spec, self._opts)]

    def _schedule(self, cluster: pulumi.Resource) -> None:
        if self._args.settings.backup != "none":
            opts = pulumi.ResourceOptions(parent=self, depends_on=[cluster])
            self._object(
                cloudnative_pg.SCHEDULED_BACKUP, self._server, cloudnative_pg.scheduled_backup(self._server), opts
            )

    def _pooler(self, cluster: pulumi.Resource) -> Address:
        name = f"{self._server}-pooler"
        opts = pulumi.ResourceOptions(parent=self, depends_on=[cluster])
        pooler = self._object(cloudnative_pg.POOLER, name, cloudnative_pg.pooler(self._server), opts)
        return self._address(name, pooler)

    def _login(self, part: str, role: Role) -> pulumi.Resource:
        name = f"{self._server}-{part}"
        entry = secret.login(
            self._scope, name=name, source=self._args.settings.source, user=role.name, password=role.password
        )
        return core.v1.Secret(self._scope.logical(name), entry, opts=self._opts)

    def _policy(self) -> pulumi.Resource:
        name = f"{self._server}-postgres"
        policy = network_policy.of_database(
            self._scope, name=name, source=self._args.settings.source, pods=cloudnative_pg.pods(self._server)
        )
        return networking.v1.NetworkPolicy(self._scope.logical(name), policy, opts=self._opts)

    def _object(
        self,
        kind: tuple[str, str],
        name: str,
        spec: dict[str, Any],
        opts: pulumi.ResourceOptions,
        annotations: dict[str, str] | None = None,
    ) -> pulumi.Resource:
        return apiextensions.CustomResource(
            self._scope.logical(name),
            api_version=kind[0],
            kind=kind[1],
            metadata=self._scope.metadata(name, self._args.settings.source, annotations=annotations),
            spec=spec,
            opts=opts,
        )

    def _address(self, service: str, behind: pulumi.Resource) -> Address:
        """Returns an address whose users wait for the resource `behind` it."""
        return Address(host=behind.urn.apply(lambda _: f"{service}.{self._args.scope.namespace}.svc"))
