"""Entries in the journal of the application's own tool."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from slipway.settings.releases import AppliedAs, Migration
from tests.migrations import fresh_databases
from tests.migrations.container import Done
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server

SQL, BACK = "CREATE TABLE things (id integer);", "DROP TABLE things;"
PRISMA = AppliedAs(tool="prisma", name="20251105_things")
KNEX = AppliedAs(tool="knex", name="20251105_things.js")
ROWS = {
    "prisma": "SELECT migration_name, checksum, finished_at IS NOT NULL, applied_steps_count FROM _prisma_migrations",
    "knex": "SELECT name, batch FROM knex_migrations ORDER BY id",
}


@pytest.fixture
def database(postgres: Server) -> Database:
    return fresh_databases.database(postgres)


def run(database: Database, entry: AppliedAs, *, back: bool = False, **declared: Any) -> Done:
    migration = Migration(name="things", database="things", applied_as=entry, **declared)
    done = database.container(fresh_databases.job(migration, SQL, BACK)).run(MODE="rollback" if back else "apply")
    assert done.status == 0, done.output
    return done


@pytest.mark.parametrize("transactional", [True, False])
def test_prisma_finds_its_migration_applied(transactional: bool, database: Database) -> None:
    """With the checksum that Prisma makes of the file, once, and not any more after the rollback."""
    entry = f"20251105_things|{hashlib.sha256(SQL.encode()).hexdigest()}|t|1"
    run(database, PRISMA, transactional=transactional)
    run(database, PRISMA, transactional=transactional)
    assert database.sql(ROWS["prisma"]) == entry
    run(database, PRISMA, back=True, transactional=transactional)
    assert database.sql(ROWS["prisma"]) == ""


def test_knex_finds_it_in_a_batch_of_its_own(database: Database) -> None:
    """After those that Knex made, in the table that Knex made."""
    database.as_owner(
        "CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz);"
        "INSERT INTO knex_migrations (name, batch) VALUES ('older.js', 4)"
    )
    run(database, KNEX)
    assert database.sql(ROWS["knex"]) == "older.js|4\n20251105_things.js|5"
    run(database, KNEX, back=True)
    assert database.sql(ROWS["knex"]) == "older.js|4"


def test_an_entry_that_the_tool_wrote_itself_is_left(database: Database) -> None:
    """It was applied by hand before: there is one entry still."""
    database.as_owner("CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch integer)")
    database.as_owner("ALTER TABLE knex_migrations ADD migration_time timestamptz")
    database.as_owner("INSERT INTO knex_migrations (name, batch) VALUES ('20251105_things.js', 1)")
    run(database, KNEX)
    assert database.sql(ROWS["knex"]) == "20251105_things.js|1"
