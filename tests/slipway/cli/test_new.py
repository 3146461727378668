"""`slipway new system`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from slipway.cli.check import check
from slipway.cli.init import init
from slipway.cli.new import new_system
from slipway.cli.pack_choice import PackOptions
from slipway.cli.preview import Comparing, preview
from slipway.settings.problems import InvalidSettings
from tests.slipway.cli.conftest import ROOT, Copy
from tests.slipway.compose.translating import FIXTURES

GUIDE = (ROOT / "docs" / "from-compose.md").read_text(encoding="utf-8")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A project of one's own on a local cluster, whose program is this checkout."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "slipway").symlink_to(ROOT)
    init(tmp_path / "project", "local", keep=False)
    return tmp_path / "project"


def evaluated(project: Path) -> int:
    options = PackOptions()
    return preview(
        project, None, None, output="text", every=False, pack_options=options, comparing=Comparing(alone=True)
    )


def deploy(project: Path, name: str) -> None:
    file = project / "Pulumi.local.yaml"
    file.write_text(file.read_text() + f"        {name}:\n          blue: {{version: 1.0.0}}\n")


def test_a_small_system_is_valid_and_judged(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it is written, on the stack that a new project has."""
    assert new_system(own, "big-shop", None) == 0
    text = (own / "systems" / "big-shop" / "system.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=../../slipway/systems/system.schema.json\n")
    assert "«" not in text
    assert check(own) == 0
    deploy(own, "big-shop")
    assert evaluated(own) == 0
    assert "Policies: 0 violations" in capsys.readouterr().out


def test_the_guide_is_true(own: Path) -> None:
    """Its file is translated to what it shows, and its commands lead to a judged preview."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
    compose, health, stack = [text for kind, text in blocks if kind == "yaml"]
    commands = [shlex.split(line) for kind, text in blocks if kind == "sh" for line in text.splitlines()]
    assert [each[:2] for each in commands] == [
        ["slipway", "init"], ["cd", "project"], ["slipway", "new"], ["slipway", "check"], ["slipway", "preview"],
    ]  # fmt: skip
    (own.parent / "compose.yaml").write_text(compose)
    copy = Copy(own)
    output = copy.slipway(*commands[2][1:])
    assert output.status == 0, output.err
    (shown,) = [text for kind, text in blocks if kind == "console" and text.startswith("Wrote")]
    assert output.out[: len(shown)] == shown
    assert "not-for-production" not in output.everything
    refused = copy.slipway(*commands[3][1:])
    assert refused.status == 2
    assert copy.edit("systems/shop/system.yaml", "    health: {by: none}\n", health) == 24
    assert copy.slipway(*commands[3][1:]).out == "2 systems and 1 stack are valid\n"
    (own / "Pulumi.local.yaml").write_text((own / "Pulumi.local.yaml").read_text() + stack)
    planned = copy.slipway(*commands[4][1:], "--no-against")
    assert planned.status == 0, planned.everything
    assert "Policies: 0 violations" in planned.out
    assert "not-for-production" not in (own / "systems" / "shop" / "system.yaml").read_text()


def test_nothing_is_overwritten(own: Path) -> None:
    """A folder of that name is refused, whatever is in it; so is a name that no system can have."""
    before = sorted(each.as_posix() for each in own.glob("systems/**/*"))
    for name, rule in (
        ("hello", "systems/hello exists; choose another --name. Nothing was written"),
        ("Shop_1", "--name Shop_1 is not a name .*, for example shop"),
        ("monitoring", "is a reserved name: choose another than cluster"),
        (None, "needs --name, or --from with a file of Docker Compose"),
    ):
        with pytest.raises(InvalidSettings, match=rule):
            new_system(own, name, None)
    assert sorted(each.as_posix() for each in own.glob("systems/**/*")) == before


def test_a_file_that_cannot_be_read_leaves_nothing_behind(own: Path) -> None:
    """Missing, or not of Compose."""
    (own / "bad.yaml").write_text("services: [a]\n")
    for file, rule in (
        (own / "none.yaml", "none.yaml: does not exist"),
        (own / "bad.yaml", r"bad\.yaml:1: services: is not of the form"),
    ):
        with pytest.raises(InvalidSettings, match=rule):
            new_system(own, "shop", file)
    assert not (own / "systems" / "shop").exists()


def test_the_command_translates_and_says_no_secret(own: Path) -> None:
    """By the name of the file's folder where none is given."""
    run = Copy(own).slipway("new", "system", "--from", str(FIXTURES / "compose.yaml"))
    assert run.status == 0, run.err
    text = (own / "systems" / "fixtures" / "system.yaml").read_text()
    assert "canary" not in run.everything + text
    assert "\n  1. slipway check accepts it\n" in run.out
    assert f"{FIXTURES}/compose.yaml:71: services.api.volumes.0: is a disk that worker mounts too" in run.out
    assert set(yaml.safe_load(text)) == {
        "title",
        "owner",
        "domains",
        "services",
        "databases",
        "caches",
        "queue",
        "secrets",
    }
