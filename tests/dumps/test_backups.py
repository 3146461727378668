"""Backups as their pods make them, on a real server and a real bucket."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from tests.dumps import programs
from tests.dumps.bucket import Locked
from tests.dumps.case import Case
from tests.dumps.live import Server
from tests.dumps.pod_runner import Ended
from tests.processes import until

KEY = re.compile(r"fleet/\d{4}/\d\d/\d\d/fleet-\d{8}T\d{6}Z-[0-9a-f]{8}\.(dump|json)")


@pytest.fixture
def case(folder: Path, server: Server, locked: Locked) -> Case:
    return Case(folder, server, locked)


def failed(ended: Ended, case: Case, *, step: str, detail: str) -> None:
    """One line says where and why, and nothing is in the bucket."""
    assert ended.code != 0
    assert ended.output.count("\n") == 1, ended.output
    line = ended.line
    assert (line["backup"], line["step"], line["status"]) == (case.database, step, "failed"), line
    assert detail in line["detail"], line
    assert case.locked.files() == []


def test_a_backup_holds_what_the_snapshot_held(case: Case, folder: Path) -> None:
    """While another session writes: the manifest's counts are those of the dump, not those of a moment later."""
    begun = case.server.rows("fleet", "items")
    with case.server.writer("fleet"):
        until(lambda: case.server.rows("fleet", "items") > begun, "the other session writes")
        before = case.server.rows("fleet", "items")
        ended = case.back_up()
        then = case.server.rows("fleet", "items")
        until(lambda: case.server.rows("fleet", "items") > then, "the other session writes on")
    assert ended.code == 0, ended.output
    assert ended.line["status"] == "ok"
    dump, manifest = case.locked.files()
    assert KEY.fullmatch(dump)
    assert manifest == dump.replace(".dump", ".json")
    content, manifest_of = case.locked.get(dump), case.locked.manifest(manifest)
    assert manifest_of["database"] == "fleet"
    assert (manifest_of["size"], manifest_of["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest_of["server_version"] == case.server.sql("fleet", "SHOW server_version")
    assert manifest_of["tool_version"].startswith("pg_dump (PostgreSQL) ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest_of["taken_at"])
    tables = dict(manifest_of["tables"])
    assert before <= tables.pop("public.items") <= then
    odd = 'public.Odd "name" \\ of: a, table'
    assert tables == {odd: 2, "public.nothing": 0, "public.days_2026": 3}
    assert case.test().line["status"] == "ok"


def test_a_second_backup_stands_beside_the_first(case: Case) -> None:
    """Though it is of the same second: nothing is written over and nothing is deleted."""
    frozen = case.but(stand_ins={"date": 'exec date --date=2026-11-05T02:17:00Z "$@"'})
    assert frozen.back_up().code == 0
    assert frozen.back_up_for_a_migration().code == 0
    assert len(case.locked.files()) == case.locked.versions() == 4
    assert all("/2026/11/05/fleet-20261105T021700Z-" in key for key in case.locked.files())


def test_a_database_without_tables_has_a_backup(case: Case) -> None:
    """A system's first night."""
    case.server.make("bare", "SELECT 1")
    bare = case.but(database="bare")
    assert bare.back_up().code == 0
    assert "0 tables, 0 rows" in bare.test().line["detail"]


@pytest.mark.parametrize(
    ("entries", "detail"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"port": "1"}, "Connection refused"),
        ({"name": "other"}, "the login is for another database: other"),
    ],
    ids=["password", "port", "name"],
)
def test_a_wrong_login_is_reported(case: Case, entries: dict[str, str], detail: str) -> None:
    wrong = case.but(changed={"fleet-backup": entries}, stand_ins={"sleep": "exit 0"})
    failed(wrong.back_up(), case, step="connect", detail=detail)


def test_a_server_that_is_away_for_a_moment_is_waited_for(case: Case) -> None:
    """Its name is not found twice, and then it is."""
    tries = case.folder / "work" / "tries"
    psql = f"""
echo >>{tries}
[ "$(wc -l <{tries})" -gt 2 ] && exec psql "$@"
echo 'psql: error: could not translate host name "db" to address: Temporary failure in name resolution' >&2
exit 2
"""
    away = case.but(stand_ins={"psql": psql, "sleep": "exit 0"})
    ended = away.back_up()
    assert ended.line["status"] == "ok", ended.line


def test_a_database_that_is_not_there_is_reported(case: Case) -> None:
    absent = case.but(database="absent", changed={"absent-backup": {"user": "fleet_backup"}})
    failed(absent.back_up(), absent, step="connect", detail='database "absent" does not exist')


@pytest.mark.parametrize(
    ("pg_dump", "step", "detail"),
    [
        ('for word; do case $word in --file=*) : >"${word#--file=}" ;; esac; done', "dump", "the dump is empty"),
        (
            'pg_dump "$@"; for word; do case $word in --file=*) truncate -s 20000 "${word#--file=}" ;; esac; done',
            "verify",
            "pg_restore: error:",
        ),
        ('echo "pg_dump: error: it broke" >&2; exit 1', "dump", "pg_dump: error: it broke"),
        ("kill -9 $$", "dump", "Killed"),
        ('exec pg_dump "$@" --exclude-table-data=public.items', "verify", '"public.items": '),
        ('exec pg_dump "$@" --exclude-table=nothing', "verify", '"public.nothing": 0'),
    ],
    ids=["empty", "truncated", "failing", "killed", "without-rows", "without-a-table"],
)
def test_a_bad_dump_is_never_uploaded(case: Case, pg_dump: str, step: str, detail: str) -> None:
    failed(case.but(stand_ins={"pg_dump": pg_dump}).back_up(), case, step=step, detail=detail)


def test_a_table_that_cannot_be_restored_is_reported(case: Case) -> None:
    """Its rows no longer meet its own constraint: the dump is whole, and no backup."""
    case.server.make(
        "broken",
        """
        CREATE FUNCTION most() RETURNS int LANGUAGE sql AS 'SELECT 10';
        CREATE TABLE bounded (amount int CHECK (amount < most()));
        INSERT INTO bounded VALUES (5);
        CREATE OR REPLACE FUNCTION most() RETURNS int LANGUAGE sql AS 'SELECT 1';
        """,
    )
    broken = case.but(database="broken")
    failed(broken.back_up(), broken, step="verify", detail="bounded")


def test_a_table_that_the_role_may_not_read_is_reported(case: Case) -> None:
    case.server.make("closed", "CREATE TABLE closed (id int); REVOKE ALL ON closed FROM closed_backup")
    closed = case.but(database="closed")
    failed(closed.back_up(), closed, step="dump", detail="permission denied for table closed")


def test_rows_that_nobody_can_see_stop_a_backup(case: Case) -> None:
    """A dump without them would pass for one with all."""
    case.server.make("hidden", "CREATE TABLE hidden (id int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY")
    case.server.sql("hidden", "CREATE POLICY few ON hidden AS RESTRICTIVE USING (id < 3)", "hidden_owner")
    case.server.sql("postgres", "ALTER ROLE hidden_backup NOBYPASSRLS")
    hidden = case.but(database="hidden")
    failed(hidden.back_up(), hidden, step="dump", detail="row-level security hides rows of hidden from backups")
    case.server.sql("postgres", "ALTER ROLE hidden_backup BYPASSRLS")
    assert hidden.back_up().code == 0


def test_an_application_may_use_every_schema_and_not_the_ledger(case: Case) -> None:
    """Those that its owner makes after its roles were made."""
    case.server.make(
        "wide", "CREATE SCHEMA app; CREATE TABLE app.things (id serial); CREATE TABLE slipway.migrations ()"
    )
    assert case.server.sql("wide", "INSERT INTO app.things DEFAULT VALUES RETURNING id", "wide_app") == "1"
    case.server.make("wide", "SELECT")
    rights = "SELECT has_table_privilege('wide_app', 'slipway.migrations', privilege)"
    assert (
        case.server.sql("wide", f"{rights} FROM unnest('{{SELECT,INSERT,UPDATE,DELETE}}'::text[]) AS privilege")
        == "t\nf\nf\nf"
    )
    assert (
        case.server.sql("wide", "SELECT has_function_privilege('wide_app', 'slipway.share_with_backups()', 'EXECUTE')")
        == "f"
    )


@pytest.mark.parametrize(("room", "step"), [("256k", "dump"), ("12m", "verify")])
def test_a_full_disk_is_reported(case: Case, folder: Path, room: str, step: str) -> None:
    """While dumping, and while the dump is restored beside."""
    work = folder / "work"
    work.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(work)]
    if subprocess.run(mount, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        pytest.skip("not run: only root can mount a small disk")
    try:
        failed(case.back_up(), case, step=step, detail="No space left on device")
    finally:
        subprocess.run(["umount", str(work)], check=True)


def test_a_store_out_of_reach_is_reported(case: Case) -> None:
    """By an error that names the URL and not the key that signs it."""
    once = {"RCLONE_RETRIES": "1", "RCLONE_LOW_LEVEL_RETRIES": "1"}
    away = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{programs.free_port()}", **once}
    ended = case.but(changed={"object-store": away}).back_up()
    assert ended.name == "upload"
    failed(ended, case, step="upload", detail="ERROR : ")


def test_a_file_that_arrives_otherwise_is_reported(case: Case) -> None:
    """And its manifest never follows."""
    rclone = 'case $1 in lsf) echo "12 $(printf %032d 0)" ;; *) exec rclone "$@" ;; esac'
    ended = case.but(stand_ins={"rclone": rclone}).back_up()
    assert (ended.line["step"], ended.line["status"]) == ("upload", "failed")
    assert "the store holds 12 bytes" in ended.line["detail"]
    assert [key[-5:] for key in case.locked.files()] == [".dump"]
