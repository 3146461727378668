"""Levels and thresholds come from the stack's entry, under the stock CLI too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.rehearsal.errors import PolicyPackError
from tests.policies.pack_under_test import PACK, Fact, Pack, copied, outcomes

BAD = Fact("aws:rds/instance:Instance", {"backupRetentionPeriod": 10})
NONE = Fact("aws:rds/instance:Instance", {})
LEVELS = {
    "production": "mandatory",
    "staging": "mandatory",
    "local": "advisory",
    "lokal": "mandatory",
    '{"name": "laptop", "follows": "local"}': "advisory",
    '{"name": "local", "follows": "production"}': "mandatory",
    '{"name": "laptop", "follows": "lokal"}': "mandatory",
    '{"name": "laptop"}': "mandatory",
    '{"name": "laptop", "follows": ["local"]}': "mandatory",
    '{"follows": "local"': "mandatory",
    "": "mandatory",
}
"""The level of a rule by what a stack says of its environment."""
STARTS = """
import importlib, json, os, sys
import rules
from framework import context, levels
found = []
for stack, environment in json.load(sys.stdin):
    os.environ |= {"PULUMI_STACK": stack, "PULUMI_CONFIG": json.dumps({"slipway:environment": environment})}
    importlib.reload(context)
    level = levels.configuration(rules.every())["database-backups"]["enforcementLevel"]
    found.append((stack, environment, level.value))
print(json.dumps(found))
"""
"""What a pack reads when it starts, for each of many stacks."""


def outcomes_of(
    facts: list[Fact], stack: str, directory: Path = PACK, environment: str | None = None
) -> list[tuple[str, str]]:
    pack = Pack(stack=stack, directory=directory, environment=environment)
    try:
        return outcomes(
            pack.about("database-backups", "deployment-availability", "container-hardening").evaluate(*facts)
        )
    finally:
        pack.close()


@pytest.mark.parametrize("stack", ["local", "one"])
@pytest.mark.parametrize(("environment", "level"), [("production", "mandatory"), ("local", "advisory")])
def test_level_follows_the_environment(stack: str, environment: str, level: str) -> None:
    """Rules block everywhere but on a developer's own cluster, whatever the stack is called."""
    assert outcomes_of([NONE], stack, environment=environment) == [("database-backups", level)]


def test_level_follows_whatever_a_stack_says_of_its_environment() -> None:
    """What is not known to be local is judged as production; in one process, since only the start of a pack differs."""
    asked = [(stack, environment) for stack in ("local", "one") for environment in LEVELS]
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        cwd=PACK,
        env={**os.environ, "PULUMI_PROJECT": "slipway"},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [tuple(each) for each in json.loads(done.stdout)]
    assert found == [(stack, environment, LEVELS[environment]) for stack, environment in asked]


@pytest.mark.parametrize(
    ("entry", "level"),
    [
        ("default: {}", "advisory"),
        ("default: {all: mandatory}", "advisory"),
        ("default: {all: mandatory, route-timeouts: mandatory}", "mandatory"),
        ("default: {}\nenvironments: {staging: {route-timeouts: mandatory}}", "mandatory"),
    ],
)
def test_advice_is_mandatory_by_its_own_entry_alone(tmp_path: Path, entry: str, level: str) -> None:
    """So a new version's advice blocks nobody who has written `all: mandatory`."""
    endless = Fact("kubernetes:gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy", {"spec": {}})
    directory = with_levels(tmp_path / "pack", f"{entry}\n")
    pack = Pack(stack="any", directory=directory, environment="staging")
    try:
        assert outcomes(pack.about("route-timeouts").evaluate(endless)) == [("route-timeouts", level)]
    finally:
        pack.close()


def test_unknown_environment_is_judged_as_production(tmp_path: Path) -> None:
    """By its thresholds too."""
    entry = "default: {all: mandatory}\nenvironments: {production: {database-backups: {minimumRetentionDays: 14}}}\n"
    directory = with_levels(tmp_path / "pack", entry)
    found = {each: outcomes_of([BAD], "any", directory, each) for each in ("production", "unheard-of", "", "staging")}
    assert [each for each, reported in found.items() if not reported] == ["staging"]


@pytest.mark.parametrize("rule", ["database-backups", "deployment-availability"])
def test_disabled_rule_is_silent(tmp_path: Path, rule: str) -> None:
    """A rule on resources or on the stack that is switched off says nothing; the others go on."""
    facts = [NONE, Fact("kubernetes:apps/v1:Deployment", {"metadata": {"name": "api"}})]
    directory = with_levels(tmp_path / "pack", f"default: {{{rule}: disabled}}\n")
    policies = {policy for policy, _ in outcomes_of(facts, "staging", directory)}
    assert policies == {"database-backups", "deployment-availability", "container-hardening"} - {rule}


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
    directory = with_levels(tmp_path / "pack", "")
    (directory / "stacks.yaml").unlink()
    with pytest.raises(PolicyPackError, match=r"policies/stacks\.yaml: does not exist"):
        outcomes_of([NONE], "any", directory)


def with_levels(directory: Path, stacks: str) -> Path:
    copied(directory)
    (directory / "stacks.yaml").write_text(stacks)
    return directory


@pytest.mark.parametrize(
    "entry", ["{all: disabled}", "{database-backups: advisory}", "{database-backups: {enforcementLevel: disabled}}"]
)
def test_level_of_a_stack_is_refused(tmp_path: Path, entry: str) -> None:
    """Else a new name were enough to be judged otherwise."""
    directory = with_levels(tmp_path / "pack", f"stacks: {{one: {entry}}}\n")
    with pytest.raises(PolicyPackError, match="set them under `environments`"):
        outcomes_of([NONE], "staging", directory)


def test_threshold_of_a_stack(tmp_path: Path) -> None:
    """A stack's own threshold leaves the level of its environment."""
    entry = "default: {all: mandatory}\nstacks: {prod: {database-backups: {minimumRetentionDays: 14}}}\n"
    directory = with_levels(tmp_path / "pack", entry)
    assert outcomes_of([BAD], "prod", directory) == [("database-backups", "mandatory")]
    assert outcomes_of([BAD], "staging", directory) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{database-backup: advisory}", "did you mean database-backups?"),
        ("{all: strict}", "strict is not a level"),
        ("{database-backups: {minimumRetention: 3}}", "did you mean minimumRetentionDays?"),
        ("{database-backups: {minimumRetentionDays: seven}}", "'seven' is not of type 'integer'"),
    ],
)
def test_mistake_in_the_file_is_refused(tmp_path: Path, entry: str, message: str) -> None:
    """A rule, level or setting that does not exist, or a threshold of the wrong type, ends the run with the reason."""
    directory = with_levels(tmp_path / "pack", f"default: {entry}\n")
    with pytest.raises(PolicyPackError, match=message.replace("?", r"\?")):
        outcomes_of([NONE], "staging", directory)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default: {a: [", "policies/stacks.yaml:2: is not valid YAML"),
        ("- a", "the file: is not a mapping of keys"),
        ("default: 3", "default: is not a mapping of keys"),
        ("stacks: [prod]", "stacks: is not a mapping of keys"),
        ("stacks: {prod: 3}", "stacks.prod: is not a mapping of keys"),
        ("environments: {staging: 3}", "environments.staging: is not a mapping of keys"),
        ("environments: {stagin: {}}", "stagin is not an environment; did you mean staging?"),
        ("default: {image-pins: 3}", "image-pins: is neither a level nor a mapping"),
        ("default: {image-pins: [x]}", "image-pins: is neither a level nor a mapping"),
    ],
)
def test_mistake_in_the_form_of_the_file_is_one_message(tmp_path: Path, text: str, message: str) -> None:
    """Under Pulumi's CLI nobody has read the file before the pack does, and its output is all that users see."""
    directory = with_levels(tmp_path / "policies", f"{text}\n")
    with pytest.raises(PolicyPackError) as refused:
        outcomes_of([NONE], "staging", directory)
    assert message in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_thresholds_of_a_stack_that_does_not_exist_are_refused(tmp_path: Path) -> None:
    """In a project, whose files tell; they would apply to no stack."""
    directory = with_levels(tmp_path / "policies", "stacks: {stagin: {cost-tags: {own: [team]}}}\n")
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\n")
    settings = {"slipway:clusters": json.dumps({"main": {"cloud": "local"}})}
    with pytest.raises(PolicyPackError, match=r"stagin is not a stack of the project; did you mean staging\?"):
        Pack(stack="staging", directory=directory, settings=settings)
    (tmp_path / "Pulumi.stagin.yaml").touch()
    Pack(stack="staging", directory=directory, settings=settings).close()
