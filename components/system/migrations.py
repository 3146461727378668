"""The migrations of a system, each a verified backup and then a Job; what needs them waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
from pulumi_kubernetes import batch, core, networking

from builders import environment, network_policy, pod
from builders.dumps import backup_job
from builders.environment import BucketFacts
from builders.migrations import files, job
from builders.migrations.job import MigrationJob, Program
from builders.network_policy import Target
from builders.scope import Scope
from components.cloud.contract import IdentityFacts
from components.system.backups import Backups
from components.system.database import Database
from settings.pointers import Pointer
from settings.releases import Migration
from settings.stacks import PlacedSystem
from settings.versions import reaches

SLOTS = ("blue", "green")


@dataclass(frozen=True, kw_only=True)
class MigrationsArgs:
    scope: Scope
    placed: PlacedSystem
    registry: str
    databases: Mapping[str, Database]
    targets: Mapping[str, Target]
    """Databases by name, for programs."""
    buckets: Mapping[str, BucketFacts]
    backups: Backups
    identities: Mapping[str, IdentityFacts]
    accounts: pulumi.Resource
    secrets: pulumi.Resource
    ready: Sequence[pulumi.Resource]


class Migrations(pulumi.ComponentResource):
    """In the order of the definition, one after another in each database."""

    def __init__(self, name: str, args: MigrationsArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Migrations", name, opts=pulumi.ResourceOptions(parent=parent))
        self._args, self._scope, self._placement = args, args.scope, args.placed.placement
        self._made: list[tuple[Migration, pulumi.Resource]] = []
        for migration in args.placed.definition.migrations:
            if is_due(args.placed, migration):
                self._made.append((migration, self._migrate(migration)))
        self.register_outputs({})

    def before(self, slot: str) -> list[pulumi.Resource]:
        """What the services of a slot wait for: migrations that its version needs, but those that may fail."""
        version = self._placement.slot(slot).version
        return [
            made
            for migration, made in self._made
            if migration.blocking and version is not None and needs(version, migration)
        ]

    def _migrate(self, migration: Migration) -> pulumi.Resource:
        if migration.command is not None:
            return self._run(migration, self._program(migration), [])
        database = self._args.databases[migration.database]
        folder = Path(Pointer.parse(self._args.placed.definition.source).file).parent
        dumps = self._args.backups.dumps.get(migration.database)
        wanted = MigrationJob(
            migration=migration,
            database=self._args.placed.definition.databases[migration.database],
            attempt=self._placement.attempt,
            image=self._scope.parts.image("postgres"),
            tls=database.tls,
            files=files.read(folder, migration),
            backup=dumps is not None,
        )
        backup = [self._backup(wanted)] if dumps is not None else []
        return self._run(migration, wanted, [database, *backup])

    def _backup(self, wanted: MigrationJob) -> pulumi.Resource:
        """Never trusted for another migration, nor for another attempt of the same."""
        name = wanted.migration.database
        return batch.v1.Job(
            self._scope.logical(f"backup-{wanted.migration.name}"),
            backup_job.before_migration(
                self._scope,
                self._args.backups.dumps[name],
                migration=wanted.migration.name,
                content=wanted.name,
                attempt=self._placement.attempt,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._args.backups, self._args.databases[name], *self._earlier(name)],
                custom_timeouts=pulumi.CustomTimeouts(create="1h"),
            ),
        )

    def _run(self, migration: Migration, wanted: MigrationJob, needed: Sequence[pulumi.Resource]) -> pulumi.Resource:
        args, scope = self._args, self._scope
        opts = pulumi.ResourceOptions(parent=self, depends_on=[*args.ready, args.accounts, args.secrets])
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
                depends_on=[*args.ready, args.accounts, args.secrets, *before],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{wanted.deadline + 60}s"),
            ),
        )

    def _earlier(self, database: str) -> list[pulumi.Resource]:
        """Those of the same database that may not fail."""
        return [made for migration, made in self._made if migration.database == database and migration.blocking]

    def _open(self, migration: Migration, wanted: MigrationJob, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        args = self._args
        if migration.command is not None:
            service = args.placed.definition.services[migration.command.service]
            targets = [*args.targets.values(), *args.identities[migration.command.service].targets]
            internet = {egress.port for egress in service.egress}
        else:
            targets, internet = [args.databases[migration.database].direct], set[int]()
        return networking.v1.NetworkPolicy(
            self._scope.logical(wanted.group),
            network_policy.of_job(
                self._scope,
                name=wanted.group,
                source=migration.source,
                pods=wanted.pods,
                targets=targets,
                internet=internet,
            ),
            opts=opts,
        )

    def _program(self, migration: Migration) -> MigrationJob:
        """With the environment of the service in the first slot whose version needs it."""
        args, command = self._args, migration.command
        assert command is not None
        definition = args.placed.definition
        service = definition.services[command.service]
        slot = next(
            slot for slot in SLOTS if (running := self._placement.slot(slot).version) and needs(running, migration)
        )
        variables = environment.variables(args.placed, command.service, slot, args.buckets)
        plain = [core.v1.EnvVarArgs(name=name, value=value) for name, value in variables.plain.items()]
        identity = args.identities[command.service].pod
        program = Program(
            image=f"{args.registry}/{service.image}:{self._placement.slot(slot).version}",
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
            attempt=self._placement.attempt,
            program=program,
            backup=False,
        )


def is_due(placed: PlacedSystem, migration: Migration) -> bool:
    """Whether some slot's version needs it; one that removes something waits until no slot needs what it removes."""
    running = [version for slot in SLOTS if (version := placed.placement.slot(slot).version)]
    if migration.after is not None and not all(reaches(version, migration.after) for version in running):
        return False
    return any(needs(version, migration) for version in running)


def needs(version: str, migration: Migration) -> bool:
    return migration.version is None or reaches(version, migration.version)
