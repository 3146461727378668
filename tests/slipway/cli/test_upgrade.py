"""`slipway upgrade`: the pin of `main` moves to another version, or everything stays as it was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from slipway.cli import blueprint, upgrade
from slipway.cli.init import starter
from slipway.settings.problems import InvalidSettings
from tests.forking import forked_workers

PROGRAM = """
import pulumi
from slipway.settings.project import find_project

class Bucket(pulumi.CustomResource):
    pass

for name in NAMES:
    Bucket("aws:s3/bucket:Bucket", name, {"acl": "ACL"})
"""
PACK = Path(__file__).parent / "programs" / "packs" / "buckets"
FIRST, SECOND = (
    "# Changelog\n\n## 1.0.0\n\n- begun\n",
    "# Changelog\n\n## 1.1.0\n\n- a second bucket\n\n## 1.0.0\n\n- begun\n",
)


def git(folder: Path, *words: str) -> str:
    named = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def release(folder: Path, names: list[str], changelog: str, acl: str = "private") -> None:
    """The files of a version of the program, small and with a pack of one rule."""
    folder.mkdir(exist_ok=True)
    (folder / "__main__.py").write_text(PROGRAM.replace("NAMES", str(names)).replace("ACL", acl))
    (folder / "CHANGELOG.md").write_text(changelog)
    (folder / ".gitignore").write_text("__pycache__/\n")
    shutil.copytree(PACK, folder / "policies", dirs_exist_ok=True)


def commit(folder: Path, tag: str = "") -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x")
    if tag:
        git(folder, "tag", tag)


def files(folder: Path) -> dict[str, bytes]:
    found = (each for each in sorted(folder.rglob("*")) if each.is_file() and ".git" not in each.parts)
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in found if "__pycache__" not in each.parts}


def run(cwd: Path, to: str | None, stack: str | None, *, anyway: bool, dry: bool) -> int:
    with forked_workers():
        return upgrade.upgrade(cwd, to, stack, anyway=anyway, dry=dry)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with the versions 1.0.0, 1.1.0, and one whose buckets are public."""
    folder = tmp_path / "origin"
    release(folder, ["a"], FIRST)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "v1.0.0")
    release(folder, ["a"], SECOND, acl="public-read")
    commit(folder)
    git(folder, "branch", "public")
    release(folder, ["a", "b"], SECOND)
    commit(folder, "v1.1.0")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one stack that has no program yet."""
    folder = tmp_path / "shop"
    for name, text in starter("local", "slipway", "slipway").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    return folder


@pytest.fixture
def submodule(project: Path, origin: Path) -> Path:
    git(project, "submodule", "add", "--quiet", str(origin), "slipway")
    git(project / "slipway", "checkout", "--quiet", "v1.0.0")
    commit(project)
    return project


@pytest.fixture
def copy(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of 1.0.0, and a tool that has 1.1.0 without one of its files."""
    release(project / "slipway", ["a"], FIRST)
    (project / "slipway" / "old.py").write_text("")
    commit(project)
    release(tmp_path / "tool", ["a", "b"], SECOND)
    released = {name: tmp_path / "tool" / name for name in files(tmp_path / "tool")}
    monkeypatch.setattr(blueprint, "released", lambda: released)
    return project


def test_the_newest_version_of_a_submodule(submodule: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its effect on the stack, its part of the changelog, and the pin in the working tree."""
    assert run(submodule, None, None, anyway=False, dry=False) == 0
    output = capfd.readouterr().out
    assert "create aws:s3/bucket:Bucket b" in output
    assert "## 1.1.0\n- a second bucket\n" in output
    assert "- begun" not in output
    assert git(submodule / "slipway", "describe", "--tags") == "v1.1.0"
    assert git(submodule, "status", "--porcelain") == "M slipway"


def test_a_copy_becomes_that_of_the_tool(copy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that the release no longer has is gone, and what git ignores stays."""
    (copy / "slipway" / ".venv").mkdir()
    (copy / "slipway" / ".venv" / "kept").touch()
    (copy / ".git" / "info" / "exclude").write_text(".venv\n")
    assert run(copy, None, "local", anyway=False, dry=False) == 0
    assert "create aws:s3/bucket:Bucket b" in capfd.readouterr().out
    assert files(copy / "slipway") == files(tmp_path / "tool") | {".venv/kept": b""}
    commit(copy)
    with pytest.raises(InvalidSettings, match="already"):
        run(copy, None, None, anyway=False, dry=False)


def test_what_does_not_pass_stays(submodule: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Unless it is moved anyway; the status is that of the preview."""
    before = files(submodule)
    assert run(submodule, "public", None, anyway=False, dry=False) == 1
    assert "stays as it is: public" in capfd.readouterr().out
    assert files(submodule) == before
    assert git(submodule, "status", "--porcelain") == ""
    assert run(submodule, "public", None, anyway=True, dry=False) == 1
    assert b"public-read" in files(submodule)["slipway/__main__.py"]


def test_a_dry_run_changes_nothing(submodule: Path) -> None:
    assert run(submodule, "v1.1.0", None, anyway=False, dry=True) == 0
    assert git(submodule, "status", "--porcelain") == ""


def test_a_failure_in_the_middle_is_undone(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full after half of the files."""
    before = files(copy)
    write = upgrade._write

    def full(folder: Path, changed: dict[str, Path]) -> None:
        write(folder, dict(list(changed.items())[:2]))
        if folder == copy / "slipway":
            (folder / "new.py").touch()
            raise OSError(28, "No space left on device")
        write(folder, changed)

    monkeypatch.setattr(upgrade, "_write", full)
    with pytest.raises(OSError, match="No space"):
        run(copy, None, None, anyway=False, dry=False)
    assert files(copy) == before
    assert git(copy, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("change", "to", "message"),
    [
        ("dirty", None, "has changes that are not committed"),
        ("", "v9", "--to v9: is no commit, tag or branch of slipway"),
        ("", "v1.0.0", "slipway is at v1.0.0 already"),
        ("no main", None, "there is no pin to move"),
    ],
)
def test_what_cannot_be_moved_is_refused(submodule: Path, change: str, to: str | None, message: str) -> None:
    if change == "dirty":
        (submodule / "systems" / "hello" / "new.md").touch()
    if change == "no main":
        (submodule / "__main__.py").write_text(PROGRAM)
        (submodule / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        commit(submodule)
    with pytest.raises(InvalidSettings, match=message):
        run(submodule, to, None, anyway=False, dry=False)
