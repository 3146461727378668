"""What the checks of a file might miss, the server and the script hold all the same."""

from __future__ import annotations

import pytest

from components.system.migrations.manifests import script
from components.system.migrations.manifests.job import MigrationJob
from slipway.settings.releases import Migration
from tests.migrations import fresh_databases
from tests.migrations.container import Done
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server

WHOLE = Migration(name="001-whole", database="things")
STEPS = Migration(name="002-steps", database="things", transactional=False)
TABLES = """
CREATE SCHEMA app;
CREATE TABLE app.o (n integer);
INSERT INTO app.o VALUES (1), (1), (2);
"""


@pytest.fixture
def database(postgres: Server) -> Database:
    made = fresh_databases.database(postgres)
    made.as_owner(TABLES)
    return made


def run(database: Database, migration: Migration, sql: str, **environment: str) -> Done:
    return database.container(fresh_databases.job(migration, sql)).run(**environment)


def unchecked(text: str) -> MigrationJob:
    """A Job of a file that no parser has read."""
    job = fresh_databases.job(WHOLE, "SELECT 1;")
    job.scripts["migration.sql"] = text
    known, now = script.checksum("SELECT 1;"), script.checksum(text.removesuffix("\n"))
    job.scripts["apply.sql"] = job.scripts["apply.sql"].replace(known, now)
    return job


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE half (); COMMIT; SELECT 1 / 0;",
        'CREATE TABLE half (); SELECT 1 AS "a\'b"; END; CREATE TABLE other ();',
        "CREATE TABLE half (); ROLLBACK; BEGIN;",
        "CREATE TABLE half (); DO $$ BEGIN COMMIT; END $$;",
        'SELECT 1 AS "a--b" \\! echo "PW=$PGPASSWORD"',
        "SELECT 1;\n\\! echo $PGPASSWORD >&2\n",
        "CREATE TABLE half (); SELECT :'slipway_migration';",
    ],
)
def test_nothing_ends_the_transaction_and_psql_reads_nothing(text: str, database: Database) -> None:
    """Files that nobody checked fail and leave nothing; no output holds the password."""
    before = database.state()
    done = database.container(unchecked(text)).run()
    assert (done.status, done.last["step"]) == (1, "migrate"), done.output
    assert database.state() == before
    assert database.ledger() == []


def test_text_reaches_the_server_as_it_is_written(database: Database) -> None:
    """What psql would read otherwise: its commands, variables and quotes; and a SELECT INTO at the end."""
    odd = "\\d :name :'name' :\"name\" \\\\ `id` $q$"
    text = f"CREATE TABLE odd (text text);\nINSERT INTO odd VALUES ($slip${odd}$slip$);\nSELECT * INTO more FROM odd -- é\n\n"
    assert run(database, WHOLE, text).status == 0
    assert database.sql("SELECT text FROM more") == odd
    assert run(database, STEPS, text.replace("odd", "even").replace("more", "less")).status == 0
    assert database.sql("SELECT text FROM less") == odd.replace("odd", "even")


@pytest.mark.parametrize("migration", [WHOLE, STEPS], ids=["whole", "steps"])
@pytest.mark.parametrize("mounted", ["CREATE TABLE evil ();", ""], ids=["another", "empty"])
def test_another_file_than_was_planned_is_not_run(migration: Migration, mounted: str, database: Database) -> None:
    """It would be recorded as what it is not."""
    job = fresh_databases.job(migration, "CREATE TABLE made ();")
    job.scripts["migration.sql"] = mounted
    before = database.state(ledger=False)
    done = database.container(job).run()
    assert (done.status, done.last["detail"]) == (1, "the mounted file is not the one that was planned"), done.output
    assert database.state(ledger=False) == before


def test_a_transaction_left_open_is_not_recorded(database: Database) -> None:
    """Its work is gone with the session."""
    done = run(database, STEPS, "BEGIN;\nCREATE TABLE half ();")
    assert (done.status, done.last["detail"]) == (1, "the file left a transaction open, so what it did was taken back")
    assert database.ledger() == ["002-steps started"]
    assert database.sql("SELECT to_regclass('half') IS NULL") == "t"


def test_a_transaction_within_a_file_of_steps_is_its_own(database: Database) -> None:
    """It may hold what belongs together, beside what no transaction may hold."""
    text = "BEGIN;\nCREATE TABLE one ();\nCREATE TABLE two ();\nCOMMIT;\nVACUUM app.o;"
    assert run(database, STEPS, text).status == 0
    assert database.sql("SELECT to_regclass('one') IS NOT NULL AND to_regclass('two') IS NOT NULL") == "t"


UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS o_n ON app.o (n);"


@pytest.mark.parametrize(
    "text",
    [
        UNIQUE,
        f"SET search_path TO app;\n{UNIQUE.replace('app.', '')}",
        "DO $$ BEGIN RAISE NOTICE 'x'; END $$;\n" + UNIQUE,
        "CREATE TABLE app.p (n integer) PARTITION BY RANGE (n);\n"
        "CREATE TABLE app.p1 PARTITION OF app.p FOR VALUES FROM (0) TO (9);\nCREATE INDEX p_n ON ONLY app.p (n);",
    ],
    ids=["schema", "search-path", "after-others", "partitioned"],
)
def test_an_invalid_index_is_never_recorded(text: str, database: Database) -> None:
    """Wherever it is, whoever asks."""
    done = run(database, STEPS, text)
    assert done.status == 1, done.output
    assert database.ledger() == ["002-steps started"]


def test_an_invalid_index_that_stands_already_is_not_taken_for_made(database: Database) -> None:
    """IF NOT EXISTS leaves it as it is: statement by statement it is dropped and built, in a transaction that is refused."""
    assert run(database, STEPS, UNIQUE).status == 1
    database.as_owner("DELETE FROM slipway.migrations")
    plain = UNIQUE.replace("CONCURRENTLY ", "")
    done = run(database, WHOLE, plain)
    assert (done.status, done.last["detail"]) == (1, "invalid, and so used by no query: index app.o_n")
    database.as_owner("DELETE FROM app.o; INSERT INTO app.o VALUES (1)")
    assert run(database, STEPS, UNIQUE).status == 0
    assert database.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.o_n'::regclass") == "t"


def test_an_invalid_index_of_before_hinders_nobody(database: Database) -> None:
    """It is another migration's matter."""
    assert run(database, STEPS, UNIQUE).status == 1
    database.as_owner("DELETE FROM slipway.migrations")
    other = STEPS.model_copy(update={"name": "003-other"})
    assert run(database, WHOLE, "CREATE TABLE made ();").status == 0
    assert run(database, other, "CREATE INDEX CONCURRENTLY IF NOT EXISTS o_m ON app.o (n);").status == 0


def test_a_ledger_of_before_is_extended(database: Database) -> None:
    assert run(database, WHOLE, "CREATE TABLE made ();").status == 0
    database.as_owner("ALTER TABLE slipway.migrations DROP COLUMN invalid_indexes")
    assert run(database, STEPS, "CREATE TABLE more ();").status == 0
    assert database.ledger() == ["001-whole applied", "002-steps applied"]
