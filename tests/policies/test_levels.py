"""Levels and thresholds come from the stack's entry, under the stock CLI too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.rehearsal.errors import PolicyPackError
from tests.policies.pack_under_test import PACK, Fact, Pack, outcomes

BAD = Fact("aws:rds/instance:Instance", {"backupRetentionPeriod": 10})
NONE = Fact("aws:rds/instance:Instance", {})


def said_of(
    facts: list[Fact], stack: str, directory: Path = PACK, environment: str | None = None
) -> list[tuple[str, str]]:
    pack = Pack(stack=stack, directory=directory, environment=environment)
    try:
        return outcomes(pack.about("database-backups", "deployment-availability", "container-hardening").judge(*facts))
    finally:
        pack.close()


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ("production", "mandatory"),
        ("staging", "mandatory"),
        ("local", "advisory"),
        ("lokal", "mandatory"),
        ("", "mandatory"),
    ],
)
@pytest.mark.parametrize("stack", ["local", "one"])
def test_level_follows_the_environment(stack: str, environment: str, level: str) -> None:
    """Rules block everywhere but on a developer's own cluster, whatever the stack is called."""
    assert said_of([NONE], stack, environment=environment) == [("database-backups", level)]


def test_unknown_environment_is_judged_as_production(tmp_path: Path) -> None:
    """By its thresholds too."""
    entry = "default: {all: mandatory}\nenvironments: {production: {database-backups: {minimumRetentionDays: 14}}}\n"
    directory = copied(tmp_path / "pack", entry)
    found = {each: said_of([BAD], "any", directory, each) for each in ("production", "unheard-of", "", "staging")}
    assert [each for each, said in found.items() if not said] == ["staging"]


@pytest.mark.parametrize("rule", ["database-backups", "deployment-availability"])
def test_disabled_rule_is_silent(tmp_path: Path, rule: str) -> None:
    """A rule on resources or on the stack that is switched off says nothing; the others go on."""
    facts = [NONE, Fact("kubernetes:apps/v1:Deployment", {"metadata": {"name": "api"}})]
    directory = copied(tmp_path / "pack", f"default: {{{rule}: disabled}}\n")
    told = {policy for policy, _ in said_of(facts, "staging", directory)}
    assert told == {"database-backups", "deployment-availability", "container-hardening"} - {rule}


@pytest.mark.parametrize(
    ("main", "folder"),
    [
        ("slipway", "policies"),
        ("./slipway/", "policies"),
        ("elsewhere", "slipway/policies"),
        (None, "slipway/policies"),
    ],
)
def test_levels_are_those_of_the_project_whose_program_it_is(tmp_path: Path, main: str | None, folder: str) -> None:
    """Pulumi does not tell a pack where its project is, so the pack looks for who names its checkout."""
    shutil.copytree(PACK / "framework", tmp_path / "slipway" / "policies" / "framework")
    (tmp_path / "Pulumi.yaml").write_text("name: x\n" + (f"main: {main}\n" if main else ""), encoding="utf-8")
    program = "import importlib.util as u; s = u.spec_from_file_location('d', 'framework/data.py')"
    program += "; m = u.module_from_spec(s); s.loader.exec_module(m); print(m.FOLDER)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "slipway" / "policies",
        env={name: value for name, value in os.environ.items() if name != "SLIPWAY_POLICY_DATA"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(tmp_path / folder), done.stderr


def test_no_levels_at_all_are_refused(tmp_path: Path) -> None:
    """A pack without the project's file would let everything through, or judge by somebody else's."""
    directory = copied(tmp_path / "pack", "")
    (directory / "stacks.yaml").unlink()
    with pytest.raises(PolicyPackError, match=r"policies/stacks\.yaml: does not exist"):
        said_of([NONE], "any", directory)


def copied(directory: Path, stacks: str) -> Path:
    shutil.copytree(PACK, directory, ignore=shutil.ignore_patterns("__pycache__"))
    (directory / "stacks.yaml").write_text(stacks)
    return directory


@pytest.mark.parametrize(
    "entry", ["{all: disabled}", "{database-backups: advisory}", "{database-backups: {enforcementLevel: disabled}}"]
)
def test_level_of_a_stack_is_refused(tmp_path: Path, entry: str) -> None:
    """Else a new name were enough to be judged otherwise."""
    directory = copied(tmp_path / "pack", f"stacks: {{one: {entry}}}\n")
    with pytest.raises(PolicyPackError, match="set them under `environments`"):
        said_of([NONE], "staging", directory)


def test_threshold_of_a_stack(tmp_path: Path) -> None:
    """A stack's own threshold leaves the level of its environment."""
    entry = "default: {all: mandatory}\nstacks: {prod: {database-backups: {minimumRetentionDays: 14}}}\n"
    directory = copied(tmp_path / "pack", entry)
    assert said_of([BAD], "prod", directory) == [("database-backups", "mandatory")]
    assert said_of([BAD], "staging", directory) == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{database-backup: advisory}", "did you mean database-backups?"),
        ("{all: strict}", "strict is not a level"),
        ("{database-backups: {minimumRetention: 3}}", "did you mean minimumRetentionDays?"),
        ("{database-backups: {minimumRetentionDays: seven}}", "'seven' is not of type 'integer'"),
    ],
)
def test_mistake_in_the_file_is_refused(tmp_path: Path, entry: str, told: str) -> None:
    """A rule, level or setting that does not exist, or a threshold of the wrong type, ends the run with the reason."""
    directory = copied(tmp_path / "pack", f"default: {entry}\n")
    with pytest.raises(PolicyPackError, match=told.replace("?", r"\?")):
        said_of([NONE], "staging", directory)
