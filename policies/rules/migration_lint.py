"""The SQL of migrations is checked by squawk and with PostgreSQL's own parser.

Statements that block, break or empty what the running version needs are violations, and so are changes of permissions;
the rest is advisory.

A migration is the ConfigMap that its Job runs. Its annotations contain the facts that squawk needs, and whether the
previous version keeps running. squawk runs once for all files of a version of PostgreSQL, and both rules share the
findings.
"""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pulumi_policy import Severity

from adapters import sql_effects
from adapters.sql import SqlError, statements
from adapters.sql_effects import Kind
from framework import Declaration, Property, PublicError, Resource, Settings, Verdict, resource_rule, stack_rule

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
LABEL = "slipway.dev/migration"
SQL, ROLLBACK = "migration.sql", "rollback.sql"
SECONDS = 60.0
"""Timeout of squawk in seconds. Chosen: it reads a thousand files in less than one second."""

NOT_ASKED = (
    # The Job sets both before it runs the file.
    "require-lock-timeout",
    "require-statement-timeout",
    # A later change of the type is a separate finding. squawk cannot tell a key from a count that a CHECK bounds.
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-text-field",
    # Neither kind of key locks a table or breaks a running version.
    "prefer-identity",
)
ADVICE = {
    "ban-char-field",
    "ban-create-domain-with-constraint",
    "ban-duplicate-column-assignments",
    "ban-uncommitted-transaction",
    "identifier-too-long",
    "prefer-robust-stmts",
    "prefer-timestamp-tz",
    "require-enum-value-ordering",
    "transaction-nesting",
    "unused-ignore",
}
"""Rules of squawk that concern neither locks nor the running version; any other one, including a new one, blocks."""
REMOVALS = {
    "ban-drop-column",
    "ban-drop-constraint",
    "ban-drop-default",
    "ban-drop-domain",
    "ban-drop-extension",
    "ban-drop-function",
    "ban-drop-generated-expression",
    "ban-drop-not-null",
    "ban-drop-schema",
    "ban-drop-sequence",
    "ban-drop-table",
    "ban-drop-type",
    "ban-drop-view",
}
"""Statements that the phase `contract` allows: it waits until no version uses what they remove."""
FACTS = {
    "compatible": r"true|false",
    "contract": r"true|false",
    "transactional": r"true|false",
    "postgres": r"[0-9]{1,3}",
    "file": r"[A-Za-z0-9_./-]+",
}
"""Annotations of a ConfigMap about its migration, and the form of each."""
NO_TRANSACTION = "\n-- squawk-disable-assume-in-transaction\n"
"""Appended to a file, so that its line numbers stay; squawk otherwise has only an option for the whole run."""


class SquawkError(PublicError):
    """squawk returned no valid answer."""


@dataclass(frozen=True)
class Script:
    """SQL as it runs."""

    sql: str
    postgres: str
    """Major version of the server."""
    transactional: bool


@dataclass(frozen=True)
class Finding:
    """A finding of squawk, at a line from 1."""

    rule: str
    text: str
    line: int


@dataclass(frozen=True)
class Migration:
    """The annotations of a migration's ConfigMap."""

    script: Script
    file: str
    online: bool
    """Whether the previous version keeps running."""
    contract: bool

    def intends(self, finding: Finding) -> bool:
        """Return whether the migration is meant to make this change."""
        return self.contract and finding.rule in REMOVALS


@stack_rule(
    Declaration(
        name="migration-online",
        description="No migration blocks or breaks the version that runs while it is applied.",
        why=(
            "The previous version still runs: it waits for every lock and fails on everything removed, unless "
            "the migration sets 'compatible: false' and is applied in maintenance"
        ),
        clauses=("runbooks: blue-green deployment for zero downtime", "squawk: squawkhq.com/docs/rules"),
        types=(CONFIG_MAP,),
        severity=Severity.CRITICAL,
    )
)
def migration_online(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the migrations that claim to be compatible."""
    _evaluate(resources, verdict, lambda online, blocks: online and blocks)
    read = {each: found for each in resources if _is_migration(each) and isinstance(found := _read(each), Migration)}
    findings = _lint(frozenset(each.script for each in read.values()))
    for resource, migration in read.items():
        for finding in _losses(migration, findings[migration.script]) if migration.online else ():
            _report_incompatible(resource, migration, finding, verdict)


@resource_rule(
    Declaration(
        name="migration-rights",
        description="No migration changes permissions, leaves the database, or disables protections.",
        why="It runs as the owner: anyone who can write a migration could otherwise read, give away or hide all data",
        clauses=("CIS PostgreSQL 16: 4.3, 4.4, 4.7", "CWE-250", "runbook: smartwallet, security"),
        types=(CONFIG_MAP,),
        severity=Severity.CRITICAL,
    )
)
def migration_rights(config_map: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check every file that a migration runs, including the rollback; roles are declared elsewhere."""
    for name in (SQL, ROLLBACK) if _is_migration(config_map) else ():
        text = config_map["data"][name]
        for effect in _effects(text.text or ""):
            if effect.kind is Kind.RIGHTS:
                problem = f"{config_map} changes permissions in {name}: {effect.text}"
                verdict.report_at(config_map.urn, problem, _place_in(config_map, name, effect.line))


@resource_rule(
    Declaration(
        name="migration-lint-ignores",
        description="No comment in a migration disables the linter.",
        why="The author of the SQL would decide alone what is not checked; an exemption names an owner and an end date",
        clauses=("squawk: squawkhq.com/docs/disabling-rules",),
        types=(CONFIG_MAP,),
    )
)
def migration_lint_ignores(config_map: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Report each such comment; an exemption turns it into advice."""
    text = config_map["data"][SQL].text if _is_migration(config_map) else None
    for line, comment in sql_effects.ignored_lines(text or ""):
        problem = f"{config_map} disables the linter: {comment}"
        verdict.report_at(config_map.urn, problem, _place_in(config_map, SQL, line))


@stack_rule(
    Declaration(
        name="migration-lint",
        description="The SQL of migrations has no squawk findings.",
        why="Fixing is cheapest before it is applied: an applied file is never changed",
        clauses=("squawk: squawkhq.com/docs/rules",),
        types=(CONFIG_MAP,),
        severity=Severity.LOW,
    )
)
def migration_lint(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check the findings that the other rule does not cover."""
    _evaluate(resources, verdict, lambda online, blocks: not (online and blocks))


def _evaluate(resources: Sequence[Resource], verdict: Verdict, asked: Callable[[bool, bool], bool]) -> None:
    """Report the findings that `asked` selects by whether the migration is online and whether the finding breaks the
    running version."""
    read = {each: _read(each) for each in resources if _is_migration(each)}
    findings = _lint(frozenset(each.script for each in read.values() if isinstance(each, Migration)))
    for resource, migration in read.items():
        if isinstance(migration, Property):
            if asked(_is_online(resource), True):
                _cannot_be_read(resource, migration, verdict)
            continue
        for finding in findings[migration.script]:
            if asked(migration.online, finding.rule not in ADVICE) and not migration.intends(finding):
                _objects(resource, migration, finding, verdict)


def _losses(migration: Migration, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Return the data losses that squawk misses: it parses no function bodies, and detects drops but not deleted rows."""
    text = migration.script.sql
    said = {each.line for each in findings if each.rule not in ADVICE}
    ends = _ends(text)
    for effect in _effects(text):
        removal = effect.kind is Kind.REMOVAL
        known = any(effect.line <= line <= ends.get(effect.line, effect.line) for line in said)
        ignored = not effect.nested and sql_effects.SWITCHES.search(text)
        if effect.kind is not Kind.RIGHTS and not (removal and (migration.contract or known or ignored)):
            yield Finding("", effect.text, effect.line)


def _effects(text: str) -> Sequence[sql_effects.Effect]:
    """Return the effects of a file; none if it cannot be parsed, which squawk reports."""
    try:
        return sql_effects.effects(text)
    except SqlError:
        return ()


def _ends(text: str) -> Mapping[int, int]:
    """Return the last line of each statement by its first line."""
    try:
        return {each.line: each.line + each.text.count("\n") for each in statements(text)}
    except SqlError:
        return {}


def _report_incompatible(config_map: Resource, migration: Migration, finding: Finding, verdict: Verdict) -> None:
    problem = f"{config_map} contains SQL that breaks the running version: {finding.text}"
    verdict.report_at(config_map.urn, problem, f"{migration.file}:{finding.line}")


def _place_in(config_map: Resource, name: str, line: int) -> str:
    """Return the line in the migration's file or, for another file, the key that names it."""
    file = config_map.annotation("migration-file").text or ""
    if name == SQL and re.fullmatch(FACTS["file"], file):
        return f"{file}:{line}"
    return f"{config_map.source}.rollback" if config_map.source else ""


def _is_migration(config_map: Resource) -> bool:
    label = config_map["metadata"]["labels"][LABEL]
    return label.present and not (label.unknown and config_map["data"][SQL].missing)


def _is_online(config_map: Resource) -> bool:
    """Return whether the migration is online, which is the default."""
    return config_map.annotation("migration-compatible").text != "false"


def _read(config_map: Resource) -> Migration | Property:
    """Return the migration, or the first property that is unknown, missing or malformed."""
    sql = config_map["data"][SQL]
    facts = {name: config_map.annotation(f"migration-{name}") for name in FACTS}
    if sql.text is None:
        return sql
    for name, form in FACTS.items():
        if not re.fullmatch(form, facts[name].text or ""):
            return facts[name]
    said = {name: fact.text or "" for name, fact in facts.items()}
    script = Script(sql.text, said["postgres"], transactional=said["transactional"] == "true")
    return Migration(script, said["file"], online=_is_online(config_map), contract=said["contract"] == "true")


def _cannot_be_read(config_map: Resource, fault: Property, verdict: Verdict) -> None:
    if fault.unknown:
        verdict.undecided(config_map, fault, "sql")
    else:
        state = "is not set" if fault.missing else "has another form"
        verdict.violated(config_map, f"cannot be linted: {fault.path} {state}", "sql")


def _objects(config_map: Resource, migration: Migration, finding: Finding, verdict: Verdict) -> None:
    problem = f"{config_map} contains SQL that squawk rejects: {finding.text} ({finding.rule})"
    verdict.report_at(config_map.urn, problem, f"{migration.file}:{finding.line}")


@cache
def _lint(scripts: frozenset[Script]) -> Mapping[Script, Sequence[Finding]]:
    """Return squawk's findings. Raises SquawkError."""
    found: dict[Script, Sequence[Finding]] = {}
    for version in sorted({each.postgres for each in scripts}):
        found |= _squawk(version, [each for each in scripts if each.postgres == version])
    return found


def _squawk(postgres: str, scripts: Sequence[Script]) -> dict[Script, list[Finding]]:
    """Run one process for all files, in a separate directory whose empty configuration hides that of any parent."""
    files = {f"{number}.sql": script for number, script in enumerate(scripts)}
    options = ["--config=squawk.toml", "--reporter=json", f"--pg-version={postgres}", "--assume-in-transaction"]
    with TemporaryDirectory(prefix="slipway-squawk-") as folder:
        Path(folder, "squawk.toml").touch()
        for name, script in files.items():
            text = script.sql if script.transactional else script.sql + NO_TRANSACTION
            Path(folder, name).write_text(text, encoding="utf-8", newline="")
        answer = _run([*options, f"--exclude={','.join(NOT_ASKED)}", *files], folder)
    found: dict[Script, list[Finding]] = {script: [] for script in scripts}
    try:
        for each in json.loads(answer):
            found[files[each["file"]]].append(_finding(each))
    except (ValueError, LookupError, TypeError) as error:
        raise SquawkError("squawk exited without readable findings") from error
    return found


def _run(arguments: Sequence[str], folder: str) -> bytes:
    """Return the output of the program installed with the pack; its exit status has no further meaning."""
    program = Path(sysconfig.get_path("scripts"), "squawk")
    try:
        run = subprocess.run(
            [program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SquawkError("squawk cannot be run: install policies/requirements.txt") from error
    return run.stdout


def _finding(said: Mapping[str, Any]) -> Finding:
    text = " ".join([*said["message"].split(), *(said["help"] or "").split()])
    return Finding(said["rule_name"], text.removesuffix("."), said["line"] + 1)
