"""`slipway check`, `slipway why` and `--help`."""

from __future__ import annotations

import re
import shutil

import typer
from typer.core import TyperGroup

from slipway.cli.command_groups import SECTIONS
from slipway.cli.main import app
from tests.slipway.cli.conftest import Copy


def test_check_says_what_is_well_formed(project: Copy) -> None:
    """All systems and stacks, exit status 0."""
    run = project.slipway("check")
    assert (run.status, run.out) == (0, "5 systems and 3 stacks are valid\n")


def test_check_notes_what_a_cloud_cannot_act_on(project: Copy) -> None:
    """One line a key of a stack, with the place that sets it, beside the result and not in its way."""
    line = project.edit("systems/kingstons/system.yaml", "title: ", "budget: {monthly: 100}\ntitle: ")
    run = project.slipway("check")
    (note,) = [each for each in run.err.splitlines() if "budget on main" in each]
    assert run.status == 0
    assert note.startswith("note: stack local: without effect here: budget on main (")
    assert f"systems/kingstons/system.yaml:{line}" in note
    assert note.endswith("): there is no bill")
    assert {each.partition(" without")[0] for each in run.err.splitlines()} == {"note: stack local:"}


def test_check_reports_the_problems_of_every_file_at_once(project: Copy) -> None:
    """One line a problem, in the order of files and lines, each once although three stacks use the system."""
    project.edit("systems/fleet/system.yaml", "port: 3000", "port: 70000")
    project.edit("Pulumi.prod.yaml", "region: us-east-1", "region: us-east-9")
    run = project.slipway("check")
    assert run.status == 2
    lines = run.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Pulumi.prod.yaml", "systems/fleet/system.yaml"]
    assert "70000 is not a port (1–65535), for example 3000" in lines[1]


def test_check_reports_the_lines_of_sql_files(project: Copy) -> None:
    """Beside the problems of settings; one file in another encoding, one that psql would obey."""
    folder = project.root / "systems/fleet/migrations"
    up, down = folder / "005_personal_business_use.sql", folder / "005_rollback.sql"
    lines = up.read_text(encoding="utf-8").count("\n") + 1
    up.write_text(up.read_text(encoding="utf-8") + "\\! id\n", encoding="utf-8")
    down.write_text(down.read_text(encoding="utf-8"), encoding="utf-16")
    run = project.slipway("check")
    assert (run.status, run.err.splitlines()) == (
        2,
        [
            f"systems/fleet/migrations/005_personal_business_use.sql:{lines}: is a command of psql's, not SQL",
            "systems/fleet/migrations/005_rollback.sql:1: is in UTF-16: save it as UTF-8",
        ],
    )


def test_check_works_below_the_projects_folder(project: Copy) -> None:
    """The project is found as Pulumi finds it."""
    run = project.slipway("check", "--cwd", "systems/fleet")
    assert run.status == 0


def test_check_outside_a_project_says_where_to_go(project: Copy) -> None:
    """Exit status 2 and the fix."""
    run = project.slipway("check", "--cwd", "/")
    assert run.status == 2
    assert "Pulumi.yaml: does not exist" in run.err


def test_why_names_the_lines_of_definition_and_stack(project: Copy) -> None:
    """The service's line in the system, and the stack's override of its replicas."""
    line = project.edit(
        "Pulumi.local.yaml",
        "          blue: {version: personal-use-v1.0.0}\n",
        "          blue: {version: personal-use-v1.0.0}\n          services: {fleet-api: {replicas: {minimum: 1}}}\n",
    )
    run = project.slipway("why", "HorizontalPodAutoscaler::fleet/fleet-api-blue", "--stack", "local")
    assert run.status == 0, run.err
    assert "systems/fleet/system.yaml:" in run.out
    assert f"Pulumi.local.yaml:{line + 1}" in run.out


def test_why_of_an_unknown_urn_suggests_the_nearest(project: Copy) -> None:
    """Exit status 2."""
    run = project.slipway("why", "fleet/fleet-api-bleu", "--stack", "local")
    assert run.status == 2
    assert "fleet/fleet-api-blue" in run.err


def test_help_lists_the_commands(project: Copy) -> None:
    """`--help` at the top and of a command."""
    top, preview = project.slipway("--help"), project.slipway("preview", "--help")
    assert all(word in top.out for word in ("preview", "check", "why"))
    assert all(word in preview.out for word in ("--stack", "--config", "--format", "--resources"))


def test_help_shows_each_command_once_with_all_that_it_does(project: Copy) -> None:
    """Below what it is for, in whole sentences; the exit statuses follow."""
    shown = project.slipway("--help").out
    lines = re.findall(r"^  ([a-z][a-z-]*)  +\S", shown, re.MULTILINE)
    commands = typer.main.get_command(app)
    assert isinstance(commands, TyperGroup)
    assert sorted(lines) == sorted(commands.commands) == sorted(name for names in SECTIONS.values() for name in names)
    assert [title for title in SECTIONS if f"\n{title}:\n" not in shown] == []
    assert "..." not in shown.partition("\nBegin a project:")[2]
    assert "Exit status: 0 fine" in shown


def test_help_names_no_type_of_python(project: Copy) -> None:
    """Options that may be repeated say what they take."""
    for command in (("preview",), ("split",), ("rehearse",), ("prices", "update")):
        assert "list[" not in project.slipway(*command, "--help").out


def test_check_reads_the_systems_that_a_stack_names(project: Copy) -> None:
    """`systemsPath` of a stack counts, as it does for a preview; the usual folder is checked as long as it is there."""
    shutil.copytree(project.root / "systems", project.root / "others")
    project.edit("Pulumi.local.yaml", "config:\n", "config:\n  slipway:systemsPath: others\n")
    assert project.slipway("check").out == "10 systems and 3 stacks are valid\n"
    project.edit("others/fleet/system.yaml", "port: 3000", "port: 70000")
    broken = project.slipway("check")
    assert broken.status == 2
    assert [line.split(":")[0] for line in broken.err.splitlines()] == ["others/fleet/system.yaml"]


def test_check_of_stacks_that_all_name_another_folder(project: Copy) -> None:
    """The usual folder need not exist; one that a stack names must."""
    (project.root / "systems").rename(project.root / "others")
    for stack in ("local", "prod", "staging"):
        project.edit(f"Pulumi.{stack}.yaml", "config:\n", "config:\n  slipway:systemsPath: others\n")
    assert project.slipway("check").out == "5 systems and 3 stacks are valid\n"
    project.edit("Pulumi.local.yaml", "systemsPath: others", "systemsPath: other")
    missing = project.slipway("check")
    assert missing.status == 2
    assert missing.err.startswith("Pulumi.local.yaml:4: systemsPath: 'other' has no folder with a system.yaml")
    assert len(missing.err.splitlines()) == 1


def test_one_is_not_several(project: Copy) -> None:
    """Numbers and nouns agree."""
    (project.root / "policies").unlink()
    for stack in ("prod", "staging"):
        (project.root / f"Pulumi.{stack}.yaml").unlink()
    for system in ("expenses", "kingstons", "marketplace", "smartwallet"):
        shutil.rmtree(project.root / "systems" / system)
    (project.root / "Pulumi.local.yaml").write_text(
        "config:\n  slipway:environment: local\n  slipway:clusters:\n    main:\n      cloud: local\n"
        "      systems: {fleet: {blue: {version: v1}}}\n"
    )
    assert project.slipway("check").out == "1 system and 1 stack are valid\n"


def test_a_false_positive_has_a_way_round(project: Copy) -> None:
    """With a reason, for a name and for a form; without one it is told how to give it."""
    name = "{secret: JWT_SECRET}"
    project.edit("systems/fleet/system.yaml", name, "correct-horse")
    refused = project.slipway("check")
    assert refused.status == 2
    assert "{plain: …, reason: …}" in refused.err
    project.edit("systems/fleet/system.yaml", "correct-horse", "{plain: correct-horse, reason: the demo says it aloud}")
    assert project.slipway("check").status == 0, project.slipway("check").err
    project.edit("systems/fleet/system.yaml", "plain: correct-horse", "plain: AKIAIOSFODNN7EXAMPLE")
    assert project.slipway("check").status == 0
    project.edit("systems/fleet/system.yaml", ", reason: the demo says it aloud", "")
    missing = project.slipway("check")
    assert missing.status == 2
    assert "reason: is required" in missing.err
    assert "AKIA" not in missing.err


def test_a_missing_key_is_named_in_full(project: Copy) -> None:
    """With an example; the line is that of what lacks it."""
    project.edit("Pulumi.prod.yaml", '      budgetStart: "2026-11-01"\n', "")
    run = project.slipway("check")
    assert run.status == 2
    message = 'clusters.fleet.budgetStart: is required with a budget, for example "2026-11-01"'
    assert run.err.splitlines()[0].endswith(message)
