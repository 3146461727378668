"""What the container of a migration runs: one shell script, and the SQL that is made from the declaration."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from builders.migrations import checks, files
from builders.migrations.files import Files
from settings.fields import seconds
from settings.releases import Migration

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
    """All files by name; those of a migration that cannot be one transaction are more."""
    generated = _in_a_transaction(migration, files) if migration.transactional else _in_steps(migration, files)
    own = {"migrate.sh": SCRIPT, "library.sql": LIBRARY, "migration.sql": files.sql}
    if files.rollback is not None:
        own["rollback.sql"] = files.rollback
        generated["undo.sql"] = _undo(migration, files)
    return own | generated


def checksum(sql: str) -> str:
    """What the ledger keeps of a migration."""
    return hashlib.sha256(sql.encode()).hexdigest()


def _in_a_transaction(migration: Migration, files: Files) -> dict[str, str]:
    isolation = "REPEATABLE READ" if migration.baseline else "READ COMMITTED"
    lines = [
        *_head(migration, migration.lock_timeout),
        *_step(migration, "lock", [_LOCK]),
        f"BEGIN ISOLATION LEVEL {isolation};",
        *_ledger(migration, files),
        *_before(migration, files),
    ]
    if migration.baseline:
        lines += _step(migration, "baseline", checks.kept(migration.baseline), _many(migration.baseline, "query"))
    lines += _step(migration, "migrate", _included("migration.sql"))
    lines += _after(migration)
    if migration.baseline:
        compared = checks.compared(migration.baseline)
        lines += _step(migration, "comparison", compared, _many(migration.baseline, "query"))
    lines += _step(migration, "record", [_record(migration, files, "applied"), "COMMIT;"], "applied")
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
        *_told(migration, "preconditions", "skipped", "they held when it was started"),
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
        *_step(migration, "record", [_record(migration, files, "applied"), "COMMIT;"], "applied"),
    ]
    return {"before.sql": _text(before), "work.sql": _text(_work(migration, files)), "after.sql": _text(after)}


def _work(migration: Migration, of: Files) -> list[str]:
    names = files.concurrent_indexes(of.sql)
    lines = _head(migration, None)
    if names:
        lines += _step(migration, "invalid-indexes", [_invalid(names, _DROPS), "\\gexec"])
    lines += _step(migration, "migrate", _included("migration.sql"))
    if names:
        lines += _step(migration, "valid-indexes", [_invalid(names, _REFUSES) + ";"])
    return lines


_DROPS = "SELECT format('DROP INDEX CONCURRENTLY IF EXISTS %s', indexrelid::regclass)"
_REFUSES = "SELECT pg_temp.slipway_refuse('came out invalid: ' || string_agg(indexrelid::regclass::text, ', '))"


def _invalid(names: Sequence[str], select: str) -> str:
    listed = ", ".join(checks.quoted(name) for name in names)
    having = " HAVING count(*) > 0" if select is _REFUSES else ""
    return (
        f"{select} FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        f" WHERE NOT indisvalid AND relnamespace = 'public'::regnamespace AND relname IN ({listed}){having}"
    )


def _undo(migration: Migration, files: Files) -> str:
    """In a transaction of its own, or statement by statement under the lock of another session."""
    whole = migration.transactional
    queries = checks.checks("rolledBack", migration.rolled_back)
    lines = [
        *_head(migration, migration.lock_timeout if whole else None),
        *(_step(migration, "lock", [_LOCK]) if whole else []),
        *(["BEGIN;"] if whole else []),
        *_step_begins("ledger"),
        _state(migration, files),
        "SELECT :'slipway_state' = 'new' AS slipway_absent, :'slipway_state' = 'skipped' AS slipway_skipped \\gset",
        "\\if :slipway_absent",
        *_told(migration, "ledger", "ok", "nothing to do"),
        "\\q",
        "\\endif",
        *_told(migration, "ledger", "ok", None),
        "\\if :slipway_skipped",
        *_told(migration, "rollback", "skipped", "it was never made"),
        "\\else",
        *_step(migration, "rollback", _included("rollback.sql")),
        "\\endif",
        *([] if whole else ["BEGIN;"]),
        "\\if :slipway_skipped",
        "\\else",
        *(_step(migration, "rolledBack", queries, _many(queries, "check")) if queries else []),
        "\\endif",
        *_step(
            migration,
            "record",
            [f"DELETE FROM slipway.migrations WHERE name = {checks.quoted(migration.name)};", "COMMIT;"],
            "removed",
        ),
    ]
    return _text(lines)


def _head(migration: Migration, lock_timeout: str | None) -> list[str]:
    """A concurrent build waits for whatever runs: it has no timeout of locks."""
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
        *_told(migration, "ledger", "ok", "nothing to do"),
        "\\q",
        "\\endif",
        *_told(migration, "ledger", "ok", None),
    ]


def _state(migration: Migration, files: Files) -> str:
    arguments = f"{checks.quoted(migration.name)}, {checks.quoted(checksum(files.sql))}"
    return f"SELECT pg_temp.slipway_state({arguments}) AS slipway_state \\gset"


def _before(migration: Migration, files: Files) -> list[str]:
    lines: list[str] = []
    if migration.preconditions:
        queries = checks.checks("precondition", migration.preconditions)
        lines += _step(migration, "preconditions", queries, _many(queries, "check"))
    if migration.condition is not None:
        lines += [
            *_step_begins("condition"),
            f"SELECT {checks.holds(migration.condition)} AS slipway_wanted \\gset",
            "\\if :slipway_wanted",
            *_told(migration, "condition", "ok", None),
            "\\else",
            _record(migration, files, "skipped"),
            "COMMIT;",
            *_told(migration, "condition", "skipped", f"does not hold: {migration.condition.name}"),
            "\\q",
            "\\endif",
        ]
    return lines


def _after(migration: Migration) -> list[str]:
    """A file may have changed who it is and where it looks: the checks do not follow it."""
    lines = ["RESET ROLE;", "RESET search_path;"]
    if migration.verification:
        queries = checks.checks("verification", migration.verification)
        lines += _step(migration, "verification", queries, _many(queries, "check"))
    if migration.triggers:
        acted = checks.acted(migration.triggers)
        lines += _step(migration, "triggers", acted, _many(migration.triggers, "trigger"))
    return lines


def _record(migration: Migration, files: Files, status: str) -> str:
    version = "NULL" if migration.version is None else checks.quoted(migration.version)
    return (
        f"CALL pg_temp.slipway_record({checks.quoted(migration.name)}, {checks.quoted(checksum(files.sql))}, "
        f"'{status}', {version});"
    )


def _included(file: str) -> list[str]:
    """Its answers go nowhere: they may hold rows."""
    return ["\\o /dev/null", f"\\ir {file}", "\\o"]


def _step(migration: Migration, name: str, body: Sequence[str], detail: str | None = None) -> list[str]:
    return [*_step_begins(name), *body, *_told(migration, name, "ok", detail)]


def _step_begins(name: str) -> list[str]:
    """The script reads the step's name from a file when it fails."""
    return ["\\o step", f"\\qecho {name}", "\\o", "SELECT clock_timestamp() AS slipway_began \\gset"]


def _told(migration: Migration, name: str, status: str, detail: str | None) -> list[str]:
    arguments = (
        f"{checks.quoted(migration.name)}, '{name}', '{status}', :'slipway_began', {checks.quoted(detail or '')}"
    )
    return [f"SELECT pg_temp.slipway_line({arguments});"]


def _verdict(word: str) -> list[str]:
    return ["\\o verdict", f"\\qecho {word}", "\\o"]


def _many(things: Sequence[object], word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"1 {word}" if len(things) == 1 else f"{len(things)} {plural}"


def _milliseconds(duration: str) -> int:
    return round(seconds(duration) * 1000)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"
