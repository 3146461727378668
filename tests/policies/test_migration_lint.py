"""The SQL of migrations: what the version that runs would not bear blocks, the rest is advice."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.system.migrations.manifests import job, sql_files
from components.system.migrations.manifests.job import MigrationJob
from slipway.rehearsal.pack_pipe import PackRaised
from slipway.settings.releases import Migration
from tests.migrations.container import SCOPE
from tests.migrations.fresh_databases import ROOT, SYSTEMS
from tests.policies.pack_under_test import CANARY, PACK, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

ONLINE, LINT = "migration-online", "migration-lint"
RULES = (ONLINE, LINT)
FILE = "systems/shop/migrations/001_colour.sql"
SOURCE = "systems/shop/system.yaml:migrations[0]"
RENAMES = "-- A colour is a paint.\nALTER TABLE cars\nRENAME COLUMN colour TO paint;\n"
ABSENT = object()


def migration(sql: Any, name: str = "001", *, labels: Any = None, data: Any = None, **facts: Any) -> Fact:
    """A ConfigMap as the program makes it, but for the facts given; one that is `ABSENT` is left out."""
    settings = {
        "file": FILE,
        "postgres": "17",
        "compatible": "true",
        "contract": "false",
        "transactional": "true",
    } | facts
    notes = {f"slipway.dev/migration-{fact}": value for fact, value in settings.items() if value is not ABSENT}
    properties = {
        "metadata": {
            "labels": labels or {"slipway.dev/migration": "001-colour"},
            "annotations": {"slipway.dev/source": SOURCE, **notes},
        },
        "data": data or {"migrate.sh": "exit 0", **({} if sql is ABSENT else {"migration.sql": sql})},
    }
    return Fact("kubernetes:core/v1:ConfigMap", properties, name)


def in_steps(sql: str) -> Fact:
    return migration(sql, transactional="false")


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE cars RENAME COLUMN colour TO paint;", "renaming-column"),
        ("ALTER TABLE cars RENAME TO vehicles;", "renaming-table"),
        ("ALTER TABLE cars DROP COLUMN colour;", "ban-drop-column"),
        ("DROP TABLE cars;", "ban-drop-table"),
        ("CREATE INDEX cars_colour ON cars (colour);", "require-concurrent-index-creation"),
        ("DROP INDEX cars_colour;", "require-concurrent-index-deletion"),
        ("ALTER TABLE cars ADD COLUMN colour text NOT NULL;", "adding-required-field"),
        ("ALTER TABLE cars ADD COLUMN key uuid DEFAULT gen_random_uuid();", "adding-field-with-default"),
        ("ALTER TABLE cars ALTER COLUMN colour SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE cars ALTER COLUMN doors TYPE bigint;", "changing-column-type"),
        ("ALTER TABLE cars ADD CONSTRAINT doors CHECK (doors > 0);", "constraint-missing-not-valid"),
        ("ALTER TABLE cars ADD COLUMN maker bigint REFERENCES makers (id);", "adding-foreign-key-constraint"),
        ("ALTER TABEL cars;", "syntax-error"),
    ],
)
def test_what_the_running_version_would_not_bear_blocks(preview: Evaluator, sql: str, rule: str) -> None:
    """Locks that stop it, names that it misses, and what cannot be read at all."""
    findings = preview.evaluate(migration(sql))
    assert {(each.policy, each.level) for each in findings} == {(ONLINE, "mandatory")}
    assert f"({rule})" in findings[0].message
    assert findings[0].message.endswith(f"\nfix: {FILE}:1")


@pytest.mark.parametrize(
    "fact",
    [
        migration("CREATE TABLE cars (id uuid PRIMARY KEY, doors int);\nCREATE INDEX cars_doors ON cars (doors);"),
        migration("ALTER TABLE cars ADD COLUMN colour text;"),
        migration("ALTER TABLE cars ADD COLUMN colour text NOT NULL DEFAULT 'red';"),
        migration("ALTER TABLE cars ADD CONSTRAINT doors CHECK (doors > 0) NOT VALID;"),
        migration("INSERT INTO makers (name) VALUES ('Oak & Wheel') ON CONFLICT DO NOTHING;"),
        migration(secret("SELECT 1;")),
        migration(""),
        in_steps("CREATE INDEX CONCURRENTLY IF NOT EXISTS cars_colour ON cars (colour);"),
    ],
)
def test_what_it_bears_satisfies(preview: Evaluator, fact: Fact) -> None:
    """Tables of the file's own, columns that may be empty, constraints that old rows need not meet yet."""
    assert preview.evaluate(fact) == []


def test_each_statement_is_reported_with_its_line(preview: Evaluator) -> None:
    """The line is that of the statement's fault, with the reason and the fix."""
    findings = preview.evaluate(migration(f"{RENAMES}CREATE INDEX cars_paint ON cars (paint);\n"))
    lines = sorted(each.message.splitlines()[-1] for each in findings)
    assert lines == [f"fix: {FILE}:3", f"fix: {FILE}:4"]
    (index,) = (each for each in findings if each.message.endswith(":4"))
    assert "table updates are blocked" in index.message
    assert "Use `concurrently`" in index.message


def test_without_a_transaction_a_table_of_the_file_is_in_use(preview: Evaluator) -> None:
    """Another session may use it before its index is built; what cannot be repeated is advice."""
    findings = preview.evaluate(in_steps("CREATE TABLE cars (id uuid);\nCREATE INDEX IF NOT EXISTS i ON cars (id);"))
    assert outcomes(findings) == [(LINT, "advisory"), (ONLINE, "mandatory")]
    assert [each.message.splitlines()[-1] for each in findings] == [f"fix: {FILE}:1", f"fix: {FILE}:2"]


def test_style_is_advice(preview: Evaluator) -> None:
    """What locks nothing and breaks nobody does not block."""
    findings = preview.evaluate(migration("CREATE TABLE cars (bought timestamp, plate char(8));"))
    assert outcomes(findings) == [(LINT, "advisory")] * 2


def test_an_incompatible_migration_is_advised(preview: Evaluator, update: Evaluator) -> None:
    """The version before it is stopped, so nothing blocks; nor does it in an update."""
    for pack in (preview, update):
        assert outcomes(pack.evaluate(migration(RENAMES, compatible="false"))) == [(LINT, "advisory")]


def test_a_contract_migration_may_remove_but_not_lock(preview: Evaluator) -> None:
    """It waits until no version uses what it removes; those that run still wait for its locks."""
    removes = "ALTER TABLE cars DROP COLUMN colour;\n"
    assert preview.evaluate(migration(removes, contract="true")) == []
    findings = preview.evaluate(migration(f"{removes}DROP INDEX cars_doors;", contract="true"))
    assert outcomes(findings) == [(ONLINE, "mandatory")]


def test_local_is_only_advised() -> None:
    """As by every rule."""
    pack = Pack(stack="local")
    try:
        assert outcomes(pack.about(*RULES).evaluate(migration(RENAMES))) == [(ONLINE, "advisory")]
    finally:
        pack.close()


def test_an_ignored_finding_is_silent(preview: Evaluator) -> None:
    """A comment before the statement switches off the rule that it names, and that alone."""
    ignored = "-- squawk-ignore require-concurrent-index-creation -- ten rows\nCREATE INDEX i ON cars (colour);\n"
    assert preview.evaluate(migration(ignored)) == []
    assert outcomes(preview.evaluate(migration(f"{ignored}DROP INDEX j;"))) == [(ONLINE, "mandatory")]


def test_an_ignored_rule_that_does_not_exist_is_reported(preview: Evaluator) -> None:
    """A misspelt one would switch off nothing."""
    findings = preview.evaluate(migration("-- squawk-ignore require-index\nSELECT 1;"))
    assert outcomes(findings) == [(LINT, "advisory")]
    assert "(unused-ignore)" in findings[0].message


FACTS = ("file", "postgres", "compatible", "contract", "transactional")
OF_ANOTHER_FORM: list[Any] = [ABSENT, True, "", "a b"]


@pytest.mark.parametrize(
    "fact",
    [
        migration(UNKNOWN),
        migration(secret(UNKNOWN)),
        migration(RENAMES, data=UNKNOWN),
        *(migration(RENAMES, **{fact: UNKNOWN}) for fact in FACTS),
    ],
)
def test_unknown_is_told_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """What is not known yet is advice in a preview and blocks an update; it is told once."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(ONLINE, "advisory")]
    assert "is not known before the update" in findings[0].message
    assert findings[0].message.endswith(f"fix: {SOURCE}.sql")
    assert outcomes(update.evaluate(fact)) == [(ONLINE, "mandatory")]


@pytest.mark.parametrize(
    "fact",
    [
        migration(ABSENT),
        migration(7),
        migration(["SELECT 1;"]),
        migration({"sql": "SELECT 1;"}),
        migration(secret(7)),
        migration(RENAMES, data="SELECT 1;"),
        *(migration(RENAMES, **{fact: value}) for fact in FACTS for value in OF_ANOTHER_FORM),
        migration(RENAMES, postgres="17.2"),
        migration(RENAMES, file=f"{FILE}\nfix: elsewhere"),
    ],
)
def test_missing_or_of_another_form_blocks(preview: Evaluator, fact: Fact) -> None:
    """A migration that cannot be linted is not let through; the message names what is wrong."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(ONLINE, "mandatory")]
    assert "cannot be linted: " in findings[0].message
    assert findings[0].message.endswith(f"fix: {SOURCE}.sql")


def test_an_incompatible_one_that_cannot_be_read_is_advice(preview: Evaluator) -> None:
    """Each migration is one rule's."""
    assert outcomes(preview.evaluate(migration(ABSENT, compatible="false"))) == [(LINT, "advisory")]
    assert outcomes(preview.evaluate(migration(UNKNOWN, compatible="false"))) == [(LINT, "advisory")]


def test_other_config_maps_are_no_migrations(preview: Evaluator) -> None:
    """Neither one without the label, nor one of unknown labels without SQL; with SQL it is one."""
    other = migration(RENAMES, labels={"app": "shop"})
    assert preview.evaluate(other, migration(ABSENT, "other", labels=UNKNOWN)) == []
    assert outcomes(preview.evaluate(migration(RENAMES, labels=UNKNOWN))) == [(ONLINE, "mandatory")]


def test_no_value_is_shown(preview: Evaluator) -> None:
    """Literals of the SQL, or facts of another form, may be secret."""
    findings = preview.evaluate(
        migration(secret(f"UPDATE cars SET colour = '{CANARY}';\n{RENAMES}"), "a"),
        migration(secret(f"SELECT '{CANARY}' FORM cars WHERE;"), "b"),
        migration(RENAMES, "c", postgres=secret(f"{CANARY} !")),
    )
    assert {each.name for each in findings} == {"a", "b", "c"}
    assert not any(CANARY in each.message for each in findings)


def declared(system: str, one: Migration) -> Fact:
    """As the program makes it of a system's definition."""
    database = SYSTEMS[system].databases[one.database]
    found = sql_files.read(ROOT / "systems" / system, one)
    made = job.scripts(SCOPE, MigrationJob(migration=one, database=database, attempt=1, files=found))
    metadata: Any = made.metadata
    properties = {"metadata": {"labels": metadata.labels, "annotations": metadata.annotations}, "data": made.data}
    return Fact("kubernetes:core/v1:ConfigMap", properties, f"{system}/{one.name}")


def test_the_systems_migrations_are_online(preview: Evaluator) -> None:
    """But for the rename that Kingstons makes in maintenance; of the others nothing is said."""
    facts = [declared(name, each) for name in SYSTEMS for each in SYSTEMS[name].migrations if each.sql]
    (rename,) = preview.evaluate(*facts)
    assert (rename.policy, rename.level, rename.name) == (LINT, "advisory", "kingstons/001-fixed-fee-facilitated")
    place = "systems/kingstons/migrations/001_rename_fixed_cost_to_fixed_fee_facilitated.sql:5"
    assert "(renaming-column).\n" in rename.message
    assert rename.message.endswith(f"\nfix: {place}")


def test_every_file_is_linted_by_its_own_name() -> None:
    """All but those that take a migration back."""
    seeds = [(name, each) for name in SYSTEMS for each in SYSTEMS[name].migrations if each.sql]
    noted = {declared(*seed).properties["metadata"]["annotations"]["slipway.dev/migration-file"] for seed in seeds}
    backwards = {f"systems/{name}/{each.rollback}" for name, each in seeds}
    assert noted == {str(file.relative_to(ROOT)) for file in ROOT.glob("systems/*/migrations/*.sql")} - backwards


@pytest.fixture
def pack_with_squawk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], Pack]]:
    """A pack in a virtual environment whose `squawk` is this shell script, or which has none."""
    packs: list[Pack] = []
    real = Path(sys.prefix)

    def make(script: str | None) -> Pack:
        (tmp_path / "bin").mkdir()
        (tmp_path / "pyvenv.cfg").write_text((real / "pyvenv.cfg").read_text())
        (tmp_path / "lib").symlink_to(real / "lib")
        python = tmp_path / "bin" / "python"
        python.symlink_to(Path(sys.executable).resolve())
        if script is not None:
            (tmp_path / "bin" / "squawk").write_text(f"#!/bin/sh\n{script}\n")
            (tmp_path / "bin" / "squawk").chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        packs.append(Pack())
        return packs[-1]

    yield make
    for pack in packs:
        pack.close()


def test_one_process_lints_all_files_for_both_rules(
    tmp_path: Path, pack_with_squawk: Callable[[str | None], Pack]
) -> None:
    """Another version of PostgreSQL is another one."""
    real = Path(sysconfig.get_path("scripts"), "squawk")
    pack = pack_with_squawk(f'echo "$*" >> {tmp_path}/runs\nexec {real} "$@"')
    facts = [migration(f"{RENAMES}-- {number}", str(number), compatible="false") for number in range(40)]
    findings = pack.about(*RULES).evaluate(*facts, in_steps("SELECT 2;"), migration("SELECT 1;", "old", postgres="14"))
    assert outcomes(findings) == [(LINT, "advisory")] * 40
    runs = (tmp_path / "runs").read_text().splitlines()
    assert [run.split()[2] for run in runs] == ["--pg-version=14", "--pg-version=17"]


@pytest.mark.parametrize("script", [None, "exit 0", "echo broken >&2; exit 3", 'echo \'[{"file": "0.sql"}]\'; exit 1'])
def test_without_an_answer_of_squawk_the_run_ends(
    pack_with_squawk: Callable[[str | None], Pack], script: str | None
) -> None:
    """A program that is missing, silent or of another form lets nothing through; the failure names the rule."""
    with pytest.raises(PackRaised, match="rule migration-online failed on the stack: squawk "):
        pack_with_squawk(script).evaluate(migration("SELECT 1;"))


def test_without_migrations_squawk_is_not_run(pack_with_squawk: Callable[[str | None], Pack]) -> None:
    """A stack of documents only needs no linter."""
    assert pack_with_squawk(None).about(*RULES).evaluate(Fact("kubernetes:core/v1:ConfigMap", {"data": {}})) == []


def test_the_pack_pins_what_slipway_pins() -> None:
    """What squawk finds changes with its version, so a preview by the stock CLI has the same one."""
    pinned = {line.split(" ")[0] for line in (ROOT / "requirements.txt").read_text().splitlines()}
    assert {line.lower() for line in (PACK / "requirements.txt").read_text().splitlines()} <= pinned
