"""The dumps of a system's databases: made each night, restored as often as is declared, ready to be brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import batch, core, networking

from builders import names, network_policy
from builders.dumps import backup_job, script
from builders.dumps.dump_pod import Dumps
from builders.dumps.store import Store
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud.contract import IdentityFacts
from components.system.database import Database
from settings.databases import Backup, RestoreTest
from settings.databases import Database as Declared
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    scope: Scope
    definition: System
    databases: Mapping[str, Database]
    store: Store | None
    """None where nothing is dumped."""
    identity: IdentityFacts
    """Of the service account that adds dumps and deletes none."""
    accounts: pulumi.Resource
    ready: Sequence[pulumi.Resource]


class Backups(pulumi.ComponentResource):
    """`dumps` are those of each database that is backed up."""

    dumps: Mapping[str, Dumps]

    def __init__(self, name: str, args: BackupsArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Backups", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args, self._scope = args, args.scope
        declared = {name: args.definition.databases[name] for name in args.databases}
        self.dumps = {
            name: self._dumps(name, each) for name, each in declared.items() if isinstance(each.backup, Backup)
        }
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, args.accounts, *args.identity.made])
        if self.dumps:
            self.scripts: pulumi.Resource = core.v1.ConfigMap(
                self._scope.logical(script.NAME),
                script.scripts(self._scope, f"{args.definition.source}databases"),
                opts=self._opts,
            )
            for database, dumps in self.dumps.items():
                self._schedule(database, dumps, declared[database])
        self.register_outputs({})

    def _dumps(self, name: str, declared: Declared) -> Dumps:
        assert self._args.store is not None
        return Dumps(
            database=name,
            source=declared.source,
            store=self._args.store,
            identity=self._args.identity.pod,
            tls=self._args.databases[name].tls,
            storage=2 * declared.storage,
            extensions=declared.extensions,
        )

    def _schedule(self, name: str, dumps: Dumps, declared: Declared) -> None:
        live = self._args.databases[name]
        opts = pulumi.ResourceOptions(parent=self, depends_on=[self.scripts, live])
        self._open(names.dump(name), dumps, [live.direct])
        batch.v1.CronJob(self._scope.logical(names.dump(name)), backup_job.nightly(self._scope, dumps), opts=opts)
        restored = backup_job.restore_name(name)
        self._open(restored, dumps, [live.direct])
        batch.v1.CronJob(self._scope.logical(restored), backup_job.restore_template(self._scope, dumps), opts=opts)
        if isinstance(declared.restore_test, RestoreTest):
            test = names.restore_test(name)
            self._open(test, dumps, [])
            batch.v1.CronJob(
                self._scope.logical(test),
                backup_job.restore_test(self._scope, dumps, declared.restore_test.every),
                opts=opts,
            )

    def _open(self, name: str, dumps: Dumps, targets: Sequence[Target]) -> None:
        """To the bucket, and to the live server where it is needed; a restore test never sees that."""
        networking.v1.NetworkPolicy(
            self._scope.logical(name),
            network_policy.of_job(
                self._scope,
                name=name,
                source=dumps.source,
                pods={"app.kubernetes.io/name": name},
                targets=[*targets, *self._args.identity.targets],
            ),
            opts=self._opts,
        )
