"""Reads from git: the files of a reference, and the commit where a branch left the default branch."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slipway.cli.lookup import refused

MEMORY = "/dev/shm"
"""On a disk, creating a thousand files can take a second, a fifth of a preview."""

ROOM = 10
"""Multiple of a tree's size that must be free in memory. Chosen: a container's default of 64 MB fits trees of 6 MB."""

SUBMODULE = "160000"
"""Mode of a submodule in git's trees."""

_PART = re.compile(r"@@ -\S+ \+(\d+)(?:,\d+)? @@")
"""The header of a changed part, with its first line in the new file."""


@contextmanager
def tree(option: str, reference: str, root: Path) -> Iterator[Path]:
    """Yield a temporary copy of the folder `root` at `reference`. `option` is the name of the command-line option.
    Raises InvalidSettings."""
    files = _git(option, reference, root, "archive", "--format=tar", commit(option, reference, root), ".")
    with tempfile.TemporaryDirectory(prefix="slipway-", dir=_memory(len(files))) as folder:
        _extract(files, Path(folder))
        for path, pinned in _submodules(root, commit(option, reference, root)).items():
            if (root / path / ".git").exists():
                _extract(
                    _git(f"{option} {reference}: {path}", pinned, root / path, "archive", pinned), Path(folder) / path
                )
        yield Path(folder).resolve()


def _extract(files: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(files)) as archive:
        archive.extractall(folder, filter="data")


def _submodules(root: Path, commit: str) -> dict[str, str]:
    """Return the commits that the submodules below `root` are pinned to at `commit`, by path: git's archive leaves
    their folders empty."""
    listed = (asked(root, "ls-tree", "-r", "-z", commit, ".") or "").split("\0")
    entries = (each.partition("\t") for each in listed if each.startswith(f"{SUBMODULE} "))
    return {path: entry.split()[2] for entry, _, path in entries}


def _memory(size: int) -> str | None:
    """Return Linux's file system in memory if `size` bytes fit many times; None for the usual temporary folder."""
    fits = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM * size
    return MEMORY if fits and "TMPDIR" not in os.environ else None


def commit(option: str, reference: str, root: Path) -> str:
    """Return the commit that `reference` names. Raises InvalidSettings."""
    named = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    return _git(option, reference, root, *named).decode().strip()


def content(root: Path, of: str = "HEAD") -> str | None:
    """Return git's hash of the contents of `root` at the commit `of`, or None if there is none."""
    return asked(root, "rev-parse", "--verify", "--quiet", f"{of}:./")


def is_clean(root: Path, of: str = "HEAD") -> bool:
    """Return whether the files of `root` equal those of the commit `of`, with no untracked file."""
    others = asked(root, "ls-files", "--others", "--exclude-standard", "--", ".")
    return others == "" and asked(root, "diff", "--quiet", "--no-ext-diff", of, "--", ".") is not None


def changed_lines(root: Path, commit: str) -> dict[str, list[int]]:
    """Return the first line of each part that differs from `commit`, by file relative to `root`; a deleted part counts
    as the line before it. Empty if git cannot tell."""
    shown = asked(
        root, "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-prefix", "--relative", commit, "--", "."
    )
    found: dict[str, list[int]] = {}
    file = ""
    for line in (shown or "").splitlines():
        if line.startswith("+++ "):
            file = line.removeprefix("+++ ").rstrip("\t")
        elif part := _PART.match(line):
            found.setdefault(file, []).append(max(int(part[1]), 1))
    found.pop("/dev/null", None)
    return found


def asked(root: Path, *arguments: str) -> str | None:
    """Return git's output, or None if the command fails or git is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout.decode(errors="replace").strip()


def _git(option: str, reference: str, root: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise refused(f"{option} {reference}: git is not installed, so no ref can be read") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        reason = f" ({said[0]})" if said else ""
        raise refused(
            f"{option} {reference}: is neither a path nor a commit of this repository{reason}; "
            f"for example: {option} origin/main"
        )
    return done.stdout
