"""The real command, on a copy of the project whose data a test may edit."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import forking, installed
from tests.processes import TIMEOUT
from tests.slipway.cli.copied import FILES, FOLDERS, LINKED, ROOT, without_stacks

CANARY = "canary-c0ffee-do-not-show"
READ_LATE = {
    "AWS_SECRET_ACCESS_KEY",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "GITHUB_BASE_REF",
    "KUBECONFIG",
    "NO_COLOR",
    "PULUMI_HOME",
}
"""Variables that the command reads when it needs them, or hands on: what has been imported does not depend on them."""
SMALL = {
    "Pulumi.local.yaml": """\
config:
  slipway:environment: local
  slipway:clusters:
    main:
      cloud: local
      controllers: {logs: absent}
      systems:
        shop:
          blue: {version: 1.0.0}
""",
    "systems/shop/system.yaml": """\
title: Shop
owner: {team: shop}
services:
  api:
    image: api
    port: 3000
databases:
  orders: {}
""",
}
"""A project of one system, for tests of what does not depend on the plan."""


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
        """With a prefix or other variables than some it is the very command. Without any, plans are shared with other
        tests."""
        if not prefix and environment.keys() <= READ_LATE:
            return Run(*forking.slipway(arguments, self.root, environment))
        done = subprocess.run(
            [*prefix, str(installed.command()), *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def without_backup(self) -> int:
        """A database of `prod` without backup beside a value that nobody may see; the line of the first."""
        self.edit("Pulumi.prod.yaml", "config:\n", f"config:\n  other:token: {{secure: v1:{CANARY}}}\n")
        kept = "          databases: {expenses: {backup: {copyToSecondRegion: true}}}\n"
        return self.edit("Pulumi.prod.yaml", kept, "          databases: {expenses: {backup: none}}\n")

    def edit(self, file: str, old: str, new: str) -> int:
        """Replaces `old`, which must occur, and returns the line of the first change."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def project(tmp_path: Path) -> Copy:
    for folder in LINKED:
        (tmp_path / folder).symlink_to(ROOT / folder)
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path / file)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return Copy(tmp_path)


@pytest.fixture
def small(tmp_path: Path) -> Copy:
    for folder in LINKED:
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "policies").unlink()
    (tmp_path / "policies").mkdir()
    for part in (ROOT / "policies").iterdir():
        (tmp_path / "policies" / part.name).symlink_to(part)
    levels = tmp_path / "policies" / "stacks.yaml"
    levels.unlink()
    levels.write_text(without_stacks((ROOT / "policies" / "stacks.yaml").read_text(encoding="utf-8")), encoding="utf-8")
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, tmp_path / file)
    for name, text in SMALL.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return Copy(tmp_path)
