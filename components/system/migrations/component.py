"""The migrations of a system: each is a verified backup followed by a Job, on which dependent services wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_kubernetes import batch, core, networking

from components.clouds.contract import IdentityFacts
from components.manifests import egress, network_policy
from components.manifests.environment import BucketFacts
from components.manifests.network_policy import NetworkPeer
from components.manifests.run_to_completion import of_service
from components.manifests.scope import Scope
from components.system.backups.component import Backups
from components.system.backups.manifests import backup_job
from components.system.database.component import Database
from components.system.migrations.manifests import job, sql_files
from components.system.migrations.manifests.job import MigrationJob
from slipway.release.objects import SLOTS, ReleasedMigration
from slipway.settings.fields import seconds
from slipway.settings.pointers import Pointer
from slipway.settings.releases import Migration
from slipway.settings.stacks import DeployedSystem
from slipway.settings.versions import reaches


@dataclass(frozen=True, kw_only=True)
class MigrationsArgs:
    scope: Scope
    deployed: DeployedSystem
    registry: str
    databases: Mapping[str, Database]
    peers: Mapping[str, NetworkPeer]
    """Databases by name, for programs."""
    buckets: Mapping[str, BucketFacts]
    backups: Backups
    identities: Mapping[str, IdentityFacts]
    accounts: pulumi.Resource
    secrets: pulumi.Resource


class Migrations(pulumi.ComponentResource):
    """Runs the migrations of each database one after another, in the order of the definition. They are planned first, so
    that their names are known before anything runs."""

    released: Sequence[ReleasedMigration]
    """The migrations that the active slot's version needs, with the names of their Jobs."""

    def __init__(self, name: str, args: MigrationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Migrations", name, opts=opts)
        self._args, self._scope, self._deployment = args, args.scope, args.deployed.deployment
        self._made: list[tuple[Migration, pulumi.Resource]] = []
        due = [each for each in args.deployed.definition.migrations if is_due(args.deployed, each)]
        self._planned = [(each, self._plan(each)) for each in due]
        version = self._deployment.slot(self._deployment.active).version
        self.released = [
            self._release(each, wanted)
            for each, wanted in self._planned
            if version is not None and each.is_needed_by(version)
        ]
        self.register_outputs({})

    def run(self, depends_on: Sequence[pulumi.Resource]) -> None:
        """Creates the Jobs, none of which starts before `depends_on`."""
        self._depends_on = list(depends_on)
        for migration, wanted in self._planned:
            self._made.append((migration, self._migrate(migration, wanted)))

    @property
    def dumped(self) -> list[str]:
        """The databases of which there are dumps."""
        return list(self._args.backups.dumps)

    @property
    def longest_seconds(self) -> int:
        """The time that the released Jobs may take, backups included: those of different databases run at once."""
        released, by_database = {each.name for each in self.released}, dict[str, int]()
        for migration, wanted in self._planned:
            if migration.name in released:
                took = wanted.deadline + (backup_job.BACKUP_SECONDS if wanted.backup else 0)
                by_database[migration.database] = by_database.get(migration.database, 0) + took
        return max(by_database.values(), default=0)

    def before(self, slot: str) -> list[pulumi.Resource]:
        """Returns the blocking migrations that the slot's version needs; its services wait for them."""
        version = self._deployment.slot(slot).version
        return [
            made
            for migration, made in self._made
            if migration.blocking and version is not None and migration.is_needed_by(version)
        ]

    def _plan(self, migration: Migration) -> MigrationJob:
        if migration.command is not None:
            return self._program(migration)
        folder = Path(Pointer.parse(self._args.deployed.definition.source).file).parent
        return MigrationJob(
            migration=migration,
            database=self._args.deployed.definition.databases[migration.database],
            attempt=self._deployment.attempt,
            image=self._scope.pins.image("postgres"),
            tls=self._args.databases[migration.database].tls,
            files=sql_files.read(folder, migration),
            backup=migration.database in self._args.backups.dumps,
        )

    def _release(self, migration: Migration, wanted: MigrationJob) -> ReleasedMigration:
        expected = migration.expected_duration
        return ReleasedMigration(
            name=migration.name,
            job=wanted.name,
            backup=self._backup_job(wanted).name if wanted.backup else None,
            blocking=migration.blocking,
            compatible=migration.compatible,
            reversible=migration.rollback is not None,
            verified=migration.is_verified_again,
            expected_seconds=round(seconds(expected)) if expected else None,
        )

    def _migrate(self, migration: Migration, wanted: MigrationJob) -> pulumi.Resource:
        if migration.command is not None:
            return self._run(migration, wanted, [])
        backup = [self._backup(wanted)] if wanted.backup else []
        return self._run(migration, wanted, [self._args.databases[migration.database], *backup])

    def _backup_job(self, wanted: MigrationJob) -> backup_job.BeforeMigration:
        return backup_job.BeforeMigration(
            scope=self._scope,
            dumps=self._args.backups.dumps[wanted.migration.database],
            migration=wanted.migration.name,
            content=wanted.name,
            attempt=self._deployment.attempt,
        )

    def _backup(self, wanted: MigrationJob) -> pulumi.Resource:
        """Creates the backup Job, which is valid only for this attempt of this migration."""
        name = wanted.migration.database
        return batch.v1.Job(
            self._scope.logical(f"backup-{wanted.migration.name}"),
            self._backup_job(wanted).job(),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    *self._depends_on,
                    self._args.backups,
                    self._args.databases[name],
                    *self._earlier(name),
                ],
                custom_timeouts=pulumi.CustomTimeouts(create="1h"),
            ),
        )

    def _run(self, migration: Migration, wanted: MigrationJob, needed: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args, scope = self._args, self._scope
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*self._depends_on, args.accounts, args.secrets])
        before: list[pulumi.Resource] = [
            *needed,
            *self._earlier(migration.database),
            self._open(migration, wanted, opts),
        ]
        if wanted.files is not None:
            before.append(core.v1.ConfigMap(scope.logical(wanted.group), job.scripts(scope, wanted), opts=opts))
        return batch.v1.Job(
            scope.logical(wanted.group),
            job.job(scope, wanted),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*self._depends_on, args.accounts, args.secrets, *before],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{wanted.deadline + 60}s"),
            ),
        )

    def _earlier(self, database: str) -> list[pulumi.Resource]:
        """Returns the earlier blocking migrations of the same database."""
        return [made for migration, made in self._made if migration.database == database and migration.blocking]

    def _open(self, migration: Migration, wanted: MigrationJob, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        args = self._args
        if migration.command is not None:
            name = migration.command.service
            peers = [*args.peers.values(), *egress.peers(args.deployed, name), *args.identities[name].peers]
            internet = egress.internet(args.deployed.definition.services[name])
        else:
            peers, internet = [args.databases[migration.database].direct], set[int]()
        return networking.v1.NetworkPolicy(
            self._scope.logical(wanted.group),
            network_policy.of_job(
                self._scope,
                name=wanted.group,
                source=migration.source,
                pods=wanted.pods,
                peers=peers,
                internet=internet,
            ),
            opts=opts,
        )

    def _program(self, migration: Migration) -> MigrationJob:
        """Returns the program to run, with the service's environment from the first slot whose version needs the
        migration."""
        args, command = self._args, migration.command
        assert command is not None
        definition = args.deployed.definition
        slot = next(
            slot
            for slot in SLOTS
            if (running := self._deployment.slot(slot).version) and migration.is_needed_by(running)
        )
        program = of_service(
            args.deployed,
            command.service,
            slot,
            arguments=command.arguments,
            registry=args.registry,
            pins=self._scope.pins,
            buckets=args.buckets,
            identity=args.identities[command.service].pod,
        )
        return MigrationJob(
            migration=migration,
            database=definition.databases[migration.database],
            attempt=self._deployment.attempt,
            program=program,
            backup=False,
        )


def is_due(deployed: DeployedSystem, migration: Migration) -> bool:
    """Returns whether the migration is due: some slot's version needs it and, if it removes something, no slot still
    uses that."""
    running = [version for slot in SLOTS if (version := deployed.deployment.slot(slot).version)]
    if migration.after is not None and not all(reaches(version, migration.after) for version in running):
        return False
    return any(migration.is_needed_by(version) for version in running)
