"""A migration that is killed at any point leaves the database as it was, and the next run ends well."""

from __future__ import annotations

import pytest

from components.system.migrations.manifests.job import MigrationJob
from slipway.settings.releases import Comparison, Migration, Query, Trigger
from tests.migrations import fresh_databases
from tests.migrations.container import ended, killed
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server
from tests.processes import until

SLEEP = "SELECT pg_sleep(600)"
LONG = Query(name="sleeps", sql=SLEEP)
SQL = "ALTER TABLE things RENAME COLUMN size TO length;\nCREATE TABLE more (id integer);\n"
ROLLBACK = "DROP TABLE more;\nALTER TABLE things RENAME COLUMN length TO size;\n"
TABLE = "CREATE TABLE things (id integer PRIMARY KEY, size integer); INSERT INTO things SELECT n, n FROM "
TABLE += "generate_series(1, 200) AS n;"
WHOLE = Migration(
    name="001-rename",
    database="things",
    preconditions=[Query(name="a table", sql="SELECT count(*) FROM things", equals=200)],
    condition=Query(name="none yet", sql="SELECT to_regclass('more') IS NULL", equals=True),
    baseline=[Comparison(name="sum", before="SELECT sum(size) FROM things", after="SELECT sum(length) FROM things")],
    verification=[Query(name="made", sql="SELECT count(*) FROM more", equals=0)],
    triggers=[Trigger(name="counts", statement="INSERT INTO more VALUES (1)", check="SELECT count(*) = 1 FROM more")],
    rollback_verification=[Query(name="gone", sql="SELECT to_regclass('more') IS NULL", equals=True)],
    rollback="rollback.sql",
)
PAUSES = {
    "preconditions": {"preconditions": [LONG]},
    "condition": {"condition": LONG},
    "baseline": {"baseline": [Comparison(name="sleeps", before=SLEEP)]},
    "migrate": {},
    "verification": {"verification": [LONG]},
    "triggers": {"triggers": [Trigger(name="sleeps", statement=SLEEP, check="SELECT true")]},
    "comparison": {"baseline": [Comparison(name="sleeps", before="SELECT 1", after=SLEEP)]},
}
INDEXES = "CREATE INDEX CONCURRENTLY IF NOT EXISTS things_size ON things (size);\n"
INDEXES += "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS things_both ON things (id, size);\n"
STEPS = Migration(
    name="002-indexes",
    database="things",
    transactional=False,
    rollback="rollback.sql",
    preconditions=[Query(name="no index", sql="SELECT to_regclass('things_size') IS NULL", equals=True)],
    verification=[Query(name="indexes", sql="SELECT count(*) FROM pg_indexes WHERE tablename = 'things'", equals=3)],
)
AWAY = "DROP INDEX CONCURRENTLY IF EXISTS things_size;\nDROP INDEX CONCURRENTLY IF EXISTS things_both;\n"
VALID = "SELECT count(*) FROM pg_index WHERE indrelid = 'things'::regclass AND indisvalid"


@pytest.fixture
def database(postgres: Server) -> Database:
    made = fresh_databases.database(postgres)
    made.as_owner(TABLE)
    return made


def sleeping(database: Database) -> bool:
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.name}' AND wait_event = 'PgSleep'"
    return database.server.sql(query) == "1"


def kill(database: Database, job: MigrationJob) -> None:
    """While it sleeps; the server learns of it within seconds."""
    with database.container(job).started() as process:
        until(lambda: sleeping(database))
        killed(process)
    until(lambda: database.sessions() == 0)


@pytest.mark.parametrize("step", PAUSES)
def test_killed_in_a_transaction(step: str, database: Database) -> None:
    """Nothing of it is left, and the very migration is then made."""
    before = database.state()
    long_sql = f"{SQL}{SLEEP};\n" if step == "migrate" else SQL
    kill(database, fresh_databases.job(WHOLE.model_copy(update=PAUSES[step]), long_sql, ROLLBACK))
    assert database.state() == before
    done = database.container(fresh_databases.job(WHOLE, SQL, ROLLBACK)).run()
    assert (done.status, done.last["step"]) == (0, "record"), done.output
    assert database.container(fresh_databases.job(WHOLE, SQL, ROLLBACK)).run().last["detail"] == "nothing to do"


@pytest.mark.parametrize("step", ["lock", "ledger", "preconditions", "migrate", "triggers", "comparison", "record"])
def test_killed_as_a_step_ends(step: str, database: Database) -> None:
    """At the line that reports it, wherever that is: as before or as after, and the next run ends well."""
    before = database.state(ledger=False)
    container = database.container(fresh_databases.job(WHOLE, SQL, ROLLBACK))
    with container.started() as process:
        assert process.stdout is not None
        for line in process.stdout:
            if f'"step" : "{step}"' in line:
                break
        killed(process)
    until(lambda: database.sessions() == 0)
    applied = database.ledger() == ["001-rename applied"]
    assert applied or database.state() == before
    assert applied or step != "record"
    done = container.run()
    assert (done.status, database.ledger()) == (0, ["001-rename applied"]), done.output
    assert container.run(MODE="rollback").status == 0
    assert database.state(ledger=False) == before


def test_killed_while_taken_back(database: Database) -> None:
    """It is still made, and can be taken back."""
    job = fresh_databases.job(WHOLE, SQL, ROLLBACK)
    assert database.container(job).run().status == 0
    made = database.state()
    slow = database.container(fresh_databases.job(WHOLE, SQL, f"{ROLLBACK}{SLEEP};\n"))
    with slow.started(MODE="rollback") as process:
        until(lambda: sleeping(database))
        killed(process)
    until(lambda: database.sessions() == 0)
    assert database.state() == made
    assert database.ledger() == ["001-rename applied"]
    assert database.container(job).run(MODE="rollback").status == 0


@pytest.mark.parametrize("where", ["before", "between", "verification"])
def test_killed_between_concurrent_indexes(where: str, database: Database) -> None:
    """The ledger says that it was started; the next run goes on, though its preconditions no longer hold."""
    job = fresh_databases.job(STEPS, INDEXES, AWAY)
    first, second = INDEXES.splitlines()
    if where == "before":
        slow = fresh_databases.job(STEPS.model_copy(update={"preconditions": [LONG]}), INDEXES, AWAY)
    elif where == "between":
        slow = fresh_databases.job(STEPS, f"{first}\n{SLEEP};\n{second}\n", AWAY)
    else:
        slow = fresh_databases.job(STEPS.model_copy(update={"verification": [LONG]}), INDEXES, AWAY)
    kill(database, slow)
    assert database.ledger() == ([] if where == "before" else ["002-indexes started"])
    done = database.container(job).run()
    assert done.status == 0, done.output
    assert done.steps("skipped") == ([] if where == "before" else ["preconditions"])
    assert database.sql(VALID) == "3"
    assert database.ledger() == ["002-indexes applied"]


def test_killed_in_the_middle_of_a_concurrent_index(database: Database) -> None:
    """Another session's transaction delays the build; the index that stays invalid is rebuilt."""
    container = database.container(fresh_databases.job(STEPS, INDEXES, AWAY))
    invalid = "SELECT count(*) FROM pg_index WHERE indrelid = 'things'::regclass AND NOT indisvalid"
    with fresh_databases.holding(database, "UPDATE things SET size = 0 WHERE id = 1"):
        with container.started() as process:
            until(lambda: database.sql(invalid) == "1")
            killed(process)
        until(lambda: database.sessions() == 1)
        assert database.sql(invalid) == "1"
    done = container.run()
    assert done.status == 0, done.output
    assert database.sql(VALID) == "3"


def test_an_invalid_index_is_dropped_and_made_again(database: Database) -> None:
    """One that a failed unique build left behind; IF NOT EXISTS alone would keep it."""
    database.as_owner("INSERT INTO things VALUES (201, 1)")
    left = "CREATE UNIQUE INDEX CONCURRENTLY things_size ON things (size);"
    failed = database.container(fresh_databases.job(STEPS, left.replace("LY", "LY IF NOT EXISTS"), None)).run()
    assert failed.status == 1
    assert database.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_size'::regclass") == "f"
    done = database.container(fresh_databases.job(STEPS, INDEXES, AWAY)).run()
    assert (done.status, "invalid-indexes" in done.steps("ok")) == (0, True), done.output
    assert database.sql(VALID) == "3"


def test_a_build_that_cannot_succeed_is_taken_back(database: Database) -> None:
    """Twice it comes out invalid; then its rollback leaves the schema as before."""
    before = database.state(ledger=False)
    database.as_owner("INSERT INTO things VALUES (201, 1)")
    sql = INDEXES.replace("things_both ON things (id, size)", "things_both ON things (size)")
    done = database.container(fresh_databases.job(STEPS, sql, AWAY)).run()
    assert (done.status, done.steps("waiting"), done.steps("failed")) == (1, ["migrate"], ["migrate"]), done.output
    assert "could not create unique index" in done.output
    assert database.state(ledger=False).schema == before.schema
    assert database.ledger() == []


def test_a_container_that_is_told_to_stop_says_so(database: Database) -> None:
    """Kubernetes sends SIGTERM first: one line, a status that is not 0, and nothing is left."""
    before = database.state()
    job = fresh_databases.job(WHOLE, f"{SQL}{SLEEP};\n", ROLLBACK)
    with database.container(job).started() as process:
        until(lambda: sleeping(database))
        process.terminate()
        done = ended(process)
    assert (done.status, done.last["step"], done.last["detail"]) == (143, "migrate", "told to stop")
    until(lambda: database.sessions() == 0)
    assert database.state() == before
