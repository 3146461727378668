"""Workflows as data, and their shell steps run as a runner of GitHub does, with stand-ins for what reaches others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import TIMEOUT
from tests.slipway.cli.conftest import ROOT, Run, project

__all__ = ["project"]

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STAND_IN = f"""\
#!{sys.executable}
import json, os, sys
from pathlib import Path
folder = Path(__file__).parent
call = [Path(sys.argv[0]).name, *sys.argv[1:]]
bodies = [Path(word[len("body=@"):]).read_text() for word in call if word.startswith("body=@")]
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps(call + bodies) + "\\n")
for words, status, answer in json.loads((folder / "answers").read_text()):
    if words in " ".join(call):
        sys.stdout.buffer.write((folder / answer).read_bytes())
        sys.exit(status)
"""


def read(name: str) -> dict[str, Any]:
    """A workflow; `on` stays a word, and so does every value."""
    path = ROOT / ".github" / "workflows" / name
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)


def steps(workflow: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def script(workflow: str, step: str) -> str:
    (found,) = (each["run"] for each in steps(read(workflow)) if each.get("name") == step)
    return found


@dataclass
class Runner:
    """A folder to run steps in, and programs that answer what they are told to and remember what they were asked."""

    folder: Path
    bin: Path
    _answers: list[tuple[str, int, str]] = field(default_factory=list)

    def stand_in(self, program: str) -> None:
        path = self.bin / program
        path.write_text(STAND_IN)
        path.chmod(0o755)
        self._write()

    def answer(self, words: str, content: bytes | object, status: int = 0) -> None:
        """What a call that contains `words` prints: bytes, or JSON."""
        name = f"answer-{len(self._answers)}"
        (self.bin / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        self._answers.append((words, status, name))
        self._write()

    @property
    def calls(self) -> list[list[str]]:
        path = self.bin / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def run(self, script: str, **environment: str) -> Run:
        """`shell: bash` of GitHub."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def _write(self) -> None:
        (self.bin / "answers").write_text(json.dumps(self._answers))


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder, programs = tmp_path / "work", tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    return Runner(folder, programs)
