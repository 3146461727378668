"""The SQL of migrations is judged by squawk: what locks out or breaks the version that runs on blocks, the rest is advice.

A migration is the ConfigMap that its Job runs. It says what squawk must know, and whether the version before it still
works meanwhile. squawk runs once for all files of a version of PostgreSQL, and both rules share what it found.
"""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Told, Verdict, stack_rule

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
LABEL = "slipway.dev/migration"
SQL = "migration.sql"
SECONDS = 60.0
"""More than squawk ever takes: it reads a thousand files in less than one."""

NOT_ASKED = (
    # The Job sets both before it runs the file.
    "require-lock-timeout",
    "require-statement-timeout",
    # A later change of the type is a finding of its own. squawk cannot tell a key from a count that a CHECK bounds.
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-text-field",
    # Either kind of key locks nothing and breaks nobody.
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
"""Rules of squawk that are neither about locks nor about the version that runs; any other one is, a new one too."""
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
"""What a migration of the phase `contract` is for: it waits until no version uses what it removes."""
FACTS = {
    "compatible": r"true|false",
    "contract": r"true|false",
    "transactional": r"true|false",
    "postgres": r"[0-9]{1,3}",
    "file": r"[A-Za-z0-9_./-]+",
}
"""What a ConfigMap notes of its migration, and the form of each."""
NO_TRANSACTION = "\n-- squawk-disable-assume-in-transaction\n"
"""At the end of a file, so that its lines stay: whether it is a transaction is else an option of the whole run."""


class SquawkError(Told):
    """squawk gave no answer."""


@dataclass(frozen=True)
class Script:
    """SQL as it is run."""

    sql: str
    postgres: str
    """Major version of its server."""
    transactional: bool


@dataclass(frozen=True)
class Finding:
    """What squawk objects to, at a line from 1."""

    rule: str
    text: str
    line: int


@dataclass(frozen=True)
class Migration:
    """What a ConfigMap says of a migration."""

    script: Script
    file: str
    online: bool
    """Whether the version before it runs on."""
    contract: bool

    def intends(self, finding: Finding) -> bool:
        """Whether that is what the migration is for."""
        return self.contract and finding.rule in REMOVALS


@stack_rule(
    Declaration(
        name="migration-online",
        description="No migration locks out or breaks the version that runs on while it is made.",
        why=(
            "The version before runs on meanwhile: it waits behind every lock and fails on whatever is gone, unless the "
            "migration says 'compatible: false' and is made in maintenance"
        ),
        clauses=("runbooks: blue-green deployment for zero downtime", "squawk: squawkhq.com/docs/rules"),
        types=(CONFIG_MAP,),
        severity=Severity.CRITICAL,
    )
)
def migration_online(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge the migrations that claim to be compatible."""
    _judge(resources, verdict, lambda online, blocks: online and blocks)


@stack_rule(
    Declaration(
        name="migration-lint",
        description="The SQL of migrations has none of the faults that squawk knows.",
        why="It is cheapest to mend before it is made: an applied file is never changed",
        clauses=("squawk: squawkhq.com/docs/rules",),
        types=(CONFIG_MAP,),
        severity=Severity.LOW,
    )
)
def migration_lint(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge what the other rule leaves."""
    _judge(resources, verdict, lambda online, blocks: not (online and blocks))


def _judge(resources: Sequence[Resource], verdict: Verdict, asked: Callable[[bool, bool], bool]) -> None:
    """Report what is `asked` for: whether the migration is online, and whether the running version bears the finding."""
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


def _is_migration(config_map: Resource) -> bool:
    label = config_map["metadata"]["labels"][LABEL]
    return label.present and not (label.unknown and config_map["data"][SQL].missing)


def _is_online(config_map: Resource) -> bool:
    """As is expected of one that does not say."""
    return config_map.note("migration-compatible").text != "false"


def _read(config_map: Resource) -> Migration | Property:
    """The migration, or the first property that is unknown, missing or of another form."""
    sql = config_map["data"][SQL]
    facts = {name: config_map.note(f"migration-{name}") for name in FACTS}
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
    problem = f"{config_map} holds SQL that squawk objects to: {finding.text} ({finding.rule})"
    verdict.say(config_map.urn, problem, f"{migration.file}:{finding.line}")


@cache
def _lint(scripts: frozenset[Script]) -> Mapping[Script, Sequence[Finding]]:
    """What squawk finds. Raises SquawkError."""
    found: dict[Script, Sequence[Finding]] = {}
    for version in sorted({each.postgres for each in scripts}):
        found |= _squawk(version, [each for each in scripts if each.postgres == version])
    return found


def _squawk(postgres: str, scripts: Sequence[Script]) -> dict[Script, list[Finding]]:
    """One process for all, in a folder of its own whose empty configuration keeps out that of any folder around."""
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
        raise SquawkError("squawk ended without findings that can be read") from error
    return found


def _run(arguments: Sequence[str], folder: str) -> bytes:
    """The answer of the program that was installed with the pack; its exit status says no more than that."""
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
