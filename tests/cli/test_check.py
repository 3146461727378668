"""`slipway check`, `slipway why` and `--help`."""

from __future__ import annotations

from tests.cli.conftest import Copy


def test_check_says_what_is_well_formed(project: Copy) -> None:
    """All systems and stacks, exit status 0."""
    run = project.slipway("check")
    assert (run.status, run.out) == (0, "5 systems and 3 stacks are well formed\n")


def test_check_tells_the_problems_of_every_file_at_once(project: Copy) -> None:
    """One line a problem, in the order of files and lines, each once although three stacks use the system."""
    project.edit("systems/fleet/system.yaml", "port: 3000", "port: 70000")
    project.edit("Pulumi.prod.yaml", "region: us-east-1", "region: us-east-9")
    run = project.slipway("check")
    assert run.status == 2
    lines = run.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["Pulumi.prod.yaml", "systems/fleet/system.yaml"]
    assert "70000 is not a port (1–65535), for example 3000" in lines[1]


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
