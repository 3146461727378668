"""`slipway upgrade`: another version of the program that a project's `main` names."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.cli import blueprint, reference
from slipway.cli.lookup import refused
from slipway.cli.pack_choice import PackOptions
from slipway.cli.preview import Comparing, preview
from slipway.cli.progress import steps
from slipway.rehearsal import RehearsalError
from slipway.reports.changelog import news
from slipway.settings.exit_statuses import BAD_INPUT, FAILED, OK
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import Project, find_project

CHANGELOG = "CHANGELOG.md"


@dataclass(frozen=True)
class Version:
    """The version to move to: a commit of the submodule, or the files of this tool's own release by their path."""

    name: str
    commit: str = ""
    files: Mapping[str, Path] | None = None


def upgrade(cwd: Path, to: str | None, stack: str | None, *, anyway: bool, dry: bool) -> int:
    """Compare a project's plans by its program with those by another version, print what is new, and move the pin to it;
    return the exit status. If the new version finds something that blocks, the pin stays unless `anyway`; with `dry` it
    always stays. Raises InvalidSettings and changes nothing if the project or the version does not allow it."""
    project = _movable(cwd)
    stacks = [stack] if stack else project.stacks()
    with steps(f"Upgrading {project.main}") as report:
        report("looking for the new version")
        version = _version(project, to)
    with reference.tree("slipway upgrade", "HEAD", project.root) as candidate:
        _replace(candidate / project.main, project, version)
        added = news(_changelog(project.program), _changelog(candidate / project.main))
        worst = max((_preview(candidate, project, each) for each in stacks), default=OK)
    print(
        "\n".join(
            ["", f"What is new in {version.name}:", "", *added] if added else ["", "The changelog has nothing new."]
        )
    )
    if dry or (worst != OK and not anyway):
        print(_stays(project, version, dry=dry))
        return worst
    with _undone_on_failure(project, version):
        _move(project, version)
    print(f"\n{project.main} is now {version.name}. Look at `git diff`, install what it needs with")
    print(
        f"`make -C {project.main} .venv/.runtime`, and commit it on a branch: its pull request is previewed as always."
    )
    return worst


def _movable(cwd: Path) -> Project:
    """Return the project, whose pin can be moved and moved back. Raises InvalidSettings."""
    project = find_project(cwd)
    if not project.main or not project.is_slipway:
        raise refused("Pulumi.yaml names no program of Slipway as `main`: there is no pin to move")
    if reference.content(project.root) is None:
        raise refused(
            f"{project.root} is in no commit of a git repository: commit the project first, so that git can undo"
        )
    if not reference.is_clean(project.root):
        raise refused(
            f"{project.root} has changes that are not committed: commit or remove them first. Nothing was changed"
        )
    if project.program.is_symlink():
        raise refused(f"{project.main} is a link to another checkout: move that checkout instead")
    return project


def _is_submodule(project: Project) -> bool:
    return (project.program / ".git").exists()


def _version(project: Project, to: str | None) -> Version:
    """Return the version to move to. Raises InvalidSettings if there is none, or it is there already."""
    if not _is_submodule(project):
        if to is not None:
            raise refused(
                f"--to {to}: {project.main} is a copy of a release: install the tool of the release that you want"
            )
        return _own_release(project)
    fetched = _git(project.program, "fetch", "--quiet", "--tags", "origin")
    wanted = to or _newest(project.program)
    commit = wanted and _commit(project.program, wanted)
    if not commit:
        why = "" if fetched is not None else ", and origin cannot be fetched"
        raise refused(f"--to {wanted or 'VERSION'}: is no commit, tag or branch of {project.main}{why}")
    if commit == _git(project.program, "rev-parse", "HEAD"):
        raise refused(f"{project.main} is at {wanted} already ({commit[:10]}). Nothing was changed")
    return Version(f"{wanted} ({commit[:10]})", commit)


def _own_release(project: Project) -> Version:
    if blueprint.home() is not None and blueprint.home() == project.program.resolve():
        raise refused(
            f"this tool is that of {project.main}: install the one of the new release, and run its `slipway upgrade`"
        )
    files = blueprint.released()
    if all(_same(project.program / name, path) for name, path in files.items()):
        raise refused(f"{project.main} is a copy of this tool's release already. Nothing was changed")
    return Version("this tool's release", files=files)


def _same(file: Path, other: Path) -> bool:
    return file.is_file() and file.read_bytes() == other.read_bytes()


def _newest(checkout: Path) -> str:
    """Return the newest version's tag; without tags the default branch of origin."""
    tags = (_git(checkout, "tag", "--list", "v*", "--sort=-version:refname") or "").split()
    return tags[0] if tags else _git(checkout, "rev-parse", "--abbrev-ref", "origin/HEAD") or "origin/main"


def _commit(checkout: Path, of: str) -> str:
    for name in (f"origin/{of}", of):
        if found := _git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
            return found
    return ""


def _git(folder: Path, *arguments: str) -> str | None:
    return reference.asked(folder, *arguments)


def _replace(folder: Path, project: Project, version: Version) -> None:
    """Replace the program in a copy of the project by that of the version."""
    shutil.rmtree(folder, ignore_errors=True)
    if version.files is None:
        with reference.tree("--to", version.commit, project.program) as tree:
            shutil.copytree(tree, folder, symlinks=True)
    else:
        _write(folder, version.files)


def _write(folder: Path, files: Mapping[str, Path]) -> None:
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)


def _preview(candidate: Path, project: Project, stack: str) -> int:
    """Print what the new version changes in a stack; return the exit status of that preview."""
    comparing = Comparing(against=str(project.root))
    try:
        return preview(
            candidate, stack, None, output="text", every=False, pack_options=PackOptions(), comparing=comparing
        )
    except (InvalidSettings, RehearsalError) as error:
        print(f"{stack}: the new version refuses it:\n{error}")
        return BAD_INPUT if isinstance(error, InvalidSettings) else FAILED


def _changelog(program: Path) -> str:
    file = program / CHANGELOG
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _stays(project: Project, version: Version, *, dry: bool) -> str:
    if dry:
        return f"\nNothing was changed: --dry-run. {project.main} stays as it is."
    return (
        f"\n{project.main} stays as it is: {version.name} does not pass. Change what the preview names, or move the pin with"
        "\n--anyway and change it before you commit."
    )


@contextmanager
def _undone_on_failure(project: Project, version: Version) -> Iterator[None]:
    """Restore the program as the last commit has it if the block fails."""
    before = _git(project.program, "rev-parse", "HEAD") or ""
    try:
        yield
    except BaseException:
        if version.files is None:
            _git(project.program, "checkout", "--quiet", "--force", "--detach", before)
        else:
            _git(project.root, "checkout", "--quiet", "HEAD", "--", project.main)
            _git(project.root, "clean", "--quiet", "-d", "--force", "--", project.main)
        raise


def _move(project: Project, version: Version) -> None:
    """Move the pin. Raises InvalidSettings or OSError."""
    if version.files is None:
        done = subprocess.run(
            ["git", "-C", str(project.program), "checkout", "--quiet", "--detach", version.commit],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise refused(
                f"{project.main}: git cannot check out {version.name}: {done.stderr.strip()}. Nothing was changed"
            )
        return
    listed = _git(project.root, "ls-files", "-z", "--", project.main) or ""
    for name in filter(None, listed.split("\0")):
        if Path(name).relative_to(project.main).as_posix() not in version.files:
            (project.root / name).unlink(missing_ok=True)
    _write(project.program, version.files)
