"""The SQL migrations of the five systems, each on a real PostgreSQL in order."""

from __future__ import annotations

import pytest

from components.system.migrations.manifests import sql_files
from components.system.migrations.manifests.job import MigrationJob
from slipway.settings import migration_sql
from slipway.settings.releases import Query
from tests.migrations import fresh_databases
from tests.migrations.fresh_databases import ROOT, SYSTEMS, Database
from tests.migrations.server import Server

SEEDS = fresh_databases.seeds()
IMPOSSIBLE = Query(name="what never holds", sql="SELECT 1", equals=2)


def failing(job: MigrationJob) -> MigrationJob:
    """The same with one more check that does not hold."""
    verification = [*job.migration.verification, IMPOSSIBLE]
    migration = job.migration.model_copy(update={"verification": verification})
    assert job.files is not None
    return fresh_databases.job(migration, job.files.sql, job.files.rollback)


def changed(job: MigrationJob) -> MigrationJob:
    assert job.files is not None
    return fresh_databases.job(job.migration, job.files.sql + "\n-- changed\n", job.files.rollback)


@pytest.mark.parametrize(("system", "name"), SEEDS, ids=lambda value: str(value))
def test_each_is_made_once_and_taken_back(system: str, name: str, postgres: Server) -> None:
    """Fails without a trace, is made, made no second time, refused when changed, taken back, made again."""
    database = fresh_databases.database(postgres, system)
    for declared in fresh_databases.declared(system, name):
        job = fresh_databases.seed(system, declared, database)
        _fails_without_a_trace(database, job)
        _is_made_once(database, job)
        _is_taken_back(database, job)


def _fails_without_a_trace(database: Database, job: MigrationJob) -> None:
    whole = job.migration.transactional
    before = database.state(ledger=whole)
    done = database.container(failing(job)).run()
    assert done.status == 1, done.output
    (failed,) = [line for line in done.lines if line["status"] == "failed"]
    assert failed["step"] == "verification"
    assert failed["detail"] == 'verification "what never holds": found 1, expected 2'
    assert database.state(ledger=whole) == before
    assert f"{job.migration.name} applied" not in database.ledger()


def _is_made_once(database: Database, job: MigrationJob) -> None:
    done = database.container(job).run()
    assert done.status == 0, done.output
    assert done.last["step"] == "record"
    made = database.state()
    again = database.container(job).run()
    assert (again.status, again.last["detail"]) == (0, "nothing to do")
    refused = database.container(changed(job)).run()
    assert refused.status == 3
    assert "already applied with checksum" in refused.last["detail"]
    assert database.state() == made


def _is_taken_back(database: Database, job: MigrationJob) -> None:
    made = database.state()
    back = database.container(job).run(MODE="rollback")
    assert back.status == 0, back.output
    assert f"{job.migration.name} applied" not in database.ledger()
    second = database.container(job).run(MODE="rollback")
    assert (second.status, second.last["detail"]) == (0, "nothing to do")
    taken = database.state()
    assert taken != made
    assert database.container(job).run().status == 0
    assert database.state() == made
    assert database.container(job).run(MODE="rollback").status == 0
    assert database.state() == taken
    assert database.container(job).run().status == 0


@pytest.mark.parametrize(("system", "name"), SEEDS, ids=lambda value: str(value))
def test_a_rollback_leaves_what_was_before(system: str, name: str, postgres: Server) -> None:
    """All of a database's migrations, then all of their rollbacks: an equal schema and equal rows."""
    database = fresh_databases.database(postgres, system)
    before = database.state()
    jobs = [fresh_databases.seed(system, declared, database) for declared in fresh_databases.declared(system, name)]
    for job in jobs:
        done = database.container(job).run()
        assert done.status == 0, done.output
    for job in reversed(jobs):
        done = database.container(job).run(MODE="rollback")
        assert done.status == 0, done.output
    assert database.state(ledger=False) == before
    assert database.ledger() == []


def test_every_system_is_here() -> None:
    """Four by SQL; smartwallet's is a program."""
    assert {system for system, _ in SEEDS} == {"fleet", "expenses", "kingstons", "marketplace"}
    assert [each.command is not None for each in SYSTEMS["smartwallet"].migrations] == [True]


def test_a_condition_that_does_not_hold_is_remembered(postgres: Server) -> None:
    """Categories that people made stay as they are, and a rollback does not take them."""
    database = fresh_databases.database(postgres)
    first, _, third = fresh_databases.declared("expenses", "expenses")
    assert database.container(fresh_databases.seed("expenses", first)).run().status == 0
    database.as_owner("INSERT INTO expense_categories (name, emoji) VALUES ('Travel', 'x')")
    seed = database.container(fresh_databases.seed("expenses", third))
    skipped = seed.run()
    assert (skipped.status, skipped.steps("skipped")) == (0, ["condition"])
    assert database.ledger() == ["001-expense-accounts applied", "003-categories skipped"]
    assert seed.run().last["detail"] == "nothing to do"
    assert seed.run(MODE="rollback").steps("skipped") == ["rollback"]
    assert database.sql("SELECT count(*) FROM expense_categories") == "1"
    assert database.ledger() == ["001-expense-accounts applied"]


def test_the_seeds_files_are_accepted() -> None:
    """None controls its transaction; every concurrent index may be made again."""
    for system, name in SEEDS:
        for declared in fresh_databases.declared(system, name):
            found = sql_files.read(ROOT / "systems" / system, declared)
            assert len(migration_sql.indexes(found.sql)) == 14 or declared.transactional


def test_backups_may_read_the_ledger(postgres: Server) -> None:
    """Else the nightly dump, which reads every schema, would fail."""
    database = fresh_databases.database(postgres)
    first, *_ = fresh_databases.declared("expenses", "expenses")
    assert database.container(fresh_databases.seed("expenses", first)).run().status == 0
    reads = f"SET ROLE {database.name}_backup; SELECT name FROM slipway.migrations"
    assert database.sql(reads) == "001-expense-accounts"
