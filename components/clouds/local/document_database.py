"""A document database in the system's namespace, run by MongoDB's operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, core, networking, rbac

from components.clouds.contract import Address, DatabaseArgs, DocumentDatabaseEndpoint, NetworkPeers, Role
from components.clouds.local.context import LocalContext
from components.clouds.local.manifests import mongodb
from components.manifests import names, namespace, network_policy, secret


@dataclass(frozen=True, kw_only=True)
class DocumentsArgs:
    context: LocalContext
    database: DatabaseArgs
    depends_on: Any
    """Dependencies of the objects in the namespace, as in resource options."""


class DocumentDatabase(pulumi.ComponentResource):
    """A document database; a system sees only its `endpoint`."""

    endpoint: DocumentDatabaseEndpoint

    def __init__(self, name: str, args: DocumentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:local:DocumentDatabase", name, opts=opts)
        context, asked = args.context, args.database
        self._args, self._scope = asked, asked.scope
        self._source, self._server = asked.settings.source, names.kubernetes_name(asked.name)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=args.depends_on)
        app = self._app()
        login = f"{self._server}-first-owner"
        before = [*self._agent(), self._policy(), self._login(login, app)]
        apiextensions.CustomResource(
            self._scope.logical(self._server),
            api_version=mongodb.API_VERSION,
            kind=mongodb.KIND,
            metadata=self._scope.metadata(
                self._server, self._source, annotations={names.BACKUP_RETENTION: retention(asked)}
            ),
            spec=mongodb.spec(
                self._server,
                asked.name,
                asked.settings,
                user=app.name,
                login=login,
                storage_class=context.storage_class,
            ),
            opts=pulumi.ResourceOptions.merge(
                self._opts,
                pulumi.ResourceOptions(
                    depends_on=before,
                    protect=context.protect and asked.settings.deletion_protection,
                    import_=asked.settings.adopt,
                ),
            ),
        )
        self.endpoint = DocumentDatabaseEndpoint(
            server=self._server,
            database=asked.name,
            address=Address(
                host=pulumi.Output.from_input(f"{self._server}-svc.{asked.scope.namespace}.svc"), port=mongodb.PORT
            ),
            app=app,
            options=f"replicaSet={self._server}&authSource=admin",
            peers=NetworkPeers(pods=mongodb.pods(self._server)),
        )
        self.register_outputs({"server": self._server})

    def _app(self) -> Role:
        name = f"{self._args.system}/{self._args.name}-app"
        password = random.RandomPassword(name, length=32, special=False, opts=pulumi.ResourceOptions(parent=self))
        return Role(name=f"{self._args.name}_app", password=password.result)

    def _login(self, name: str, app: Role) -> pulumi.Resource:
        entry = secret.login(self._scope, name=name, source=self._source, user=app.name, password=app.password)
        return core.v1.Secret(self._scope.logical(name), entry, opts=self._opts)

    def _agent(self) -> list[pulumi.Resource]:
        name = f"{self._server}-mongodb"
        account = namespace.service_account(self._scope, name=name, source=self._source, annotations={})
        role, binding = mongodb.agent(self._scope, name=self._server, source=self._source)
        return [
            core.v1.ServiceAccount(self._scope.logical(name), account, opts=self._opts),
            rbac.v1.Role(self._scope.logical(name), role, opts=self._opts),
            rbac.v1.RoleBinding(self._scope.logical(name), binding, opts=self._opts),
        ]

    def _policy(self) -> pulumi.Resource:
        name = f"{self._server}-mongodb"
        policy = network_policy.of_documents(
            self._scope, name=name, source=self._source, pods=mongodb.pods(self._server), port=mongodb.PORT
        )
        return networking.v1.NetworkPolicy(self._scope.logical(name), policy, opts=self._opts)


def retention(args: DatabaseArgs) -> str:
    """Returns the declared days of backups. Dumps provide them; the operator makes none."""
    return "none" if args.settings.backup == "none" else str(args.settings.backup.retention_days)
