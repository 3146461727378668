"""Dumps from elsewhere, brought into a system's database as the pod of `slipway import-dump` does it."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from components.system.backups.manifests import script
from tests.dumps import programs
from tests.dumps.bucket import Locked
from tests.dumps.case import Case
from tests.dumps.live import SCHEMA, Server

KEY = "imports/shop.dump"
OLD = "hand_made"
"""The database of the hand-made system, with an owner of its own."""


@pytest.fixture(scope="session")
def old(server: Server) -> Server:
    server.sql("postgres", f"CREATE ROLE {OLD}_owner LOGIN SUPERUSER PASSWORD 'unused'; CREATE DATABASE {OLD}")
    server.sql(OLD, f"CREATE EXTENSION pg_trgm; SET ROLE {OLD}_owner; {SCHEMA}; GRANT SELECT ON items TO PUBLIC")
    server.sql(
        OLD, f'CREATE ROLE "Odd role"; GRANT SELECT ON items TO "Odd role"; GRANT SELECT ON items TO {OLD}_owner'
    )
    return server


def dump(server: Server, *options: str) -> bytes:
    command = [*programs.lowered(), "pg_dump", *options, OLD]
    environment = {"PATH": programs.path(), **server.login("admin", OLD)}
    return subprocess.run(command, env=environment, capture_output=True, check=True, cwd="/").stdout


@pytest.fixture
def case(folder: Path, old: Server, locked: Locked, numbered: Callable[[], int]) -> Case:
    """An empty database of a system."""
    name = f"shop{numbered()}"
    old.make(name, "SELECT")
    return Case(folder, old, locked, database=name)


FORMS = {
    "custom": ["--format=custom"],
    "plain": ["--format=plain"],
    "inserts": ["--inserts", "--rows-per-insert=500"],
    "column inserts": ["--format=custom", "--column-inserts", "--rows-per-insert=700"],
}


@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
def test_a_dump_takes_the_place_of_an_empty_database(case: Case, options: list[str]) -> None:
    """With its rows, its owner and its grants, as a restore has them; the roles of before are not missed."""
    content, name = dump(case.server, *options), case.database
    case.locked.put(KEY, content)
    ended = case.import_dump(KEY, sha256=hashlib.sha256(content).hexdigest())
    assert ended.code == 0, ended.output
    found = re.search(
        rf"imported into {name}: 3 tables, 20005 rows, .* is in ({name}_before_\d{{12}})", ended.line["detail"]
    )
    assert found, ended.output
    assert case.server.rows(name, "items") == 20000
    assert (
        case.server.sql(name, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        == f"{name}_owner"
    )
    assert case.server.sql(name, "INSERT INTO items (name) VALUES ('new') RETURNING name", user=f"{name}_app") == "new"
    (drop,) = re.findall(r"DROP DATABASE .*;", ended.output)
    case.server.sql("postgres", drop)


def test_data_is_not_replaced_without_a_word(case: Case) -> None:
    """And with it kept under another name."""
    case.locked.put(KEY, dump(case.server, "--format=custom"))
    owner = f"{case.database}_owner"
    case.server.sql(case.database, "CREATE TABLE mine (id int); INSERT INTO mine VALUES (1)", user=owner)
    ended = case.import_dump(KEY)
    assert (ended.code, ended.line["step"]) == (1, "check")
    assert f"{case.database} has data: 1 tables, 1 rows; pass --replace" in ended.line["detail"]
    assert case.server.rows(case.database, "mine") == 1
    ended = case.import_dump(KEY, replace=True)
    assert ended.code == 0, ended.output
    (before,) = re.findall(rf"is in ({case.database}_before_\d+)", ended.line["detail"])
    assert case.server.rows(before, "mine") == 1
    assert case.server.rows(case.database, "items") == 20000


def test_a_database_in_use_is_left_alone(case: Case) -> None:
    """What services write meanwhile would be lost."""
    case.locked.put(KEY, dump(case.server, "--format=custom"))
    owner = f"{case.database}_owner"
    case.server.sql(case.database, "CREATE TABLE items (id bigserial, name text)", user=owner)
    with case.server.writer(case.database):
        ended = case.import_dump(KEY, replace=True)
    assert ended.code == 1
    assert f"{case.database} is in use by {case.database}_app: stop the services first" in ended.line["detail"]


@pytest.mark.parametrize(
    ("options", "change", "detail"),
    [
        (["--inserts", "--on-conflict-do-nothing"], None, "the dump's statements pass over rows"),
        (["--format=custom", "--inserts", "--on-conflict-do-nothing"], None, "the dump's statements pass over rows"),
        (["--create"], None, "creates a database: make it without --create"),
        (["--schema-only"], None, "the dump has no rows"),
        ([], lambda text: text[: text.index(b"COPY public.items") + 5000], "the dump is truncated"),
        ([], lambda text: b"", "the dump is empty"),
        ([], gzip.compress, "is neither in the custom format of pg_dump nor plain SQL"),
        (
            [],
            lambda text: text.replace(b"PostgreSQL database dump", b"PostgreSQL database cluster dump"),
            "of pg_dumpall",
        ),
        (["--format=custom"], lambda content: content[:-5000], "pg_restore: error"),
    ],
    ids=["lost", "lost custom", "create", "schema", "truncated", "empty", "compressed", "dumpall", "torn"],
)
def test_what_cannot_be_checked_is_not_imported(
    case: Case, options: list[str], change: Callable[[bytes], bytes] | None, detail: str
) -> None:
    """Nothing is made of it, and the database is as it was."""
    content = dump(case.server, *options)
    case.locked.put(KEY, change(content) if change else content)
    ended = case.import_dump(KEY)
    assert (ended.code, ended.line["status"]) == (1, "failed"), ended.output
    assert detail in ended.line["detail"], ended.line
    assert case.server.sql("postgres", f"SELECT count(*) FROM pg_database WHERE datname LIKE '{case.database}%'") == "1"


@pytest.mark.parametrize(
    "options", [["--format=custom"], ["--format=plain"], FORMS["column inserts"]], ids=["custom", "plain", "inserts"]
)
def test_large_objects_come_too(case: Case, options: list[str]) -> None:
    """They are counted, and the application's: the next backup has them."""
    case.server.sql(OLD, "SELECT lo_from_bytea(0, 'receipt'), lo_create(0)")
    try:
        case.locked.put(KEY, dump(case.server, *options))
    finally:
        case.server.sql(OLD, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata")
    ended = case.import_dump(KEY)
    assert ended.code == 0, ended.output
    kept = "SELECT string_agg(convert_from(lo_get(oid), 'UTF8'), ',' ORDER BY oid) FROM pg_largeobject_metadata"
    assert case.server.sql(case.database, kept, user=f"{case.database}_app") == "receipt,"
    assert case.back_up().code == 0


def test_the_source_has_the_rows_of_the_dump(case: Case) -> None:
    """Else somebody wrote there after it, and nothing is imported."""
    case.locked.put(KEY, dump(case.server, "--format=custom"))
    counted = case.server.sql(OLD, script.texts()["rows.sql"])
    assert '"public.items": 20000' in counted.splitlines()
    ended = case.import_dump(KEY, rows=counted.replace("20000", "20001"))
    assert (ended.code, ended.line["step"]) == (1, "source")
    assert 'the source has other rows than the dump, see "public.items": 2000' in ended.line["detail"]
    ended = case.import_dump(KEY, rows=counted)
    assert ended.code == 0, ended.output


def test_other_rows_than_the_dump_has_are_reported(case: Case) -> None:
    """A restore that loses some: nothing takes the database's place."""
    case.locked.put(KEY, dump(case.server, "--format=custom"))
    ended = case.but(stand_ins={"pg_restore": LOSSY}).import_dump(KEY)
    assert ended.code == 1
    assert 'row counts differ: the dump should hold "public.items": 20000' in ended.line["detail"]
    assert f"{case.database} is untouched, and {case.database}_imported_" in ended.line["detail"]
    assert case.server.sql(case.database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"


LOSSY = """\
pg_restore "$@" || exit 1
case "$*" in
  *use-list=*/rest*)
    for word; do case $word in --dbname=*) database=${word#--dbname=} ;; esac; done
    psql --no-psqlrc --quiet --dbname="$database" --command='DELETE FROM public.items WHERE id = 1' ;;
esac
"""
"""A pg_restore that leaves a row out."""


def test_a_dump_that_is_not_what_was_sent_is_reported(case: Case) -> None:
    case.locked.put(KEY, b"other bytes")
    ended = case.import_dump(KEY, sha256="0" * 64)
    assert (ended.name, ended.code) == ("fetch", 1)
    assert f"{KEY} is not what was sent" in ended.line["detail"]
    ended = case.import_dump("imports/none.dump")
    assert f"there is no imports/none.dump in the bucket {case.locked.name}" in ended.line["detail"]
