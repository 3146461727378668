"""The migrations of a system: each is a verified backup followed by a Job, on which dependent services wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_kubernetes import batch, core, networking

from components.clouds.contract import IdentityFacts
from components.manifests import environment, network_policy, pod
from components.manifests.environment import BucketFacts
from components.manifests.network_policy import NetworkPeer
from components.manifests.scope import Scope
from components.system.backups.component import Backups
from components.system.backups.manifests import backup_job
from components.system.database.component import Database
from components.system.migrations.manifests import files, job
from components.system.migrations.manifests.job import MigrationJob, Program
from slipway.settings.pointers import Pointer
from slipway.settings.releases import Migration
from slipway.settings.stacks import DeployedSystem
from slipway.settings.versions import reaches

SLOTS = ("blue", "green")


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
    depends_on: Sequence[pulumi.Resource]


class Migrations(pulumi.ComponentResource):
    """Runs the migrations of each database one after another, in the order of the definition."""

    def __init__(self, name: str, args: MigrationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Migrations", name, opts=opts)
        self._args, self._scope, self._deployment = args, args.scope, args.deployed.deployment
        self._made: list[tuple[Migration, pulumi.Resource]] = []
        for migration in args.deployed.definition.migrations:
            if is_due(args.deployed, migration):
                self._made.append((migration, self._migrate(migration)))
        self.register_outputs({})

    def before(self, slot: str) -> list[pulumi.Resource]:
        """Returns the blocking migrations that the slot's version needs; its services wait for them."""
        version = self._deployment.slot(slot).version
        return [
            made
            for migration, made in self._made
            if migration.blocking and version is not None and migration.is_needed_by(version)
        ]

    def _migrate(self, migration: Migration) -> pulumi.Resource:
        if migration.command is not None:
            return self._run(migration, self._program(migration), [])
        database = self._args.databases[migration.database]
        folder = Path(Pointer.parse(self._args.deployed.definition.source).file).parent
        dumps = self._args.backups.dumps.get(migration.database)
        wanted = MigrationJob(
            migration=migration,
            database=self._args.deployed.definition.databases[migration.database],
            attempt=self._deployment.attempt,
            image=self._scope.pins.image("postgres"),
            tls=database.tls,
            files=files.read(folder, migration),
            backup=dumps is not None,
        )
        backup = [self._backup(wanted)] if dumps is not None else []
        return self._run(migration, wanted, [database, *backup])

    def _backup(self, wanted: MigrationJob) -> pulumi.Resource:
        """Creates the backup Job, which is valid only for this attempt of this migration."""
        name = wanted.migration.database
        return batch.v1.Job(
            self._scope.logical(f"backup-{wanted.migration.name}"),
            backup_job.before_migration(
                self._scope,
                self._args.backups.dumps[name],
                migration=wanted.migration.name,
                content=wanted.name,
                attempt=self._deployment.attempt,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    *self._args.depends_on,
                    self._args.backups,
                    self._args.databases[name],
                    *self._earlier(name),
                ],
                custom_timeouts=pulumi.CustomTimeouts(create="1h"),
            ),
        )

    def _run(self, migration: Migration, wanted: MigrationJob, needed: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args, scope = self._args, self._scope
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*args.depends_on, args.accounts, args.secrets])
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
                depends_on=[*args.depends_on, args.accounts, args.secrets, *before],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{wanted.deadline + 60}s"),
            ),
        )

    def _earlier(self, database: str) -> list[pulumi.Resource]:
        """Returns the earlier blocking migrations of the same database."""
        return [made for migration, made in self._made if migration.database == database and migration.blocking]

    def _open(self, migration: Migration, wanted: MigrationJob, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        args = self._args
        if migration.command is not None:
            service = args.deployed.definition.services[migration.command.service]
            peers = [*args.peers.values(), *args.identities[migration.command.service].peers]
            internet = {egress.port for egress in service.egress}
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
        service = definition.services[command.service]
        slot = next(
            slot
            for slot in SLOTS
            if (running := self._deployment.slot(slot).version) and migration.is_needed_by(running)
        )
        variables = environment.variables(args.deployed, command.service, slot, args.buckets)
        plain = [core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.plain.items()]
        identity = args.identities[command.service].pod
        program = Program(
            image=f"{args.registry}/{service.image}:{self._deployment.slot(slot).version}",
            arguments=command.arguments,
            user=service.user,
            account=command.service,
            environment=[*plain, *pod.environment(variables)],
            environment_from=pod.identity_environment(identity),
            resources=service.resources,
            writable=service.writable,
            identity=identity,
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
