"""PostgreSQL in the system's own namespace, by the CloudNativePG operator."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core, networking

from builders import cloudnative_pg, names, network_policy, secret
from components.cloud.contract import Address, DatabaseArgs, PostgresEndpoint, Reach, Role
from components.cloud.roles import make_roles

SUPERUSER = "postgres"


class Postgres(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it."""

    endpoint: PostgresEndpoint

    def __init__(self, args: DatabaseArgs, storage_class: str | None, protect: bool, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:local:Postgres", f"{args.system}/{args.name}", opts=pulumi.ResourceOptions(parent=parent)
        )
        self._args, self._protect = args, protect
        self._scope = args.scope
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        self._server = names.kubernetes_name(args.name)
        roles = make_roles(args, SUPERUSER, self)
        policy = self._policy()
        logins = [
            self._login("superuser", roles.admin),
            self._login("first-owner", Role(name="app", password=roles.owner.password)),
        ]
        before: list[pulumi.Resource] = [policy, *logins, *self._store()]
        cluster = self._cluster(storage_class, before)
        pooled = self._pooler(cluster) if args.settings.pooling else None
        self._schedule(cluster)
        self.endpoint = PostgresEndpoint(
            server=self._server,
            database=args.name,
            direct=self._address(f"{self._server}-rw", cluster),
            pooled=pooled,
            readers=(self._address(f"{self._server}-ro", cluster),) if args.settings.read_replicas else (),
            admin=roles.admin,
            owner=roles.owner,
            app=roles.app,
            backup=roles.backup,
            monitor=roles.monitor,
            reach=Reach(pods=cloudnative_pg.pods(self._server)),
        )
        self.register_outputs({"server": self._server})

    def _cluster(self, storage_class: str | None, before: list[pulumi.Resource]) -> pulumi.Resource:
        settings = self._args.settings
        declared = "none" if settings.backup == "none" else str(settings.backup.retention_days)
        spec = cloudnative_pg.cluster(
            self._server,
            settings,
            superuser=f"{self._server}-superuser",
            owner=f"{self._server}-first-owner",
            storage_class=storage_class,
        )
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._args.ready, *before],
            protect=self._protect and settings.deletion_protection,
            import_=settings.adopt,
        )
        annotations = {names.BACKUP_RETENTION: declared, "pulumi.com/waitFor": "condition=Ready"}
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
        """What has it comes after what is `behind` it."""
        return Address(host=behind.urn.apply(lambda _: f"{service}.{self._args.scope.namespace}.svc"))
