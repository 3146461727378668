"""What the SQL of a migration may not hold, read as PostgreSQL reads it."""

from __future__ import annotations

import pytest

from slipway.settings import migration_sql, sql
from slipway.settings.migration_sql import Index


def faults(text: str, *, transactional: bool = True) -> list[tuple[int, str]]:
    return [(fault.line, fault.rule) for fault in migration_sql.faults(text, transactional=transactional)]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("BEGIN;\nSELECT 1;", 1, "BEGIN"),
        ("SELECT 1;\n\ncommit;", 3, "COMMIT"),
        ("SELECT 1;\n  -- remark\n  ROLLBACK;", 3, "ROLLBACK"),
        ("SELECT 1;\n/* a /* within */ a */\nEnd Work;", 3, "END"),
        ("START TRANSACTION;", 1, "START"),
        ("COMMIT AND CHAIN;", 1, "COMMIT"),
        ("SAVEPOINT a;", 1, "SAVEPOINT"),
        ("PREPARE TRANSACTION 'a';", 1, "PREPARE"),
        ("COMMIT/**/PREPARED 'a';", 1, "COMMIT"),
        ('SELECT 1 AS "a\'b"; COMMIT;', 1, "COMMIT"),
        ("SELECT E'\\''; COMMIT; SELECT '';", 1, "COMMIT"),
        ("SELECT '\\'; COMMIT; SELECT '';", 1, "COMMIT"),
        ("SELECT U&\"d\\0061t'a\", 'it'\n'''s'; COMMIT;", 2, "COMMIT"),
        ("SELECT $a$ $b$ $a$; COMMIT; SELECT $b$ $b$;", 1, "COMMIT"),
        ("SELECT 1 AS a$b$; COMMIT; SELECT 2 AS c$b$;", 1, "COMMIT"),
        ("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; COMMIT;", 1, "COMMIT"),
        ("CREATE TABLE a ();\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b);", 2, "CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY i;", 1, "CONCURRENTLY"),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE a;", 1, "REINDEX CONCURRENTLY"),
        ("REINDEX SCHEMA app;", 1, "REINDEX SCHEMA"),
        ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY;", 1, "DETACH PARTITION CONCURRENTLY"),
        ("VACUUM things;", 1, "VACUUM"),
        ("CLUSTER;", 1, "CLUSTER"),
        ("CREATE DATABASE other;", 1, "CREATE DATABASE"),
        ("ALTER SYSTEM SET work_mem = '1MB';", 1, "ALTER SYSTEM"),
        ("CREATE SUBSCRIPTION s CONNECTION 'a' PUBLICATION p;", 1, "SUBSCRIPTION"),
        ("DISCARD ALL;", 1, "DISCARD ALL"),
        ("COPY things FROM STDIN;", 1, "COPY FROM STDIN"),
        ("COPY things TO STDOUT;", 1, "COPY TO STDOUT"),
    ],
)
def test_what_is_refused_in_a_transaction(text: str, line: int, word: str) -> None:
    """However it is written, with its line."""
    (found,) = faults(text)
    assert found[0] == line
    assert word in found[1]


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("SELECT 1;\n\\! id", 2, "is a command of psql's, not SQL"),
        ("SELECT 'a' \\gexec", 1, "is a command of psql's, not SQL"),
        ('SELECT 1 AS "a--b" \\! echo "PW=$PGPASSWORD"', 1, "is a command of psql's, not SQL"),
        ("SELECT 'é', 1;\n\\i other.sql", 2, "is a command of psql's, not SQL"),
        ("COPY a FROM STDIN;\n1\tone\n\\.\n", 2, "is not SQL that PostgreSQL reads: syntax error"),
        ("SELECT :'name';", 1, "is not SQL that PostgreSQL reads: syntax error"),
        ("SELECT 1;\nSELEC 2;", 2, 'is not SQL that PostgreSQL reads: syntax error at or near "SELEC"'),
        ("SELECT 1;\nSELECT 'open", 2, "unterminated quoted string"),
        ("/* a /* b */ ; COMMIT;", 1, "unterminated /* comment"),
        ("", 1, "contains no statement"),
        ("-- nothing yet\n;;\n/* ; */", 1, "contains no statement"),
        (f"SELECT {'1 + ' * 5000}1;", 1, "nested too deep"),
    ],
)
def test_what_is_no_sql(text: str, line: int, rule: str) -> None:
    """psql's commands and variables, and a file without a statement."""
    (found,) = faults(text)
    assert found[0] == line
    assert rule in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN PERFORM 1; END; $$;",
        "SELECT 'COMMIT; BEGIN;'; -- COMMIT;\n/* ROLLBACK; */ SELECT E'\\'; COMMIT;';",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;\nSELECT 1;",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\nCOMMIT;\nEND;\n$body$;",
        "SELECT U&'d\\0061t' AS \"a\\b\", '\\d', $$\\!$$;",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;",
        "REINDEX (CONCURRENTLY false) TABLE a;",
        "ALTER TYPE state ADD VALUE 'gone';",
        "ANALYZE things; CLUSTER things; DISCARD TEMP; PREPARE p AS SELECT 1;",
        "CREATE SUBSCRIPTION s CONNECTION 'a' PUBLICATION p WITH (create_slot = false);",
        'CREATE INDEX "concurrently" ON a (b);\nSELECT 1 AS vacuum;',
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    """In bodies, texts, remarks and names, and what a transaction may hold after all."""
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (b);",
            (2, "needs IF NOT EXISTS, so that it can be retried: i"),
        ),
        ("CREATE INDEX CONCURRENTLY ON a (b);", (1, "needs a name")),
        ("BEGIN;\nSELECT 1;", (1, "begins a transaction that the file does not commit: add COMMIT")),
        ("BEGIN; COMMIT AND CHAIN;", (1, "begins a transaction that the file does not commit: add COMMIT")),
        ("BEGIN;\nSELECT 1;\nROLLBACK;", (3, "ROLLBACK would undo changes that are recorded as applied: remove it")),
        ("BEGIN;\nVACUUM;\nCOMMIT;", (2, "VACUUM cannot be in the transaction that begins in line 1")),
        ("COPY a FROM STDIN;", (1, "COPY FROM STDIN has no input here: use INSERT")),
    ],
)
def test_what_is_refused_statement_by_statement(text: str, found: tuple[int, str]) -> None:
    """What could not be made again, or would be recorded though it is not there."""
    assert faults(text, transactional=False) == [found]


def test_all_faults_of_a_file_are_reported() -> None:
    text = "BEGIN;\nVACUUM;\nCOPY a FROM STDIN;\nCOMMIT;"
    assert [line for line, _ in faults(text)] == [3, 1, 2, 4]


def test_indexes_are_named_as_postgresql_keeps_them() -> None:
    """With the table, and its schema where that is written."""
    text = (
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS One ON public.a (b);\n"
        'create index concurrently if not exists "T""wo" on "A" (b);\nCREATE INDEX ON a (b);'
    )
    assert migration_sql.indexes(text) == [Index("public", "a", "one"), Index(None, "A", 'T"wo')]
    assert faults(text, transactional=False) == []


def test_statements_are_cut_where_postgresql_cuts_them() -> None:
    """By bytes, without what stands between them."""
    text = "-- é; é\n/* ; /* ; */ */ SELECT 'é;' ;;\n\n  SELECT $$;$$ -- ; \n"
    found = sql.statements(text)
    assert [(each.text.strip(), each.line) for each in found] == [("SELECT 'é;'", 2), ("SELECT $$;$$ -- ;", 4)]
    content = text.encode()
    assert all(content[each.start :].startswith(each.text.encode()) for each in found)


def test_a_large_file_is_read_once() -> None:
    """Ten times the statements are found as well, and none of them twice."""
    text = "INSERT INTO a VALUES (1, 'it''s'); -- one\n"
    found = sql.statements(text * 5000)
    assert [found[0].line, found[-1].line, len(found)] == [1, 5000, 5000]
