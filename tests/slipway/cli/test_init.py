"""`slipway init`: a project of one's own, whose program is Slipway's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from slipway.cli import blueprint
from slipway.cli.init import CLOUDS, init, stack_of, starter
from slipway.cli.pack_choice import PackOptions, chosen_pack
from slipway.cli.preview import Comparing, preview
from slipway.reports import ledger
from slipway.settings.clouds import CLOUDS as SETTINGS
from slipway.settings.problems import InvalidSettings
from tests.slipway.cli.conftest import ROOT


def contents(root: Path) -> dict[str, str]:
    """Every file of a folder that is not the program's."""
    files = (each for each in root.rglob("*") if each.is_file() and "slipway" not in each.relative_to(root).parts[:1])
    return {each.relative_to(root).as_posix(): each.read_text(encoding="utf-8") for each in files}


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    """A folder in which a checkout of Slipway already lies, as a submodule would."""
    (tmp_path / "slipway").symlink_to(ROOT)
    return tmp_path


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_a_new_project_is_judged_at_once(pinned: Path, capsys: pytest.CaptureFixture[str], cloud: str) -> None:
    """By every rule, and without a finding: its example is good, its levels are its own, and it has one stack."""
    assert init(pinned, cloud, keep=False) == 0
    status = preview(
        pinned, None, None, output="text", every=False, pack_options=PackOptions(), comparing=Comparing(alone=True)
    )
    output = capsys.readouterr().out
    assert status == 0, output
    assert re.search(r"Policies: 0 violations, 0 warnings \(\d+( of \d+)? rules\)", output)


def test_what_the_examples_decide_belongs_to_them_alone(pinned: Path) -> None:
    """An account or registry of the examples that is no longer allowed here is refused: the levels are the project's."""
    init(pinned, "aws", keep=False)
    assert "marketplace" not in "".join(contents(pinned).values())
    assert not {*blueprint.DECIDED} & {*blueprint.released()}
    assert not [name for name in blueprint.released() if re.match(r"systems/.*/|ledger/|Pulumi\.", name)]


def test_a_pack_that_is_named_judges_by_the_levels_of_the_project(pinned: Path) -> None:
    """Whether its checkout lies in the project or is linked there; another pack has its own."""
    init(pinned, "local", keep=False)
    (pinned / "other").mkdir()
    (pinned / "other" / "PulumiPolicy.yaml").touch()
    for named, data in ((pinned / "slipway" / "policies", pinned / "policies"), (pinned / "other", None)):
        with chosen_pack(PackOptions([named]), pinned) as chosen:
            assert [(each.path, each.data) for each in chosen.packs or ()] == [(named, data)]
    (pinned / "policies" / "stacks.yaml").unlink()
    with (
        pytest.raises(InvalidSettings, match=r"policies/stacks\.yaml: does not exist"),
        chosen_pack(PackOptions([pinned / "slipway" / "policies"]), pinned),
    ):
        pass


def test_the_three_steps_are_printed(pinned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the stack and the folder of this project."""
    init(pinned, "azure", keep=False)
    output = capsys.readouterr().out
    assert re.findall(r"^(\d)\. ", output, re.MULTILINE) == ["1", "2", "3"]
    assert f"slipway preview --stack staging --cwd {pinned}" in output
    assert "The program is slipway/\n" in output


def test_a_file_is_never_overwritten(pinned: Path) -> None:
    """All that exist are named and nothing is written; `--keep` leaves them and writes the others."""
    for name in (".gitignore", "Makefile"):
        (pinned / name).write_text("mine\n")
    with pytest.raises(InvalidSettings, match=r"has \.gitignore, Makefile; move them, or pass --keep"):
        init(pinned, "local", keep=False)
    assert sorted(contents(pinned)) == [".gitignore", "Makefile"]
    assert init(pinned, "local", keep=True) == 0
    found = contents(pinned)
    assert (found[".gitignore"], found["Makefile"]) == ("mine\n", "mine\n")
    assert sorted(found) == sorted(starter("local", "slipway"))
    with pytest.raises(InvalidSettings, match="is a project already"):
        init(pinned, "local", keep=True)


def test_another_cloud_is_refused(tmp_path: Path) -> None:
    """With the nearest name; all clouds of the program have a beginning."""
    with pytest.raises(InvalidSettings, match=r"--cloud asure is none of .*did you mean 'azure'"):
        init(tmp_path / "new", "asure", keep=False)
    assert not (tmp_path / "new").exists()
    assert set(CLOUDS) == set(SETTINGS)


def test_a_failure_leaves_nothing_behind(pinned: Path) -> None:
    """What was written until then goes, and what was there stays."""
    (pinned / "systems").write_text("a file\n")
    with pytest.raises(InvalidSettings, match=r"systems.*cannot be written .*Nothing was written"):
        init(pinned, "local", keep=False)
    assert contents(pinned) == {"systems": "a file\n"}
    assert sorted(each.name for each in pinned.iterdir()) == ["slipway", "systems"]


def test_the_program_is_the_checkout_that_the_tool_is_part_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever in the project it lies; nothing is copied then."""
    (tmp_path / "vendor" / "pinned").mkdir(parents=True)
    monkeypatch.setattr(blueprint, "home", lambda: tmp_path / "vendor" / "pinned")
    init(tmp_path, "local", keep=False)
    assert yaml.safe_load((tmp_path / "Pulumi.yaml").read_text())["main"] == "vendor/pinned"
    assert not (tmp_path / "slipway").exists()
    assert "/vendor/pinned/ " in (tmp_path / ".github" / "CODEOWNERS").read_text()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_levels_and_ledger_begin_as_ours(cloud: str) -> None:
    """What holds for every project is the same text; thresholds of stacks are the project's."""
    files = starter(cloud, "slipway")
    own, ours = (yaml.safe_load(text) for text in (files["policies/stacks.yaml"], _read("policies/stacks.yaml")))
    assert (own["default"], own["environments"]) == (ours["default"], ours["environments"])
    assert set(own["stacks"]) == {stack_of(cloud)}
    assert files[f"ledger/{stack_of(cloud)}.yaml"] == ledger.as_yaml({})
    assert not [name for name, text in files.items() if "«" in text or "»" in text]


def test_pipelines_are_well_formed_and_pinned_as_ours(tmp_path: Path) -> None:
    """By the schemas of GitHub and GitLab; each action at the commit that Slipway's own workflows use."""
    files = {name: text for name, text in starter("aws", "slipway").items() if name.endswith(".yml")}
    assert len(files) == 3
    ours = set(re.findall(r"uses: (\S+@\S+ # \S+)", "".join(map(_read, _workflows()))))
    assert set(re.findall(r"uses: (\S+@\S+ # \S+)", "".join(files.values()))) <= ours
    by_schema: dict[str, list[str]] = {"vendor.gitlab-ci": [], "vendor.github-workflows": []}
    for name, text in files.items():
        (file := tmp_path / Path(name).name).write_text(text)
        by_schema["vendor.gitlab-ci" if "gitlab" in name else "vendor.github-workflows"].append(str(file))
    for schema, named in by_schema.items():
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *named]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _workflows() -> list[str]:
    return [f".github/workflows/{each.name}" for each in (ROOT / ".github" / "workflows").glob("*.yml")]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
