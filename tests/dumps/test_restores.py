"""Restore tests and restores as their pods make them, of backups good and bad."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dumps.bucket import Locked
from tests.dumps.case import Case
from tests.dumps.live import Server
from tests.shared import kept


@pytest.fixture
def case(folder: Path, server: Server, locked: Locked) -> Case:
    """With one good backup, which is made once a run."""
    made = Case(folder, server, locked)

    def backed_up() -> dict[str, bytes]:
        assert made.back_up().code == 0
        return {key: locked.get(key) for key in locked.files()}

    for key, body in kept("a good backup of the live database", backed_up).items():
        locked.put(key, body)
    return made


def assert_failed(case: Case, step: str, detail: str) -> None:
    ended = case.test()
    assert ended.code != 0
    assert ended.output.count("\n") == 1, ended.output
    assert (ended.line["step"], ended.line["status"]) == (step, "failed"), ended.output
    assert detail in ended.line["detail"], ended.line


def change(case: Case, **fields: Any) -> None:
    """The manifest, written as a backup writes it."""
    _, key = case.locked.files()
    manifest = {**case.locked.manifest(key), **fields}
    case.locked.put(key, f"{json.dumps(manifest, indent=2)}\n".encode())


def test_the_newest_backup_is_restored_and_counted(case: Case) -> None:
    ended = case.test()
    assert ended.code == 0, ended.output
    assert ended.name == "test"
    _, manifest = case.locked.files()
    tables = case.locked.manifest(manifest)["tables"]
    assert ended.line["detail"].endswith(f": {len(tables)} tables, {sum(tables.values())} rows")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (lambda body: b"", "the dump is empty"),
        (lambda body: body[:-1000], "the dump is truncated"),
        (lambda body: body[:5000] + bytes([body[5000] ^ 1]) + body[5001:], "the dump is corrupt"),
    ],
    ids=["empty", "truncated", "one-bit"],
)
def test_a_damaged_dump_is_reported(case: Case, change: Any, detail: str) -> None:
    """Each damage by its name."""
    dump, _ = case.locked.files()
    case.locked.put(dump, change(case.locked.get(dump)))
    assert_failed(case, "check", detail)


def test_a_stale_backup_is_reported(case: Case) -> None:
    """More than twenty-six hours old, by a second; one of a second less will do."""
    now = datetime.datetime(2027, 1, 15, 8, tzinfo=datetime.UTC)
    date = f'case $* in +%s) echo {now.timestamp():.0f} ;; *) exec date "$@" ;; esac'
    case = case.but(stand_ins={"date": date})
    oldest = now - datetime.timedelta(hours=26)
    change(case, taken_at=f"{oldest:%Y-%m-%dT%H:%M:%SZ}")
    assert case.test().code == 0
    old = f"{oldest - datetime.timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    change(case, taken_at=old)
    assert_failed(case, "fetch", f"the newest backup is stale: it is of {old}")


def test_a_manifest_of_another_database_is_reported(case: Case) -> None:
    change(case, database="expenses")
    assert_failed(case, "fetch", "the manifest is of another database: expenses")


def test_no_manifest_is_reported(case: Case) -> None:
    """A dump alone is none: its upload never ended."""
    dump, manifest = case.locked.files()
    case.locked.client.delete_object(Bucket=case.locked.name, Key=manifest, BypassGovernanceRetention=True)
    assert case.locked.files() == [dump]
    assert_failed(case, "fetch", "there is no manifest")


def test_no_backup_at_all_is_reported(case: Case) -> None:
    assert_failed(case.but(database="elsewhere"), "fetch", "there is no manifest")


def test_a_manifest_without_its_dump_is_reported(case: Case) -> None:
    dump, _ = case.locked.files()
    case.locked.client.delete_object(Bucket=case.locked.name, Key=dump, BypassGovernanceRetention=True)
    assert_failed(case, "fetch", "the dump is missing beside its manifest")


def test_other_row_counts_are_reported(case: Case) -> None:
    """A dump that restores, of a manifest that says otherwise."""
    _, manifest = case.locked.files()
    change(case, tables={**case.locked.manifest(manifest)["tables"], "public.nothing": 7})
    assert_failed(case, "compare", 'the dump should hold "public.nothing": 7')


def test_a_restore_leaves_the_live_database_alone(folder: Path, server: Server, locked: Locked) -> None:
    """A new database beside it, with its rows, its owner and its grants; renamed, it takes its place."""
    server.make("orders")
    case = Case(folder, server, locked, database="orders")
    assert case.back_up().code == 0
    server.sql("orders", "DELETE FROM items WHERE id > 100")
    roles = "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'orders%'"
    before = server.sql("postgres", roles)
    ended = case.restore()
    assert server.sql("postgres", roles) == before
    assert ended.code == 0, ended.output
    found = re.search(r"into (orders_restored_\d{12}): 4 tables, 20005 rows", ended.line["detail"])
    assert found, ended.output
    assert (server.rows("orders", "items"), server.rows(found[1], "items")) == (100, 20000)
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert server.sql(found[1], owners) == "orders_owner"
    switch = re.findall(r"ALTER DATABASE .*;", ended.output)
    assert len(switch) == 2
    server.sql("postgres", "\n".join(switch))
    assert server.sql("orders", "INSERT INTO items (name) VALUES ('new') RETURNING name", user="orders_app") == "new"
    assert server.sql("orders", "SELECT count(*) FROM items", user="orders_backup") == "20001"


EVERYTHING = """
CREATE SCHEMA app;
CREATE EXTENSION "uuid-ossp" WITH SCHEMA app;
CREATE EXTENSION citext;
CREATE TABLE app.tenants (id uuid PRIMARY KEY DEFAULT app.uuid_generate_v4(), name citext, document oid);
INSERT INTO app.tenants (name, document) VALUES ('one', lo_from_bytea(0, 'by the owner'));
ALTER TABLE app.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.tenants TO {name}_app USING (name = current_setting('app.tenant', true));
"""
"""What an owner may make besides plain tables: a schema, extensions, rows that roles do not see, large objects."""


@pytest.mark.parametrize("bypasses", [True, False], ids=["administrator-may", "policies"])
def test_whatever_an_owner_makes_is_backed_up_and_comes_back(
    bypasses: bool, folder: Path, server: Server, locked: Locked
) -> None:
    """With rights for the application, where the administrator can let backups see past row-level security or not."""
    name = f"tenants{bypasses}".lower()
    server.make(name, "SELECT")
    if not bypasses:
        server.sql("postgres", f"ALTER ROLE {name}_backup NOBYPASSRLS")
    server.sql(name, EVERYTHING.format(name=name), f"{name}_owner")
    app = f"{name}_app"
    server.sql(
        name,
        "SET app.tenant = 'two'; INSERT INTO app.tenants (name, document) VALUES ('two', lo_from_bytea(0, 'x'))",
        app,
    )
    case = Case(folder, server, locked, database=name)
    backed_up = case.back_up()
    assert backed_up.code == 0, backed_up.output
    _, manifest = case.locked.files()
    assert case.locked.manifest(manifest)["tables"] == {"app.tenants": 2, "large objects": 2}
    tested, restored = case.test(), case.restore()
    assert tested.code == 0, tested.output
    assert restored.code == 0, restored.output
    found = re.search(rf"into ({name}_restored_\d{{12}}): 1 tables, 2 rows", restored.line["detail"])
    assert found, restored.output
    seen = "SET app.tenant = 'two'; SELECT name, convert_from(lo_get(document), 'UTF8') FROM app.tenants"
    assert server.sql(found[1], seen, app) == "two|x"
    assert server.sql(found[1], "SELECT count(lo_unlink(oid)) FROM pg_largeobject_metadata", app) == "2"


def test_a_restore_is_of_the_time_it_is_asked_for(folder: Path, server: Server, locked: Locked) -> None:
    """The newest backup that was there by then."""
    server.make("visits", "CREATE TABLE seen (id int)")
    case = Case(folder, server, locked, database="visits")
    first = "2026-11-05T02:17:00Z"
    at_first = {"date": f'exec date --date={first} "$@"'}
    assert case.but(stand_ins=at_first).back_up().code == 0
    server.sql("visits", "INSERT INTO seen VALUES (1)", user="visits_app")
    assert case.but(stand_ins={"date": 'exec date --date=2026-11-05T02:17:01Z "$@"'}).back_up().code == 0
    ended = case.restore(at=first)
    assert f"the dump of {first}" in ended.line["detail"], ended.output
    assert "1 tables, 0 rows" in ended.line["detail"]
    assert "there is no manifest as old as" in case.restore(at="2020-01-01T00:00:00Z").line["detail"]
    assert "not a time such as" in case.restore(at="yesterday").line["detail"]


def test_a_second_restore_in_the_same_minute_is_refused(folder: Path, server: Server, locked: Locked) -> None:
    """It never restores into what is there."""
    server.make("twice", "CREATE TABLE seen (id int)")
    date = 'case $2 in +%Y%m%d%H%M) echo 202611050130 ;; *) exec date "$@" ;; esac'
    case = Case(folder, server, locked, database="twice", stand_ins={"date": date})
    assert case.back_up().code == 0
    assert case.restore().code == 0
    assert case.restore().line["detail"] == "twice_restored_202611050130 exists already"
    assert server.rows("twice_restored_202611050130", "seen") == 0
