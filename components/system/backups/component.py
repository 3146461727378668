"""Backups of a system: dumps of its databases, test-restored on the declared schedule, and archives of its volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import batch, core, networking

from components.clouds.contract import IdentityFacts
from components.manifests import names, network_policy
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.system.backups.manifests import archive_job, backup_job, script
from components.system.backups.manifests.archive_job import Archives
from components.system.backups.manifests.dump_pod import Dumps
from components.system.backups.manifests.rclone import Store
from components.system.database.component import Database
from slipway.settings.claims import claims_of
from slipway.settings.databases import Backup, RestoreTest
from slipway.settings.databases import Database as Declared
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    scope: Scope
    definition: System
    databases: Mapping[str, Database]
    store: Store | None
    """None if nothing is backed up."""
    identity: IdentityFacts
    """Identity of the service account that may add dumps and delete none."""
    accounts: pulumi.Resource
    claims: Mapping[str, pulumi.Resource] = field(default_factory=dict)
    """The claims of volumes, by name."""
    storage_class: str | None = None
    """The class of their disks; None for the cluster's default."""
    depends_on: Sequence[pulumi.Resource]


class Backups(pulumi.ComponentResource):
    """Creates the backup Jobs of a system; `dumps` has an entry for each database that is backed up."""

    dumps: Mapping[str, Dumps]

    def __init__(self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Backups", name, opts=opts)
        self._args, self._scope = args, args.scope
        declared = {name: args.definition.databases[name] for name in args.databases}
        self.dumps = {
            name: self._dumps(name, each) for name, each in declared.items() if isinstance(each.backup, Backup)
        }
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, args.accounts])
        archives = self._archives()
        if self.dumps or archives:
            self.scripts: pulumi.Resource = core.v1.ConfigMap(
                self._scope.logical(script.NAME),
                script.scripts(
                    self._scope,
                    f"{args.definition.source}{'databases' if self.dumps else 'services'}",
                    archives=bool(archives),
                ),
                opts=self._opts,
            )
        for database, dumps in self.dumps.items():
            self._schedule(database, dumps, declared[database])
        for each in archives:
            self._archive(each)
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
            owner=declared.owner,
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

    def _archives(self) -> list[Archives]:
        args = self._args
        return [
            Archives(
                claim=claim.name,
                source=claim.declared.source,
                size=claim.declared.size,
                user=claim.user,
                pods=names.selector(claim.service, claim.slot),
                storage_class=claim.declared.storage_class or args.storage_class,
                tested=tested.every if isinstance(tested := claim.declared.restore_test, RestoreTest) else None,
                store=args.store,
                identity=args.identity.pod,
            )
            for claim in claims_of(args.definition)
            if args.store is not None and isinstance(claim.declared.backup, Backup)
        ]

    def _archive(self, archives: Archives) -> None:
        opts = pulumi.ResourceOptions(parent=self, depends_on=[self.scripts, self._args.claims[archives.claim]])
        jobs = {
            names.archive(archives.claim): archive_job.nightly(self._scope, archives),
            names.unpacking(archives.claim): archive_job.unpack_template(self._scope, archives),
        }
        if archives.tested is not None:
            jobs[names.archive_test(archives.claim)] = archive_job.restore_test(self._scope, archives, archives.tested)
        for name, cron_job in jobs.items():
            self._open(name, archives, [])
            batch.v1.CronJob(self._scope.logical(name), cron_job, opts=opts)

    def _open(self, name: str, dumps: Dumps | Archives, peers: Sequence[NetworkPeer]) -> None:
        """Opens the network to the bucket and, if needed, to the live server; a restore test never reaches the live
        server."""
        networking.v1.NetworkPolicy(
            self._scope.logical(name),
            network_policy.of_job(
                self._scope,
                name=name,
                source=dumps.source,
                pods={"app.kubernetes.io/name": name},
                peers=[*peers, *self._args.identity.peers],
            ),
            opts=self._opts,
        )
