"""A migration's container without Kubernetes: its command, its files and its environment, as the Job has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.manifests.scope import Scope
from components.manifests.versions import Pins
from components.system.migrations.manifests import job
from components.system.migrations.manifests.job import MigrationJob
from tests.migrations.server import Server
from tests.processes import TIMEOUT

CANARY = "canary-7f3e9b-password"
"""The owner's password in every test; no output may hold it."""
SCOPE = Scope("shop", "shop-namespace")
IMAGE = Pins().image("postgres")


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
        data: Any = job.scripts(SCOPE, self.job).data
        with mounted(self._container.command, data, {**self._environment(), **environment}) as process:
            yield process

    @property
    def _container(self) -> Any:
        spec: Any = job.job(SCOPE, self.job).spec
        (container,) = spec.template.spec.containers
        return container

    def _environment(self) -> dict[str, str]:
        """Of the container's own variables, with the Secret's values where it refers to them."""
        given = {each.name: each.value for each in self._container.env if each.value is not None}
        keys = {each.name: each.value_from.secret_key_ref.key for each in self._container.env if each.value is None}
        return environment(self.server, self.database, given, keys, self.password)


@dataclass(frozen=True)
class Written:
    """A Job as a document, with the files of its ConfigMap: what a cluster would get."""

    job: Mapping[str, Any]
    files: Mapping[str, str]

    def run(self, server: Server, database: str) -> Done:
        """Until it ends."""
        (container,) = self.job["spec"]["template"]["spec"]["containers"]
        given = {each["name"]: each["value"] for each in container["env"] if "value" in each}
        refers = {each["name"]: each["valueFrom"] for each in container["env"] if "valueFrom" in each}
        keys = {name: each["secretKeyRef"]["key"] for name, each in refers.items()}
        with mounted(container["command"], self.files, environment(server, database, given, keys)) as process:
            return ended(process)


@contextmanager
def mounted(
    command: Sequence[str], files: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """The container's process, with the files where its volume is."""
    with tempfile.TemporaryDirectory(prefix="slipway-migration-") as folder:
        scripts, scratch = Path(folder) / "scripts", Path(folder) / "tmp"
        scripts.mkdir()
        scratch.mkdir()
        for name, text in files.items():
            (scripts / name).write_text(text, encoding="utf-8")
        process = subprocess.Popen(
            [word.replace("/scripts", str(scripts)) for word in command],
            env={"TMPDIR": str(scratch), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            killed(process)


def environment(
    server: Server, database: str, given: Mapping[str, str], keys: Mapping[str, str], password: str = CANARY
) -> dict[str, str]:
    """Variables that are `given`, and those whose values the Secret has under `keys`."""
    login = server.environment(database, owner(database), password)
    variables = {"host": "PGHOST", "port": "PGPORT", "name": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}
    secret = {name: login[variables[key]] for name, key in keys.items()}
    return {"PATH": login["PATH"], **given, **secret, "PGSSLMODE": "disable"}


def owner(database: str) -> str:
    return f"{database}_owner"


def ended(process: subprocess.Popen[str], within: float = TIMEOUT) -> Done:
    """No output of any run holds the password, and all of it is JSON."""
    output, _ = process.communicate(timeout=within)
    assert CANARY not in output
    done = Done(process.returncode, output)
    assert all({"migration", "step", "status", "seconds", "detail"} == line.keys() for line in done.lines), output
    return done


def read_until(process: subprocess.Popen[str], word: str) -> str:
    """What it printed up to the first line with `word`."""
    assert process.stdout is not None
    text = b""
    while not (text.endswith(b"\n") and word in text.decode()):
        # One by one: what a buffer takes beyond the line, `communicate` would miss.
        byte = os.read(process.stdout.fileno(), 1)
        assert byte, text.decode()
        text += byte
    return text.decode()


def killed(process: subprocess.Popen[str]) -> None:
    """As the kernel would: all at once, and nobody can say a word."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(TIMEOUT)
