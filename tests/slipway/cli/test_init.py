"""`slipway init`: a project of one's own, whose program is Slipway's."""

from __future__ import annotations

import os
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
from slipway.settings.load import load_stack
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.forking import forked_workers
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
    with forked_workers():
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


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_thresholds_hold_for_a_stack_of_another_name(pinned: Path, cloud: str) -> None:
    """A second stack, or one that is renamed or split off, is judged by the same registries, regions and tags."""
    init(pinned, cloud, keep=False)
    levels = yaml.safe_load((pinned / "policies" / "stacks.yaml").read_text(encoding="utf-8"))
    assert levels["default"]["image-registries"]["allowedRegistries"]
    assert levels["default"]["data-residence"]["allowedRegions"][cloud]
    assert levels["default"]["cost-tags"] == {"own": ["cost-center"]}
    assert set(levels["stacks"]) == {stack_of(cloud)}
    assert set(levels["stacks"][stack_of(cloud)] or {}) <= {"iam-trust"}


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
    assert sorted(found) == sorted(starter("local", "slipway", "slipway"))
    with pytest.raises(InvalidSettings, match="is a project already"):
        init(pinned, "local", keep=True)


def test_another_cloud_is_refused(tmp_path: Path) -> None:
    """With the nearest name; all clouds of the program have a beginning."""
    with pytest.raises(InvalidSettings, match=r"--cloud asure is not supported; did you mean 'azure'"):
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
    """What holds for every project is the same text; its registries, regions and tags are the project's."""
    files = starter(cloud, "slipway", "slipway")
    own, ours = (yaml.safe_load(text) for text in (files["policies/stacks.yaml"], _read("policies/stacks.yaml")))
    for rule in ("cost-tags", "image-registries", "data-residence"):
        own["default"].pop(rule, None)
    assert (own["default"], own["environments"]) == (ours["default"], ours["environments"])
    assert set(own["stacks"]) == {stack_of(cloud)}
    assert files[f"ledger/{stack_of(cloud)}.yaml"] == ledger.as_yaml({})
    assert not [name for name, text in files.items() if "«" in text or "»" in text]


def test_pipelines_are_well_formed_and_pinned_as_ours(tmp_path: Path) -> None:
    """By the schemas of GitHub and GitLab; each action at the commit that Slipway's own workflows use."""
    files = {name: text for name, text in starter("aws", "slipway", "slipway").items() if name.endswith(".yml")}
    assert len(files) == 4
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


def test_pipelines_install_once_for_each_lock_file() -> None:
    """GitHub's by a key of its content; a pull request restores what only the default branch saves."""
    files = starter("aws", "slipway", "slipway")
    keys: dict[str, dict[str, str]] = {}
    for name in ("base-plans", "preview", "release"):
        workflow = yaml.safe_load(files[f".github/workflows/{name}.yml"])
        uses = [step for job in workflow["jobs"].values() for step in job["steps"] if "cache" in step.get("uses", "")]
        assert {step["uses"].partition("@")[0] for step in uses} == {
            "actions/cache/restore" if name == "preview" else "actions/cache"
        }
        keys[name] = {step["with"]["path"]: step["with"]["key"] for step in uses}
    environment = "base/slipway/.venv"
    assert keys["preview"].keys() == keys["base-plans"].keys()
    assert keys["preview"][environment] == keys["base-plans"][environment]
    for key in (keys["preview"][environment], keys["release"]["slipway/.venv"]):
        assert all(f"slipway/{file}'" in key for file in ("requirements.txt", "pyproject.toml", "Makefile"))


def test_gitlab_restores_the_environment_that_the_default_branch_saves(tmp_path: Path) -> None:
    """Where folder and lock files are the same; else it installs."""
    pipeline = yaml.safe_load(starter("aws", "slipway", "slipway")[".gitlab-ci.yml"])
    saved, restored = pipeline["environment"]["cache"], pipeline[".base"]["cache"]
    assert (saved["policy"], restored["policy"]) == ("push", "pull")
    assert {**saved, "policy": ""} == {**restored, "policy": ""}
    assert saved["key"]["files"] == ["slipway/requirements.txt", "slipway/pyproject.toml"]
    project, program = tmp_path / "project", tmp_path / "base" / "slipway"
    (program / ".venv").mkdir(parents=True)
    project.mkdir()
    for name in ("requirements.txt", "pyproject.toml", "Makefile"):
        (program / name).write_text(name)
    environment = pipeline[".base"]["variables"]

    def run(*steps: str) -> None:
        command = ["bash", "-euc", "\n".join(steps)]
        subprocess.run(command, cwd=project, env={**os.environ, **environment}, check=True)

    run(*pipeline["environment"]["script"][3:])
    assert (project / ".environment").is_dir()
    restore = next(step for step in pipeline["preview"]["script"] if ".environment" in step)
    (program / "requirements.txt").write_text("another")
    run(restore)
    assert not (program / ".venv").exists()
    (program / "requirements.txt").write_text("requirements.txt")
    run(restore)
    assert (program / ".venv" / ".runtime").exists()


def test_make_installs_again_after_an_upgrade(tmp_path: Path) -> None:
    """Whether the packages or only the tool moved."""
    (tmp_path / "Makefile").write_text(starter("aws", "slipway", "slipway")["Makefile"])
    program = tmp_path / "slipway"
    (program / ".venv").mkdir(parents=True)
    (program / "Makefile").write_text(".PHONY: .venv/.runtime\n.venv/.runtime:\n\t@echo installed\n")
    for age, name in enumerate(("requirements.txt", "pyproject.toml", ".venv/.runtime")):
        (program / name).touch()
        os.utime(program / name, (age, age))
    command = ["make", "--no-print-directory", "slipway/.venv/.runtime"]

    def made() -> bool:
        return "installed" in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert not made()
    os.utime(program / "pyproject.toml", (9, 9))
    assert made()


def _workflows() -> list[str]:
    return [f".github/workflows/{each.name}" for each in (ROOT / ".github" / "workflows").glob("*.yml")]


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("folder", "name"), [("shop", "shop"), ("Acme Shop_2", "acme-shop-2"), ("2026-shop", "shop"), ("a" * 60, "a" * 40)]
)
def test_a_project_is_called_as_its_folder(tmp_path: Path, folder: str, name: str) -> None:
    """What of its name is legal, in `Pulumi.yaml` and in the keys of the stack."""
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "slipway").symlink_to(ROOT)
    init(tmp_path / folder, "local", keep=False)
    project = find_project(tmp_path / folder)
    assert project.name == name
    assert load_stack(project, "local").clusters.keys() == {"main"}


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_projects_in_one_account_do_not_clash(tmp_path: Path, cloud: str) -> None:
    """Whatever one stack and one cluster of two projects are called: clusters, and so all names that begin with theirs."""
    called: set[str] = set()
    for name in ("shop", "bank"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "slipway").symlink_to(ROOT)
        init(tmp_path / name, cloud, name=name, keep=False)
        called.add(load_stack(find_project(tmp_path / name), "staging").cluster_name("main"))
    assert called == {"shop-staging-main", "bank-staging-main"}


@pytest.mark.parametrize(
    ("folder", "name", "message"),
    [
        ("2026", None, "2026 gives no name to a project: pass one with --name, for example --name shop"),
        ("shop", "My Shop", "--name My Shop: is not a name"),
    ],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, folder: str, name: str | None, message: str) -> None:
    """Before anything is written."""
    with pytest.raises(InvalidSettings) as refused:
        init(tmp_path / folder, "local", name=name, keep=False)
    assert message in str(refused.value)
    assert not (tmp_path / folder).exists()
