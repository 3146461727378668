"""What declared queries, comparisons and triggers accept, and how they say what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from components.system.migrations.manifests.sql_checks import quoted
from slipway.settings.migration_sql import query_fault
from slipway.settings.releases import Comparison, Migration, Query, Trigger
from tests.migrations import fresh_databases
from tests.migrations.container import Done, ended
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server
from tests.processes import until


@pytest.fixture(scope="module")
def database(postgres: Server) -> Database:
    made = fresh_databases.database(postgres)
    made.as_owner("CREATE TABLE things (id integer, size numeric); INSERT INTO things VALUES (1, 10.5), (2, NULL);")
    return made


def made(database: Database, sql: str = "SELECT 1;", **declared: Any) -> Done:
    """And taken back at once where it was made."""
    migration = Migration(name="checks", database="things", **declared)
    done = database.container(fresh_databases.job(migration, sql)).run()
    if database.ledger():
        database.as_owner("DELETE FROM slipway.migrations")
    return done


@pytest.mark.parametrize(
    "declared",
    [
        {"sql": "SELECT id FROM things", "rows": 2},
        {"sql": "SELECT id FROM things WHERE false", "rows": 0},
        {"sql": "SELECT 3.0", "equals": 3},
        {"sql": "SELECT '3'", "equals": 3},
        {"sql": "SELECT true", "equals": True},
        {"sql": "SELECT 0.1::double precision", "equals": 0.1},
        {"sql": "SELECT 'it''s $q$ \\ :here'", "equals": "it's $q$ \\ :here"},
        {"sql": "SELECT count(*) FROM things; -- with a remark", "between": [1.0, 2.0]},
        {"sql": "WITH t AS (SELECT 1) SELECT * FROM t", "equals": 1},
        {"sql": "SELECT 1 FROM things"},
    ],
    ids=str,
)
def test_a_check_that_holds(declared: dict[str, Any], database: Database) -> None:
    """Rows, a value, a range."""
    assert made(database, verification=[Query(name="it's :one", **declared)]).status == 0


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"sql": "SELECT id FROM things", "rows": 1}, "found 2 rows, expected 1"),
        ({"sql": "SELECT 3", "equals": 4}, "found 3, expected 4"),
        ({"sql": "SELECT NULL", "equals": "x"}, "found NULL, expected x"),
        ({"sql": "SELECT id FROM things", "equals": 1}, "found 2 rows of 1 columns, expected a single value"),
        ({"sql": "SELECT 1, 2", "equals": 1}, "found 1 rows of 2 columns, expected a single value"),
        ({"sql": "SELECT 1 WHERE false", "equals": 1}, "found 0 rows of 0 columns, expected a single value"),
        ({"sql": "SELECT 5", "between": [1.0, 2.0]}, "found 5, expected from 1.0 to 2.0"),
        ({"sql": "SELECT 'x'", "between": [1.0, 2.0]}, "found x, expected from 1.0 to 2.0"),
        ({"sql": "SELECT repeat('x', 9999)", "equals": 1}, f"found {'x' * 80}, expected 1"),
        ({"sql": "SELECT nothing"}, 'column "nothing" does not exist'),
        ({"sql": "DELETE FROM things RETURNING id"}, "cannot execute DELETE in a read-only transaction"),
    ],
    ids=str,
)
def test_a_check_that_does_not_hold(declared: dict[str, Any], found: str, database: Database) -> None:
    """The line names it, and what was found and expected, never more of a row than a few characters."""
    done = made(database, verification=[Query(name="the check", **declared)])
    assert (done.status, done.last["step"]) == (1, "verification")
    assert found in done.last["detail"]
    assert '"the check"' in done.last["detail"]


@pytest.mark.parametrize(
    ("after", "tolerance", "found"),
    [
        ("SELECT id AS renamed, size FROM things ORDER BY id", 0.0, None),
        ("SELECT id, size + 0.005 FROM things ORDER BY id", 0.01, None),
        ("SELECT id, size + 0.02 FROM things ORDER BY id", 0.01, "row 1, column 2: found 10.52, expected 10.5"),
        ("SELECT id, coalesce(size, 0) FROM things ORDER BY id", 9.0, "row 2, column 2: found 0, expected NULL"),
        ("SELECT id FROM things ORDER BY id", 0.0, "row 1, column 2: found NULL, expected 10.5"),
        ("SELECT id, size, 1 FROM things ORDER BY id", 0.0, "row 1, column 3: found 1, expected NULL"),
        ("SELECT id, size FROM things ORDER BY id LIMIT 1", 0.0, "found 1 rows, expected 2"),
        ("SELECT id, size FROM things UNION ALL SELECT 3, 3 ORDER BY id", 0.0, "found 3 rows, expected 2"),
        ("SELECT id, size::text FROM things ORDER BY id", 0.0, None),
    ],
)
def test_answers_are_compared_by_position(after: str, tolerance: float, found: str | None, database: Database) -> None:
    """Numbers within the tolerance; NULL equals NULL alone; as many rows."""
    before = "SELECT id, size FROM things ORDER BY id"
    if "::text" in after:
        before = before.replace("size", "size::text", 1)
    comparison = Comparison(name="things", before=before, after=after, tolerance=tolerance)
    done = made(database, baseline=[comparison])
    assert done.status == (0 if found is None else 1), done.output
    assert found is None or found in done.last["detail"]


def test_the_log_shows_numbers_from_before_and_no_rows(database: Database) -> None:
    """One row of numbers is shown, as a runbook writes it down; rows are counted, for they may be personal."""
    numbers = Comparison(name="count and sum", before="SELECT count(*), sum(size) FROM things")
    rows = Comparison(name="rows", before="SELECT id, size FROM things")
    text = Comparison(name="text", before="SELECT 'somebody'")
    none = Comparison(name="none", before="SELECT id FROM things WHERE false")
    done = made(database, baseline=[numbers, rows, text, none])
    assert done.status == 0, done.output
    shown = [line["detail"] for line in done.lines if line["step"] == "baseline"]
    assert shown == ["count and sum: 2, 10.5", "rows: 2 rows", "text: 1 rows", "none: 0 rows"]


def test_what_others_write_meanwhile_is_no_difference(database: Database) -> None:
    """Both answers are of one snapshot."""
    comparison = Comparison(name="count", before="SELECT count(*) FROM others")
    database.as_owner("CREATE TABLE others (id integer)")
    migration = Migration(name="checks", database="things", baseline=[comparison])
    with database.container(fresh_databases.job(migration, database.closes_gate())).started() as process:
        until(database.at_gate)
        database.as_owner("INSERT INTO others VALUES (1)")
        database.opens_gate()
        assert ended(process).status == 0
    database.as_owner("DELETE FROM slipway.migrations; DROP TABLE others; DROP SEQUENCE gate")


def test_a_trigger_that_does_not_act_fails(database: Database) -> None:
    """And one that acts leaves nothing of its statement."""
    statement = "INSERT INTO things VALUES (3, 1); UPDATE things SET size = 2 WHERE id = 3"
    acts = Trigger(name="acts", statement=statement, check="SELECT size = 2 FROM things WHERE id = 3")
    assert made(database, triggers=[acts, acts]).status == 0
    assert database.sql("SELECT count(*) FROM things") == "2"
    idle = acts.model_copy(update={"check": "SELECT size = 3 FROM things WHERE id = 3"})
    done = made(database, triggers=[acts, idle])
    assert (done.status, done.last["detail"]) == (1, 'trigger "acts": found false, expected true')


def test_triggers_are_tried_again_later(database: Database) -> None:
    """With nothing left of their statements; one that is gone by then fails."""
    database.as_owner(
        "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.size = 7; RETURN NEW; END';"
        "CREATE TRIGGER stamps BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION stamp()"
    )
    statement = "INSERT INTO things VALUES (3, 1); UPDATE things SET size = 2 WHERE id = 3"
    stamped = Trigger(name="stamps", statement=statement, check="SELECT size = 7 FROM things WHERE id = 3")
    declared = Migration(name="checks", database="things", triggers=[stamped])
    assert declared.is_verified_again
    container = database.container(fresh_databases.job(declared, "SELECT 1;"))
    assert container.run().status == 0
    done = container.run(MODE="verify")
    assert (done.status, done.last["step"], done.last["detail"]) == (0, "triggers", "1 trigger")
    assert database.sql("SELECT count(*) FROM things") == "2"
    database.as_owner("DROP TRIGGER stamps ON things")
    gone = container.run(MODE="verify")
    assert (gone.status, gone.last["detail"]) == (1, 'trigger "stamps": found false, expected true')
    database.as_owner("DROP FUNCTION stamp; DELETE FROM slipway.migrations")


def test_a_precondition_stops_it_before_anything(database: Database) -> None:
    """The file is never run."""
    done = made(database, sql="SELECT 1 / 0;", preconditions=[Query(name="no", sql="SELECT 1", equals=2)])
    assert (done.status, done.last["step"]) == (1, "preconditions")


def test_what_a_file_answers_is_not_printed(database: Database) -> None:
    """It may be rows; an error's row is not printed either."""
    assert "row-content" not in made(database, sql="SELECT 'row-content';").output
    database.as_owner("CREATE TABLE IF NOT EXISTS once (name text PRIMARY KEY)")
    done = made(database, sql="INSERT INTO once VALUES ('row-content'), ('row-content');")
    assert done.status == 1
    assert "row-content" not in done.output
    assert "23505" in done.last["detail"]


@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ("SELECT 1; -- a remark", True),
        ("TABLE things", True),
        ("VALUES (1), (2)", True),
        ("SHOW search_path", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("SELEC 1", False),
        ("SELECT 1; SELECT 2", False),
        ("-- nothing", False),
        ("DELETE FROM things RETURNING id", False),
        ("SELECT 1 INTO other", False),
        ("SELECT * FROM things FOR UPDATE", False),
        ("WITH a AS (DELETE FROM things RETURNING id) SELECT * FROM a", False),
    ],
)
def test_settings_refuse_what_the_server_refuses(query: str, answers: bool, database: Database) -> None:
    """A query of which `slipway check` says nothing is answered."""
    assert (query_fault(query) is None) is answers
    assert (made(database, verification=[Query(name="one", sql=query)]).status == 0) is answers


def test_quotes_never_end_early() -> None:
    """Whatever the text holds."""
    tag = quoted("$x$")[1:10]
    text = f"${tag}$ and ${tag}"
    assert quoted(text).split("$")[1] not in text
    assert quoted(text).count(text) == 1
