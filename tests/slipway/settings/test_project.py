from __future__ import annotations

from pathlib import Path

import pytest

from slipway.settings.problems import InvalidSettings
from slipway.settings.project import ConfigEntry, configuration, find_project, read_stack_file
from tests.slipway.settings.conftest import PROJECT, Workshop


def test_the_project_is_found_from_below(workshop: Workshop) -> None:
    """As the Pulumi CLI does, the nearest Pulumi.yaml upwards counts."""
    project = find_project(workshop.root / "systems" / "fleet")
    assert (project.root, project.name, project.stacks()) == (workshop.root.resolve(), "slipway", ["test"])


def test_no_project(tmp_path: Path) -> None:
    """Outside of a project the way there is told."""
    with pytest.raises(InvalidSettings, match=r"Pulumi\.yaml: does not exist in .* pass --cwd"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runtime: python\n", "Pulumi.yaml:1: name: is required, for example slipway"),
        ("name: 7\n", "Pulumi.yaml:1: name: is required, for example slipway"),
        ("name: x\nconfig: [a]\n", "Pulumi.yaml:2: config: is not a mapping of keys"),
        ("", "Pulumi.yaml:1: is empty"),
        (
            "name: x\nmain: 7\n",
            "Pulumi.yaml:2: main: is not a folder below this file's, as Pulumi requires, for example slipway",
        ),
        (
            "name: x\nmain: ../slipway\n",
            "Pulumi.yaml:2: main: is not a folder below this file's, as Pulumi requires, for example slipway",
        ),
        (
            "name: x\nmain: /slipway\n",
            "Pulumi.yaml:2: main: is not a folder below this file's, as Pulumi requires, for example slipway",
        ),
        (
            "name: x\nmain: pinned\n",
            "Pulumi.yaml:2: main: names no program: pinned/__main__.py does not exist; of a submodule: "
            "git submodule update --init, for example slipway",
        ),
    ],
)
def test_a_wrong_project_is_reported(workshop: Workshop, text: str, expected: str) -> None:
    """The project's own file is checked as far as it is read."""
    workshop.write("Pulumi.yaml", text)
    with pytest.raises(InvalidSettings) as caught:
        find_project(workshop.root)
    assert str(caught.value) == expected


def test_a_program_elsewhere_is_found_and_comes_first(workshop: Workshop) -> None:
    """`main` names it, as under Pulumi; what the project has itself lies over what comes with the program."""
    workshop.write("vendor/slipway/__main__.py", "")
    workshop.write("Pulumi.yaml", "name: x\nmain: ./vendor/slipway/\n")
    project = find_project(workshop.root)
    root = workshop.root.resolve()
    assert (project.main, project.places) == ("vendor/slipway", (root / "vendor" / "slipway", root))
    workshop.write("Pulumi.yaml", "name: x\nmain: .\n")
    workshop.write("__main__.py", "")
    assert find_project(workshop.root).places == (root,)


def test_defaults_are_the_project_s(workshop: Workshop) -> None:
    """A declaration's default, a value for every stack and a plain value all count; a type alone does not."""
    workshop.write("Pulumi.yaml", PROJECT + "  a: {type: integer}\n  b: 5\n  aws:region: {value: us-east-1}\n")
    assert workshop.project.defaults == {"slipway:systemsPath": "systems", "slipway:b": 5, "aws:region": "us-east-1"}


def test_configuration_is_what_the_engine_passes(workshop: Workshop) -> None:
    """Scalars are text, objects compact JSON, and one encrypted part makes the whole of an object secret."""
    workshop.write(
        "Pulumi.x.yaml",
        "config:\n"
        "  slipway:number: 7\n"
        "  slipway:flag: true\n"
        "  slipway:none:\n"
        "  short: é\n"
        "  slipway:systemsPath: elsewhere\n"
        "  slipway:object: {a: [1, é, null], b: {c: 0.5}}\n"
        "  slipway:password: {secure: v1:abc}\n"
        "  slipway:mixed: {user: u, password: {secure: v1:abc}, list: [{secure: v1:d}]}\n"
        "  aws:region: us-east-1\n",
    )
    config = read_stack_file(workshop.root / "Pulumi.x.yaml", "Pulumi.x.yaml")
    assert configuration(workshop.project, config, sealed="?") == {
        "aws:region": ConfigEntry("us-east-1"),
        "slipway:flag": ConfigEntry("true"),
        "slipway:mixed": ConfigEntry('{"list":["?"],"password":"?","user":"u"}', secret=True),
        "slipway:none": ConfigEntry(""),
        "slipway:number": ConfigEntry("7"),
        "slipway:object": ConfigEntry('{"a":[1,"é",null],"b":{"c":0.5}}'),
        "slipway:password": ConfigEntry("?", secret=True),
        "slipway:short": ConfigEntry("é"),
        "slipway:systemsPath": ConfigEntry("elsewhere"),
    }


def test_a_stack_file_may_be_without_configuration(workshop: Workshop) -> None:
    """What remains is the project's defaults."""
    workshop.write("Pulumi.x.yaml", "encryptionsalt: v1:abc\n")
    config = read_stack_file(workshop.root / "Pulumi.x.yaml", "Pulumi.x.yaml")
    assert configuration(workshop.project, config, sealed="?") == {"slipway:systemsPath": ConfigEntry("systems")}


def test_a_default_that_is_declared_secret_is_one(workshop: Workshop) -> None:
    """And what a stack sets for its key, in plain text too."""
    workshop.write("Pulumi.yaml", "name: slipway\nconfig: {token: {secret: true, default: t0ken}, size: 3}\n")
    project = find_project(workshop.root)
    assert configuration(project, {}, sealed="?") == {
        "slipway:size": ConfigEntry("3"),
        "slipway:token": ConfigEntry("t0ken", secret=True),
    }
    assert configuration(project, {"token": "other"}, sealed="?")["slipway:token"] == ConfigEntry("other", secret=True)
