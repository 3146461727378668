"""The content of a migration's container: one shell script, and the SQL generated from the declaration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from components.system.migrations.manifests import sql_checks
from components.system.migrations.manifests.sql_files import Files
from slipway.settings import migration_sql, sql
from slipway.settings.fields import seconds
from slipway.settings.releases import Migration, Query

SCRIPT = Path(__file__).with_name("migrate.sh").read_text(encoding="utf-8")
LIBRARY = Path(__file__).with_name("library.sql").read_text(encoding="utf-8")

_LOCK = """\
SELECT pg_try_advisory_lock(hashtextextended('slipway:' || current_database(), 0)) AS slipway_free \\gset
\\if :slipway_free
\\else
\\o verdict
\\qecho locked
\\o
\\q
\\endif
"""


def scripts(migration: Migration, files: Files) -> dict[str, str]:
    """Returns all files by name; migrations that cannot run in one transaction have additional ones."""
    generated = _in_a_transaction(migration, files) if migration.transactional else _in_steps(migration, files)
    own = {"migrate.sh": SCRIPT, "library.sql": LIBRARY, "migration.sql": files.sql}
    if migration.is_verified_again:
        generated["verify.sql"] = _verify(migration, files)
    if files.rollback is not None:
        own["rollback.sql"] = files.rollback
        generated["undo.sql"] = _undo(migration, files)
    return own | generated


def checksum(sql: str) -> str:
    """Returns the checksum of a migration in the ledger."""
    return hashlib.sha256(sql.encode()).hexdigest()


def _in_a_transaction(migration: Migration, files: Files) -> dict[str, str]:
    isolation = "REPEATABLE READ" if migration.baseline else "READ COMMITTED"
    lines = [
        *_head(migration, migration.lock_timeout),
        *_step(migration, "lock", [_LOCK]),
        f"BEGIN ISOLATION LEVEL {isolation};",
        *_ledger(migration, files),
        *_before(migration, files),
        "SELECT pg_temp.slipway_unusable() AS slipway_known \\gset",
    ]
    if migration.baseline:
        lines += [*_step_begins("baseline"), *sql_checks.recorded_baseline(migration.baseline)]
        lines += [_line(migration, "baseline", "ok", each) for each in sql_checks.shown(migration.baseline)]
    lines += _step(migration, "migrate", [*_at_once("migration.sql", files.sql), _valid(files.sql)])
    lines += _after(migration)
    if migration.baseline:
        compared = sql_checks.compared(migration.baseline)
        lines += _step(migration, "comparison", compared, _many(migration.baseline, "query"))
    lines += _step(
        migration,
        "record",
        [_record(migration, files, "applied"), *_journal_entry(migration, files), "COMMIT;"],
        "applied",
    )
    return {"apply.sql": _text(lines)}


def _in_steps(migration: Migration, files: Files) -> dict[str, str]:
    if migration.baseline:
        raise ValueError(f"{migration.source or migration.name}: 'baseline' needs one transaction")
    before = [
        *_head(migration, migration.lock_timeout),
        "BEGIN;",
        *_ledger(migration, files),
        "SELECT :'slipway_state' = 'started' AS slipway_resumed \\gset",
        "\\if :slipway_resumed",
        *_log_lines(migration, "preconditions", "skipped", "they held when it was started"),
        "\\else",
        *_before(migration, files),
        "\\endif",
        _record(migration, files, "started"),
        "COMMIT;",
        *_verdict("go"),
    ]
    after = [
        *_head(migration, migration.lock_timeout),
        "BEGIN;",
        *_after(migration),
        *_step(
            migration,
            "record",
            [_record(migration, files, "applied"), *_journal_entry(migration, files), "COMMIT;"],
            "applied",
        ),
    ]
    return {"before.sql": _text(before), "work.sql": _text(_work(migration, files)), "after.sql": _text(after)}


def _work(migration: Migration, of: Files) -> list[str]:
    known = (
        "SELECT coalesce(invalid_indexes, '{}') AS slipway_known FROM slipway.migrations"
        f" WHERE name = {sql_checks.quoted(migration.name)} \\gset"
    )
    own = f"pg_temp.slipway_invalid(pg_temp.slipway_unusable(), {_index_names(of.sql)})"
    drop = f"SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s', index::regclass) FROM {own} AS index \\gexec"
    return [
        *_head(migration, None),
        *_step(migration, "invalid-indexes", [drop]),
        *_step(migration, "migrate", _one_by_one("migration.sql", of.sql)),
        *_step(migration, "valid-indexes", [known, _valid(of.sql)]),
    ]


def _valid(sql: str) -> str:
    return f"CALL pg_temp.slipway_all_valid(:'slipway_known', {_index_names(sql)});"


def _index_names(sql: str) -> str:
    return sql_checks.quoted(json.dumps([index._asdict() for index in migration_sql.indexes(sql)]))


def _undo(migration: Migration, files: Files) -> str:
    """Returns the rollback: in its own transaction, or statement by statement while another session has the lock."""
    whole = migration.transactional
    assert files.rollback is not None
    body = (_at_once if whole else _one_by_one)("rollback.sql", files.rollback)
    queries = sql_checks.checks("rollbackVerification", migration.rollback_verification)
    lines = [
        *_head(migration, migration.lock_timeout if whole else None),
        *(_step(migration, "lock", [_LOCK]) if whole else []),
        *(["BEGIN;"] if whole else []),
        *_step_begins("ledger"),
        _state(migration, files),
        "SELECT :'slipway_state' = 'new' AS slipway_absent, :'slipway_state' = 'skipped' AS slipway_skipped \\gset",
        "\\if :slipway_absent",
        *_log_lines(migration, "ledger", "ok", "nothing to do"),
        "\\q",
        "\\endif",
        *_log_lines(migration, "ledger", "ok", None),
        "\\if :slipway_skipped",
        *_log_lines(migration, "rollback", "skipped", "it was never made"),
        "\\else",
        *_step(migration, "rollback", body),
        "\\endif",
        *([] if whole else ["BEGIN;"]),
        "\\if :slipway_skipped",
        "\\else",
        *(_step(migration, "rollbackVerification", queries, _many(queries, "check")) if queries else []),
        "\\endif",
        *_step(
            migration,
            "record",
            [
                f"DELETE FROM slipway.migrations WHERE name = {sql_checks.quoted(migration.name)};",
                *_untell_tool(migration),
                "COMMIT;",
            ],
            "removed",
        ),
    ]
    return _text(lines)


def _verify(migration: Migration, files: Files) -> str:
    """Returns the verification and triggers alone, which change nothing: for the time after the migration."""
    state = (
        f"SELECT pg_temp.slipway_state({sql_checks.quoted(migration.name)}, {sql_checks.quoted(checksum(files.sql))})"
    )
    queries = sql_checks.checks("verification", migration.verification)
    verified = _step(migration, "verification", queries, _many(queries, "check")) if queries else []
    acted = sql_checks.acted(migration.triggers)
    tried = _step(migration, "triggers", acted, _many(migration.triggers, "trigger")) if acted else []
    return _text(
        [
            *_head(migration, migration.lock_timeout),
            "BEGIN TRANSACTION READ ONLY;",
            *_step_begins("ledger"),
            f"{state} = 'skipped' AS slipway_skipped \\gset",
            "\\if :slipway_skipped",
            *_log_lines(migration, "ledger", "ok", "skipped by its condition"),
            "\\q",
            "\\endif",
            sql_checks.check("ledger", Query(name="it was applied", sql=state, equals="applied")),
            *_log_lines(migration, "ledger", "ok", None),
            *verified,
            "COMMIT;",
            *(["BEGIN;", *tried, "ROLLBACK;"] if tried else []),
        ]
    )


def _head(migration: Migration, lock_timeout: str | None) -> list[str]:
    """Returns the settings at the start. A concurrent index build has no lock timeout, because it waits for running
    transactions."""
    return [
        "\\set ON_ERROR_STOP on",
        f"\\set slipway_migration {migration.name}",
        "\\ir library.sql",
        f"SET statement_timeout = {_milliseconds(migration.timeout)};",
        f"SET lock_timeout = {0 if lock_timeout is None else _milliseconds(lock_timeout)};",
    ]


def _ledger(migration: Migration, files: Files) -> list[str]:
    return [
        *_step_begins("ledger"),
        "CALL pg_temp.slipway_make_ledger();",
        _state(migration, files),
        "SELECT :'slipway_state' IN ('applied', 'skipped') AS slipway_done \\gset",
        "\\if :slipway_done",
        *_log_lines(migration, "ledger", "ok", "nothing to do"),
        "\\q",
        "\\endif",
        *_log_lines(migration, "ledger", "ok", None),
    ]


def _state(migration: Migration, files: Files) -> str:
    arguments = f"{sql_checks.quoted(migration.name)}, {sql_checks.quoted(checksum(files.sql))}"
    return f"SELECT pg_temp.slipway_state({arguments}) AS slipway_state \\gset"


def _before(migration: Migration, files: Files) -> list[str]:
    lines: list[str] = []
    if migration.preconditions:
        queries = sql_checks.checks("precondition", migration.preconditions)
        lines += _step(migration, "preconditions", queries, _many(queries, "check"))
    if migration.condition is not None:
        lines += [
            *_step_begins("condition"),
            f"SELECT {sql_checks.condition(migration.condition)} AS slipway_wanted \\gset",
            "\\if :slipway_wanted",
            *_log_lines(migration, "condition", "ok", None),
            "\\else",
            _record(migration, files, "skipped"),
            "COMMIT;",
            *_log_lines(migration, "condition", "skipped", f"does not hold: {migration.condition.name}"),
            "\\q",
            "\\endif",
        ]
    return lines


def _after(migration: Migration) -> list[str]:
    """Returns the checks after a file, with role and search path reset, because the file may have changed them."""
    lines = ["RESET ROLE;", "RESET search_path;"]
    if migration.verification:
        queries = sql_checks.checks("verification", migration.verification)
        lines += _step(migration, "verification", queries, _many(queries, "check"))
    if migration.triggers:
        acted = sql_checks.acted(migration.triggers)
        lines += _step(migration, "triggers", acted, _many(migration.triggers, "trigger"))
    return lines


def _journal_entry(migration: Migration, files: Files) -> list[str]:
    """Returns the entry in the journal of the application's own migration tool."""
    entry = migration.applied_as
    if entry is None:
        return []
    arguments = f"'{entry.tool}', {sql_checks.quoted(entry.name)}, {sql_checks.quoted(checksum(files.sql))}"
    return [f"CALL pg_temp.slipway_tell({arguments});"]


def _untell_tool(migration: Migration) -> list[str]:
    entry = migration.applied_as
    return [] if entry is None else [f"CALL pg_temp.slipway_untell('{entry.tool}', {sql_checks.quoted(entry.name)});"]


def _record(migration: Migration, files: Files, status: str) -> str:
    version = "NULL" if migration.version is None else sql_checks.quoted(migration.version)
    return (
        f"CALL pg_temp.slipway_record({sql_checks.quoted(migration.name)}, {sql_checks.quoted(checksum(files.sql))}, "
        f"'{status}', {version});"
    )


def _at_once(file: str, text: str) -> list[str]:
    """Runs the file as one text that psql does not parse, inside a function, where no statement can end the
    transaction."""
    return [
        f'\\set slipway_sql `cat "$SLIPWAY_FILES/{file}"`',
        f"CALL pg_temp.slipway_run(:'slipway_sql', '{_arrives(text)}');",
    ]


def _one_by_one(file: str, text: str) -> list[str]:
    """Runs each statement separately and without parsing by psql. The results are discarded, because they may contain
    rows."""
    lines = ["\\o /dev/null"]
    for each in sql.statements(text):
        size = len(each.text.encode())
        lines += [
            f'\\set slipway_sql `tail -c +{each.start + 1} "$SLIPWAY_FILES/{file}" | head -c {size}`',
            f"SELECT pg_temp.slipway_whole(:'slipway_sql', '{_arrives(each.text)}') \\gexec",
        ]
    return [*lines, "\\o", "CALL pg_temp.slipway_no_transaction();"]


def _arrives(text: str) -> str:
    """Returns the checksum of a text after psql has read it from a program, which strips the last newline."""
    return checksum(text.removesuffix("\n"))


def _step(migration: Migration, name: str, body: Sequence[str], detail: str | None = None) -> list[str]:
    return [*_step_begins(name), *body, *_log_lines(migration, name, "ok", detail)]


def _step_begins(name: str) -> list[str]:
    """Writes the step's name to a file, which the script reads after a failure."""
    return ["\\o step", f"\\qecho {name}", "\\o", "SELECT clock_timestamp() AS slipway_began \\gset"]


def _log_lines(migration: Migration, name: str, status: str, detail: str | None) -> list[str]:
    return [_line(migration, name, status, sql_checks.quoted(detail or ""))]


def _line(migration: Migration, name: str, status: str, detail: str) -> str:
    """Returns a line of the log; `detail` is an expression."""
    arguments = f"{sql_checks.quoted(migration.name)}, '{name}', '{status}', :'slipway_began', {detail}"
    return f"SELECT pg_temp.slipway_line({arguments});"


def _verdict(word: str) -> list[str]:
    return ["\\o verdict", f"\\qecho {word}", "\\o"]


def _many(things: Sequence[object], word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"1 {word}" if len(things) == 1 else f"{len(things)} {plural}"


def _milliseconds(duration: str) -> int:
    return round(seconds(duration) * 1000)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"
