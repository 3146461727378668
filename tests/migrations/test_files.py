"""What a SQL file may not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders.migrations import files
from settings.releases import Migration


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("BEGIN;\nSELECT 1;\nCOMMIT;", 1, "BEGIN"),
        ("SELECT 1;\n\ncommit;", 3, "COMMIT"),
        ("SELECT 1;\n  -- remark\n  ROLLBACK;", 3, "ROLLBACK"),
        ("START TRANSACTION;", 1, "START"),
        ("SAVEPOINT a;", 1, "SAVEPOINT"),
        ("CREATE TABLE a ();\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b);", 2, "CONCURRENTLY"),
        ("VACUUM things;", 1, "VACUUM"),
        ("SELECT 1;\n\\! id", 2, "command of psql"),
        ("SELECT 'a' \\gexec", 1, "command of psql"),
        ("COPY things FROM STDIN;", 1, "COPY"),
    ],
)
def test_what_is_refused_in_a_transaction(text: str, line: int, word: str) -> None:
    """With its line."""
    (found,) = list(files.faults(text, transactional=True))[:1]
    assert found[0] == line
    assert word in found[1]


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN PERFORM 1; END; $$;",
        "SELECT 'COMMIT; BEGIN;'; -- COMMIT;\n/* ROLLBACK; */ SELECT E'\\'; COMMIT;';",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END;\nSELECT 1;",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $body$\nBEGIN\nCOMMIT;\nEND;\n$body$;",
    ],
)
def test_what_only_looks_like_it(text: str) -> None:
    """In bodies, texts and remarks."""
    assert list(files.faults(text, transactional=True)) == []


def test_a_concurrent_index_may_be_made_again() -> None:
    """So it says IF NOT EXISTS; names are read as PostgreSQL keeps them."""
    good = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS public.One ON a (b);\ncreate index concurrently if not exists "T""wo" on a (b);'
    assert files.concurrent_indexes(good) == ["one", 'T"wo']
    assert list(files.faults(good, transactional=False)) == []
    (fault,) = files.faults("SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (b);", transactional=False)
    assert fault == (2, "needs IF NOT EXISTS, so that it may be made again: i")


def test_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    """The rollback too."""
    (tmp_path / "up.sql").write_text("SELECT 1;")
    (tmp_path / "down.sql").write_text("SELECT 1;\nEND;")
    migration = Migration(name="one", database="shop", sql="up.sql", rollback="down.sql")
    with pytest.raises(ValueError, match=rf"{tmp_path.name}/down.sql:2: END controls the transaction"):
        files.read(tmp_path, migration)
