"""Runs a pod of the plans: its containers' own commands, environment and files, one after the other.

Only the folders that a pod mounts stand elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.system.backups.manifests import script
from tests.dumps import bucket, live, programs

MOUNTED = re.compile(r"(?<![\w.}/])/(work|tmp|scripts|volume)\b")


@dataclass(frozen=True)
class Ended:
    """How a container ended: its exit code and all that it wrote."""

    name: str
    code: int
    output: str

    @property
    def line(self) -> Mapping[str, str]:
        """The one line that it tells by."""
        (line,) = [line for line in self.output.splitlines() if line.startswith("{")]
        return json.loads(line)


@dataclass(frozen=True)
class Machine:
    """Where pods run. `stand_ins` are programs that go before the real ones."""

    folder: Path
    secrets: Mapping[str, Mapping[str, str]]
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def run(self, template: Any) -> list[Ended]:
        """The init containers, then the others; none after one that failed."""
        self._mount()
        ended: list[Ended] = []
        for container in [*(template.spec.init_containers or ()), *template.spec.containers]:
            ended.append(self._container(container))
            if ended[-1].code != 0:
                break
        return ended

    def path(self, text: str) -> str:
        return MOUNTED.sub(lambda found: f"{self.folder}/{found[1]}", text)

    def _mount(self) -> None:
        for name in ("work", "tmp", "scripts", "volume", "bin"):
            folder = self.folder / name
            folder.mkdir(exist_ok=True)
            programs.handed_over(folder)
        for left in (self.folder / "bin").iterdir():
            left.unlink()
        for name, text in script.texts().items():
            (self.folder / "scripts" / name).write_text(self.path(text))
        for name, text in self.stand_ins.items():
            program = self.folder / "bin" / name
            program.write_text(f"#!/bin/sh\nPATH={programs.path()}\n{text}")
            program.chmod(0o755)

    def _container(self, container: Any) -> Ended:
        environment = {"PATH": f"{self.folder}/bin:{programs.path()}", **self._environment(container)}
        done = programs.run([self.path(word) for word in container.command], environment)
        output = done.stdout + done.stderr
        for canary in (live.PASSWORD, bucket.ACCESS_KEY, bucket.SECRET_KEY):
            assert canary not in output
        return Ended(container.name, done.returncode, output)

    def _environment(self, container: Any) -> dict[str, str]:
        """As the kubelet makes it: whole Secrets first, then each variable."""
        found: dict[str, str] = {}
        for each in container.env_from or []:
            found.update(self.secrets[each.secret_ref.name])
        for variable in container.env:
            if variable.value_from is None:
                found[variable.name] = self.path(variable.value)
            else:
                key = variable.value_from.secret_key_ref
                found[variable.name] = self.secrets[key.name][key.key]
        return found
