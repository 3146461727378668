"""The real command, on a copy of the project whose data a test may edit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).parent / "slipway"


@dataclass(frozen=True)
class Run:
    status: int
    out: str
    err: str

    @property
    def everything(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Copy:
    """Code by link, data by copy."""

    root: Path

    def slipway(self, *arguments: str, prefix: Sequence[str] = (), **environment: str) -> Run:
        done = subprocess.run(
            [*prefix, str(COMMAND), *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def edit(self, file: str, old: str, new: str) -> int:
        """Replaces `old`, which must occur, and returns the line of the first change."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def project(tmp_path: Path) -> Copy:
    for folder in ("builders", "components", "policies", "settings"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for file in ("__main__.py", "Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml"):
        shutil.copy(ROOT / file, tmp_path / file)
    for folder in ("ledger", "systems"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Copy(tmp_path)
