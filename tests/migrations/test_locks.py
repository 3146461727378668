"""Two runs at once, locks of others, and a server that does not let the migration in."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from slipway.settings.releases import Migration, Query
from tests.migrations import fresh_databases
from tests.migrations.container import Done, ended, read_until
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server
from tests.processes import until

SQL = "ALTER TABLE things ADD COLUMN colour text;\n"
ROLLBACK = "ALTER TABLE things DROP COLUMN colour;\n"
ADDS = Migration(name="001-colour", database="things", lock_timeout="200ms", rollback="rollback.sql")
INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS things_size ON things (size);\n"
BUILDS = Migration(name="002-index", database="things", transactional=False)
READS = "SELECT count(*) FROM things"


@pytest.fixture
def database(postgres: Server) -> Database:
    made = fresh_databases.database(postgres)
    made.as_owner("CREATE TABLE things (id integer PRIMARY KEY, size integer);")
    return made


@pytest.mark.parametrize("transactional", [True, False])
def test_of_two_at_once_one_waits(transactional: bool, database: Database) -> None:
    """It is made once, and both end well."""
    job = fresh_databases.job(
        ADDS if transactional else BUILDS, database.closes_gate() + (SQL if transactional else INDEX)
    )
    with database.container(job).started() as one:
        until(database.at_gate)
        with database.container(job).started() as other:
            output = read_until(other, '"waiting"')
            database.opens_gate()
            first, second = ended(one), ended(other)
    assert (first.status, first.steps("waiting"), first.last["detail"]) == (0, [], "applied")
    assert (second.status, second.last["detail"]) == (0, "nothing to do")
    assert Done(0, output).steps("waiting") == ["lock"]


def test_migrations_that_start_at_once_make_one_ledger(database: Database) -> None:
    """Four different ones of a database that never had one."""
    jobs = [
        fresh_databases.job(Migration(name=f"00{each}", database="things"), f"CREATE TABLE t{each} (id integer);")
        for each in range(4)
    ]
    with ExitStack() as stack:
        started = [stack.enter_context(database.container(job).started()) for job in jobs]
        assert [ended(each).status for each in started] == [0, 0, 0, 0]
    assert len(database.ledger()) == 4


def test_one_that_waits_too_long_gives_up(database: Database) -> None:
    """With status 4, and no change."""
    slow = fresh_databases.job(ADDS, f"{database.closes_gate()}{SQL}")
    with database.container(slow).started() as first:
        until(database.at_gate)
        done = database.container(fresh_databases.job(BUILDS, INDEX)).run(WAIT_SECONDS="1")
        assert (done.status, done.last["step"]) == (4, "lock")
        database.opens_gate()
        assert ended(first).status == 0
    assert database.ledger() == ["001-colour applied"]


def test_a_long_transaction_delays_it(database: Database) -> None:
    """It asks again and again, each time for no longer than the lock timeout, and succeeds once the other has ended."""
    before = database.state()
    with ExitStack() as stack:
        with fresh_databases.holding(database, READS):
            container = database.container(fresh_databases.job(ADDS, SQL))
            process = stack.enter_context(container.started(TRIES="1000000", PAUSE_SECONDS="0"))
            output = read_until(process, '"waiting"')
            assert database.state() == before
        done = ended(process)
    assert done.status == 0, done.output
    waits = [line for line in Done(0, output).lines + done.lines if line["status"] == "waiting"]
    assert all("55P03" in line["detail"] and line["step"] == "migrate" for line in waits)


def test_a_transaction_without_end_makes_it_give_up(database: Database) -> None:
    """With status 4 after the tries it has, and everything as before."""
    before = database.state()
    with fresh_databases.holding(database, READS):
        done = database.container(fresh_databases.job(ADDS, SQL)).run(TRIES="3", PAUSE_SECONDS="0")
    assert (done.status, done.steps("waiting")) == (4, ["migrate", "migrate"])
    assert done.last["detail"].startswith("given up after 3 tries: 55P03")
    assert database.state() == before
    assert database.ledger() == []


def test_a_concurrent_build_waits_for_locks(database: Database) -> None:
    """Longer than the lock timeout: what it waits for is nobody's hindrance."""
    job = fresh_databases.job(BUILDS.model_copy(update={"lock_timeout": "100ms"}), INDEX)
    with ExitStack() as stack:
        with fresh_databases.holding(database, "UPDATE things SET size = 1"):
            process = stack.enter_context(database.container(job).started())
            until(database.waits_for_lock)
            database.sql("SELECT pg_sleep(0.5)")
            assert database.waits_for_lock()
        assert ended(process).status == 0


def test_a_statement_ends_with_the_timeout(database: Database) -> None:
    """And is no reason to try again."""
    job = fresh_databases.job(ADDS.model_copy(update={"timeout": "1s"}), f"{SQL}SELECT pg_sleep(60);\n")
    done = database.container(job).run()
    assert (done.status, done.steps("waiting"), done.last["step"]) == (1, [], "migrate")
    assert "57014" in done.last["detail"]


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("mode", ["apply", "rollback"])
def test_a_wrong_password_is_one_line(transactional: bool, mode: str, database: Database) -> None:
    """Which does not hold it."""
    job = fresh_databases.job(ADDS if transactional else BUILDS, SQL, ROLLBACK)
    done = database.container(job, password="wrong-canary-password").run(MODE=mode)
    assert (done.status, len(done.lines)) == (1, 1), done.output
    assert "password authentication failed" in done.last["detail"]
    assert "wrong-canary" not in done.output


@pytest.mark.parametrize("transactional", [True, False])
def test_a_server_out_of_reach_is_tried_again(transactional: bool, database: Database) -> None:
    """Then it is given up with status 5."""
    job = fresh_databases.job(ADDS if transactional else BUILDS, SQL)
    done = database.container(job).run(PGPORT="1", TRIES="2", PAUSE_SECONDS="0")
    assert (done.status, len(done.steps("waiting")), len(done.lines)) == (5, 1, 2), done.output
    assert "refused" in done.last["detail"]


def test_a_session_that_the_server_ends_is_retried(database: Database) -> None:
    """As in a failover: the whole transaction once more."""
    job = fresh_databases.job(ADDS, f"{database.closes_gate()}{SQL}")
    with database.container(job).started() as process:
        until(database.at_gate)
        database.server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")
        database.opens_gate()
        done = ended(process)
    assert (done.status, len(done.steps("waiting"))) == (0, 1), done.output
    assert database.ledger() == ["001-colour applied"]


def test_without_a_rollback_file_there_is_no_way_back(database: Database) -> None:
    """Status 2, one line."""
    done = database.container(fresh_databases.job(ADDS, SQL)).run(MODE="rollback")
    assert (done.status, done.last["detail"]) == (2, "this migration declares no rollback file")


def test_a_secret_in_an_error_is_hidden(database: Database) -> None:
    """Even one that the migration itself writes."""
    query = Query(name="canary-7f3e9b-password", sql="SELECT 1", equals=2)
    done = database.container(fresh_databases.job(ADDS.model_copy(update={"verification": [query]}), SQL)).run()
    assert (done.status, done.last["detail"]) == (1, "hidden, for it held the password")
