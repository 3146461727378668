"""A migration's container without Kubernetes: its command, its files and its environment, as the Job has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders.migrations import job
from builders.migrations.job import MigrationJob
from builders.parts import Parts
from builders.scope import Scope
from tests.migrations.server import Server

CANARY = "canary-7f3e9b-password"
"""The owner's password in every test; no output may hold it."""
SCOPE = Scope("shop", "shop-namespace")
IMAGE = Parts().image("postgres")


@dataclass(frozen=True)
class Done:
    """What a run printed, and its exit status."""

    status: int
    output: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]

    def steps(self, *statuses: str) -> list[str]:
        """The names of the steps that ended so, in order."""
        return [line["step"] for line in self.lines if line["status"] in statuses]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@dataclass(frozen=True)
class Container:
    """Its database is one of the test's server; the owner's login is what the Secret would hold."""

    job: MigrationJob
    server: Server
    database: str
    password: str = CANARY

    def run(self, **environment: str) -> Done:
        """Until it ends."""
        with self.started(**environment) as process:
            return ended(process)

    @contextmanager
    def started(self, **environment: str) -> Iterator[subprocess.Popen[str]]:
        with tempfile.TemporaryDirectory(prefix="slipway-migration-") as folder:
            scripts, scratch = Path(folder) / "scripts", Path(folder) / "tmp"
            scripts.mkdir()
            scratch.mkdir()
            data: Any = job.scripts(SCOPE, self.job).data
            for name, text in data.items():
                (scripts / name).write_text(text, encoding="utf-8")
            process = subprocess.Popen(
                [word.replace("/scripts", str(scripts)) for word in self._container.command],
                env={**self._environment(), "TMPDIR": str(scratch), **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                killed(process)

    @property
    def _container(self) -> Any:
        spec: Any = job.job(SCOPE, self.job).spec
        (container,) = spec.template.spec.containers
        return container

    def _environment(self) -> dict[str, str]:
        """Of the container's own variables, with the Secret's values where it refers to them."""
        secret = self._secret()
        found = {"PATH": self.server.environment("")["PATH"]}
        for each in self._container.env:
            found[each.name] = each.value if each.value is not None else secret[each.value_from.secret_key_ref.key]
        return found | {"PGSSLMODE": "disable"}

    def _secret(self) -> Mapping[str, str]:
        login = self.server.environment(self.database, owner(self.database), self.password)
        keys = {"host": "PGHOST", "port": "PGPORT", "name": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}
        return {key: login[variable] for key, variable in keys.items()}


def owner(database: str) -> str:
    return f"{database}_owner"


def ended(process: subprocess.Popen[str], within: float = 120) -> Done:
    """No output of any run holds the password, and all of it is JSON."""
    output, _ = process.communicate(timeout=within)
    assert CANARY not in output
    done = Done(process.returncode, output)
    assert all({"migration", "step", "status", "seconds", "detail"} == line.keys() for line in done.lines), output
    return done


def killed(process: subprocess.Popen[str]) -> None:
    """As the kernel would: all at once, and nobody can say a word."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def until(wanted: Any, within: float = 20) -> None:
    deadline = time.monotonic() + within
    while not wanted():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.05)
