"""What `make preview` installs stays small."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pulumi
import pytest

from slipway.cli import blueprint

ROOT = Path(__file__).parents[1]
BLOCK = 4096
"""Bytes that a file takes at least. Source: the default of ext4, XFS and APFS."""
LARGEST = 505
"""MB on disk of all packages. With 85 MB of bytecode and pip's 10 MB a judged preview takes 600 MB, the aim."""
EXCLUDED = re.findall(r"^EXCLUDED := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
PINNED = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_packages_of_a_preview_fit_on_their_share_of_the_disk() -> None:
    """An upgrade that makes one of them much larger is a decision, not an accident."""
    sizes = {each.name: _size(each) for each in _installed()}
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)
    assert sum(sizes.values()) / 2**20 <= LARGEST, {name: sizes[name] >> 20 for name in largest[:12]}


@pytest.mark.parametrize("name", EXCLUDED)
def test_nothing_imports_what_is_left_out(name: str) -> None:
    """Neither this repository nor the SDK that requires it; the lock file has it, for `pulumi install`."""
    assert name in PINNED
    folders = [ROOT / "slipway", ROOT / "components", ROOT / "policies", Path(pulumi.__file__).parent]
    importing = [str(file) for folder in folders for file in folder.rglob("*.py") if name in _imports(file)]
    assert importing == []


@pytest.mark.parametrize("target", ["preview", "check", "scanners"])
def test_a_copy_of_the_release_has_every_file_that_make_needs(tmp_path: Path, target: str) -> None:
    """Of the lock files too: the Makefile of a project runs that of its program."""
    for name, path in blueprint.released().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / name)
    command = ["make", "--dry-run", "PYTHON=python3", target]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    named = set(re.findall(r"-r (\S+)", done.stdout))
    assert "requirements.txt" in named or target == "scanners"
    assert not [each for each in named if not (tmp_path / each).is_file()]


def _installed() -> Iterator[Distribution]:
    """Yield the packages of the lock file, but those of another system and those that are left out."""
    for name in PINNED - {*EXCLUDED}:
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _size(package: Distribution) -> int:
    files = [each for each in package.files or () if each.suffix != ".pyc"]
    return sum(-(-(each.size or 0) // BLOCK) * BLOCK for each in files)


def _imports(file: Path) -> set[str]:
    """Return the top-level names of the modules that a file imports."""
    text = file.read_text(encoding="utf-8")
    found = set[str]()
    for node in ast.walk(ast.parse(text)) if any(each in text for each in EXCLUDED) else ():
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found
