"""Databases of one test each, with roles and rights as the roles Job makes them, and what is in them."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.system.migrations.manifests import sql_files
from components.system.migrations.manifests.job import MigrationJob
from slipway.settings.databases import Database as DatabaseSettings
from slipway.settings.load import load_systems
from slipway.settings.project import find_project
from slipway.settings.releases import Migration
from tests.migrations.container import CANARY, IMAGE, Container, owner
from tests.migrations.server import Server, program
from tests.processes import TIMEOUT

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).with_name("fixtures")
SYSTEMS = load_systems(find_project(ROOT))
_numbers = itertools.count()


@dataclass(frozen=True)
class State:
    """What must not change."""

    schema: str
    rows: str


@dataclass(frozen=True)
class Database:
    server: Server
    name: str

    def sql(self, text: str) -> str:
        return self.server.sql(text, self.name)

    def as_owner(self, text: str) -> str:
        return self.sql(f'SET ROLE "{owner(self.name)}";\n{text}')

    def state(self, *, ledger: bool = True) -> State:
        """The schema as `pg_dump` writes it, and how many rows each table has."""
        without = [] if ledger else ["--exclude-schema=slipway"]
        dump = self.server.run("pg_dump", "--schema-only", *without, database=self.name)
        schema = "\n".join(line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))
        rows = self.sql(
            "SELECT format('SELECT %L, count(*) FROM %I.%I', table_name, table_schema, table_name)"
            " FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1 \\gexec"
        )
        return State(schema, rows)

    def ledger(self) -> list[str]:
        if self.sql("SELECT to_regclass('slipway.migrations') IS NULL") == "t":
            return []
        return self.sql("SELECT name || ' ' || status FROM slipway.migrations ORDER BY name").splitlines()

    def container(self, job: MigrationJob, password: str = CANARY) -> Container:
        return Container(job, self.server, self.name, password)

    def closes_gate(self) -> str:
        """A statement that waits until the gate is opened. What a sequence says is the same in every transaction."""
        self.as_owner("CREATE SEQUENCE IF NOT EXISTS gate; SELECT setval('gate', 1, false);")
        return "DO $$ BEGIN WHILE NOT (SELECT is_called FROM gate) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$;\n"

    def opens_gate(self) -> None:
        self.sql("SELECT setval('gate', 1, true);")

    def at_gate(self) -> bool:
        """Whether a session waits there."""
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND wait_event = 'PgSleep'"
        return self.server.sql(query) != "0"

    def waits_for_lock(self) -> bool:
        """Whether a session does."""
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND wait_event_type = 'Lock'"
        return self.server.sql(query) != "0"

    def sessions(self) -> int:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND pid <> pg_backend_pid()"
        return int(self.server.sql(query))


def database(server: Server, fixture: str | None = None) -> Database:
    """A new one, owned by a role of its own whose password is the canary."""
    name = f"db{os.getpid()}_{next(_numbers)}"
    role, reader = owner(name), f"{name}_backup"
    server.sql(
        f'CREATE ROLE "{role}" LOGIN PASSWORD \'{CANARY}\'; CREATE ROLE "{reader}";\nCREATE DATABASE "{name}" OWNER'
        f' "{role}";\nREVOKE ALL ON DATABASE "{name}" FROM PUBLIC;'
    )
    made = Database(server, name)
    made.sql(
        f'ALTER SCHEMA public OWNER TO "{role}"; REVOKE ALL ON SCHEMA public FROM PUBLIC;'
        f' GRANT USAGE ON SCHEMA public TO "{reader}";'
    )
    if fixture is not None and (FIXTURES / f"{fixture}.sql").exists():
        made.as_owner((FIXTURES / f"{fixture}.sql").read_text(encoding="utf-8"))
    return made


def job(migration: Migration, sql: str, rollback: str | None = None) -> MigrationJob:
    """Of a migration that a test makes up."""
    return MigrationJob(
        migration=migration,
        database=DatabaseSettings(),
        attempt=1,
        image=IMAGE,
        files=sql_files.Files(sql, rollback),
    )


def seed(system: str, migration: Migration, database: Database | None = None) -> MigrationJob:
    """A declared migration with its files. Its checks name the declared owner, which a test's database does not have."""
    found = sql_files.read(ROOT / "systems" / system, migration)
    if database is not None:
        text = re.sub(r"fleet_user", owner(database.name), migration.model_dump_json(by_alias=True))
        migration = Migration.model_validate_json(text)
    return job(migration, found.sql, found.rollback)


def seeds() -> list[tuple[str, str]]:
    """System and database of every one that SQL files change."""
    found = [(system, each.database) for system in SYSTEMS for each in SYSTEMS[system].migrations if each.sql]
    return list(dict.fromkeys(found))


def declared(system: str, of: str) -> Sequence[Migration]:
    """Its migrations in order."""
    return [each for each in SYSTEMS[system].migrations if each.database == of and each.sql]


@contextmanager
def holding(database: Database, statement: str) -> Iterator[None]:
    """A transaction that stays open after `statement`, with its locks."""
    session = subprocess.Popen(
        [program("psql"), "--no-psqlrc", "-qAt"],
        env=database.server.environment(database.name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert session.stdin is not None
    assert session.stdout is not None
    try:
        print("BEGIN;", f"{statement};", "SELECT 'holds';", sep="\n", file=session.stdin, flush=True)
        while session.stdout.readline() != "holds\n":
            assert session.poll() is None
        yield
    finally:
        session.stdin.close()
        session.wait(TIMEOUT)
        session.stdout.close()
