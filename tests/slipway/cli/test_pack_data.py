"""Mistakes in what a project tells its policy pack are refused with their lines, before anything is planned."""

from __future__ import annotations

import shutil

import pytest

from slipway.cli.pack_data import configuration, refuse_mistakes, refuse_mistakes_in
from slipway.rehearsal import PolicyPack
from slipway.reports.policy_page import LONGEST_EXEMPTION
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.policies.pack_under_test import PACK
from tests.slipway.cli.conftest import Copy

LEVELS, EXEMPTIONS, LEDGER = "policies/stacks.yaml", "policies/exemptions.yaml", "ledger/prod.yaml"
EXEMPTION = """\
- rule: image-pins
  stack: prod
  resource: Deployment::fleet/fleet-api-blue
  reason: the vendor signs on Monday
  owner: platform@example.com
  since: 2026-12-01
  expires: "2026-12-31"
"""
ONLY = "is a level: a stack has thresholds only; levels follow its environment: set them under `environments`"
MISTAKES = [
    (LEVELS, "default: {a: [", "2: is not valid YAML"),
    (LEVELS, "- a", "1: is not a mapping of keys"),
    (LEVELS, "a: 1\n---\nb: 1", "3: begins a second document"),
    (LEVELS, "default: 3", "1: default: 3 is not a mapping of keys"),
    (
        LEVELS,
        "default:\n  all: strict",
        "2: default.all: strict is not one of those that exist; allowed: advisory, disabled",
    ),
    (
        LEVELS,
        "default:\n  image-pinz: advisory",
        "2: default.image-pinz: advisory is not a rule; did you mean 'image-pins'?",
    ),
    (LEVELS, "default: {image-pins: 3}", "1: default.image-pins: 3 is not a mapping of keys"),
    (
        LEVELS,
        "default: {image-pins: {immutable: []}}",
        "is not a setting of image-pins; did you mean 'immutableRegistries'?",
    ),
    (LEVELS, "default: {image-registries: {allowedRegistries: quay.io}}", "allowedRegistries: quay.io is not a list"),
    (LEVELS, "default: {secret-rotation: {maximumDays: 0}}", "default.secret-rotation.maximumDays: 0 is less than 1"),
    (LEVELS, "environments:\n  prod: {}", "2: environments.prod: is not an environment; did you mean 'production'?"),
    (LEVELS, "stacks: [prod]", "1: stacks: is not a mapping of keys"),
    (
        LEVELS,
        "stacks:\n  stagin: {}",
        "2: stacks.stagin: is not a stack of the project: there is no Pulumi.stagin.yaml",
    ),
    (LEVELS, "stacks: {prod: {image-pins: advisory}}", f"1: stacks.prod.image-pins: advisory {ONLY}"),
    (LEVELS, "stacks: {prod: {all: disabled}}", f"1: stacks.prod.all: disabled {ONLY}"),
    (EXEMPTIONS, "a: b", "1: is not a list"),
    (EXEMPTIONS, EXEMPTION.replace("  since: 2026-12-01\n", ""), "1: [0].since: is required"),
    (
        EXEMPTIONS,
        EXEMPTION.replace("image-pins", "image-pin"),
        "1: [0].rule: image-pin is not one of those that exist; did",
    ),
    (EXEMPTIONS, EXEMPTION.replace("2026-12-01", "soon"), "6: [0].since: soon is not a day, for example 2027-01-31"),
    (EXEMPTIONS, EXEMPTION.replace("2026-12-31", "2027-12-31"), f"is not within {LONGEST_EXEMPTION} days after since"),
    (
        EXEMPTIONS,
        EXEMPTION.replace("prod", "prood"),
        "2: [0].stack: is not a stack of the project: there is no Pulumi.prood",
    ),
    (LEDGER, "a: [", "2: is not valid YAML"),
    (LEDGER, "\n- b", "2: is not a mapping of URNs"),
    (LEDGER, "a: {provider: main}", "1: a: is not a Pulumi URN"),
    (LEDGER, "urn:pulumi:prod::slipway::a::b: {}", "names no provider, for example {provider: main"),
    (LEDGER, "urn:pulumi:prod::slipway::a::b: {provider: main, named: [x]}", "named: is not a mapping of text"),
]


@pytest.fixture
def own(project: Copy) -> Copy:
    """A copy of the project with a pack of its own, which others have as a link."""
    (project.root / "policies").unlink()
    shutil.copytree(PACK, project.root / "policies")
    return project


@pytest.mark.parametrize(("file", "text", "problem"), MISTAKES, ids=[problem for _, _, problem in MISTAKES])
def test_a_mistake_is_one_line(own: Copy, file: str, text: str, problem: str) -> None:
    """Its file and line, the value, and what is allowed; the exit status is that of bad input."""
    (own.root / file).write_text(f"{text}\n", encoding="utf-8")
    run = own.slipway("check")
    assert run.status == 2
    (line,) = run.err.splitlines()
    assert line.startswith(f"{file}:")
    assert problem in line


@pytest.mark.parametrize("command", ["preview", "policies", "ledger"])
@pytest.mark.parametrize("file", [LEVELS, EXEMPTIONS, LEDGER])
def test_every_command_that_needs_a_file_refuses_it(own: Copy, command: str, file: str) -> None:
    """Before the program runs or the pack starts; a ledger alone needs no levels."""
    if command == "ledger" and file != LEDGER:
        pytest.skip("`slipway ledger` starts no pack")
    (own.root / file).write_text("\na: [\n", encoding="utf-8")
    run = own.slipway(command, "--stack", "prod")
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith(f"{file}:3: is not valid YAML")


def test_every_mistake_of_all_files_is_named_at_once(own: Copy) -> None:
    """In the order of files and lines."""
    (own.root / LEVELS).write_text("default: {all: strict}\nstacks: {prood: {}}\n", encoding="utf-8")
    (own.root / EXEMPTIONS).write_text("[7]\n", encoding="utf-8")
    (own.root / LEDGER).write_text("[]\n", encoding="utf-8")
    lines = own.slipway("check").err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{LEDGER}:1", f"{EXEMPTIONS}:1", f"{LEVELS}:1", f"{LEVELS}:2"]


def test_files_that_say_nothing_are_accepted(own: Copy) -> None:
    """Empty layers, an empty list and an empty ledger; so is an exemption whose days are quoted."""
    (own.root / LEVELS).write_text("default:\nenvironments:\n  local:\nstacks:\n  prod:\n", encoding="utf-8")
    (own.root / LEDGER).write_text("# nothing\n", encoding="utf-8")
    (own.root / EXEMPTIONS).write_text(EXEMPTION, encoding="utf-8")
    assert own.slipway("check").status == 0


def test_the_longest_exemption_is_that_of_the_pack() -> None:
    """The pack has its own number, since it is installed without the tool."""
    text = (PACK / "framework" / "exemptions.py").read_text(encoding="utf-8")
    assert f"LONGEST = {LONGEST_EXEMPTION}\n" in text


BAD_CONFIGURATION = [
    ('{\n  "all": "advisory",\n}', "levels.json:3: is not JSON: "),
    ("[]", "levels.json:1: is not a mapping of rules"),
    (
        '{\n\t"image-pinz": "advisory"\n}',
        "levels.json:2: image-pinz: advisory is not a rule; did you mean 'image-pins'?",
    ),
    ('{"image-pins":\n{"immutable": []}}', "levels.json:2: image-pins.immutable: is not a setting of image-pins"),
    ('{"image-pins": "strict"}', "levels.json:1: image-pins: strict is not one of those that exist"),
    (
        '{"image-registries": {"allowedRegistries":\n\n["quay.io", 3]}}',
        "levels.json:3: image-registries.allowedRegistries[1]: 3 is not text",
    ),
]


@pytest.mark.parametrize(("text", "problem"), BAD_CONFIGURATION, ids=[problem for _, problem in BAD_CONFIGURATION])
def test_a_mistake_in_a_file_for_pulumi_is_one_line(project: Copy, text: str, problem: str) -> None:
    """Before the program runs, with the line of the file."""
    (project.root / "levels.json").write_text(text, encoding="utf-8")
    run = project.slipway("preview", "--stack", "prod", "--policy-config", "levels.json")
    assert (run.status, run.out) == (2, "")
    (line,) = run.err.splitlines()
    assert problem in line


def test_a_level_that_pulumi_alone_knows_is_no_mistake(project: Copy) -> None:
    """`remediate` is of Pulumi, and its file may serve both."""
    file = project.root / "levels.json"
    file.write_text('{"image-pins": "remediate", "cost-tags": {"enforcementLevel": "remediate"}}', encoding="utf-8")
    assert configuration(file, PolicyPack(PACK))["image-pins"] == "remediate"


@pytest.mark.parametrize(("file", "text", "problem"), MISTAKES[:2] + MISTAKES[4:6] + MISTAKES[16:17])
@pytest.mark.parametrize("option", ["--policy-config", "--policy-pack", "--policy-base"])
def test_mistakes_in_a_folder_that_the_command_line_names_are_found_too(
    own: Copy, file: str, text: str, problem: str, option: str
) -> None:
    """As in the project's own, with the folder as it was written."""
    elsewhere = own.root.parent / "elsewhere"
    shutil.copytree(PACK, elsewhere / "policies", dirs_exist_ok=True)
    (elsewhere / file).write_text(f"{text}\n", encoding="utf-8")
    named = elsewhere if option == "--policy-base" else elsewhere / "policies"
    run = own.slipway("preview", "--stack", "prod", "--no-against", option, str(named))
    assert (run.status, run.out) == (2, "")
    (line,) = run.err.splitlines()
    assert line.startswith(f"{elsewhere / file}:{problem.partition(':')[0]}: ")
    assert problem in line


def test_levels_for_stacks_of_several_projects_are_accepted_where_they_are_shared(own: Copy) -> None:
    """A folder that is not the project's own may know stacks that the project has not."""
    shared = own.root.parent / "shared"
    shutil.copytree(PACK, shared)
    (shared / "stacks.yaml").write_text("stacks: {another: {image-pins: {immutableRegistries: []}}}\n")
    refuse_mistakes_in(shared, "shared", PolicyPack(PACK))
    shutil.copy(shared / "stacks.yaml", own.root / LEVELS)
    with pytest.raises(InvalidSettings, match="is not a stack of the project"):
        refuse_mistakes(find_project(own.root))
