"""A document database in the system's own namespace, by MongoDB's operator."""

from __future__ import annotations

import pulumi
import pulumi_random as random
from pulumi_kubernetes import apiextensions, core, networking, rbac

from builders import mongodb, names, namespace, network_policy, secret
from components.cloud.contract import Address, DatabaseArgs, DocumentsEndpoint, Reach, Role


class Documents(pulumi.ComponentResource):
    """`endpoint` is all that a system learns of it."""

    endpoint: DocumentsEndpoint

    def __init__(self, args: DatabaseArgs, storage_class: str | None, protect: bool, parent: pulumi.Resource) -> None:
        super().__init__(
            "slipway:local:Documents", f"{args.system}/{args.name}", opts=pulumi.ResourceOptions(parent=parent)
        )
        self._args, self._scope = args, args.scope
        self._source, self._server = args.settings.source, names.kubernetes_name(args.name)
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.ready))
        app = self._app()
        login = f"{self._server}-first-owner"
        before = [*self._agent(), self._policy(), self._login(login, app)]
        apiextensions.CustomResource(
            self._scope.logical(self._server),
            api_version=mongodb.API_VERSION,
            kind=mongodb.KIND,
            metadata=self._scope.metadata(
                self._server, self._source, annotations={names.BACKUP_RETENTION: retention(args)}
            ),
            spec=mongodb.spec(
                self._server, args.name, args.settings, user=app.name, login=login, storage_class=storage_class
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*args.ready, *before],
                protect=protect and args.settings.deletion_protection,
                import_=args.settings.adopt,
            ),
        )
        self.endpoint = DocumentsEndpoint(
            server=self._server,
            database=args.name,
            address=Address(
                host=pulumi.Output.from_input(f"{self._server}-svc.{args.scope.namespace}.svc"), port=mongodb.PORT
            ),
            app=app,
            options=f"replicaSet={self._server}&authSource=admin",
            reach=Reach(pods=mongodb.pods(self._server)),
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
    """Declared days of backups. The operator itself keeps none: dumps do."""
    return "none" if args.settings.backup == "none" else str(args.settings.backup.retention_days)
