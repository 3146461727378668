"""A PostgreSQL of its own: a private port and data folder, ended by its process id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.needs import postgres
from tests.processes import HOST, TIMEOUT, free_port, until
from tests.processes import running as run_along

ADMIN = "postgres"
program = postgres


@dataclass(frozen=True)
class Server:
    """Where it listens, and how its owner gets in."""

    port: int
    password: str

    def environment(self, database: str, user: str = ADMIN, password: str | None = None) -> dict[str, str]:
        return {
            "PATH": f"{Path(postgres('psql')).parent}:{os.environ['PATH']}",
            "PGHOST": HOST,
            "PGPORT": str(self.port),
            "PGDATABASE": database,
            "PGUSER": user,
            "PGPASSWORD": password or self.password,
            "PGSSLMODE": "disable",
        }

    def run(self, *command: str, database: str = ADMIN, given: str | None = None) -> str:
        """What a client program prints; fails when it fails."""
        done = subprocess.run(
            [program(command[0]), *command[1:]],
            env=self.environment(database),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, text: str, database: str = ADMIN) -> str:
        command = ("psql", "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1", "--file=-")
        return self.run(*command, database=database, given=text).strip()


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """As the user `postgres` when the tests run as root, which it refuses to be."""
    password = "admin-of-the-test-server"
    server = Server(free_port(), password)
    # Not below pytest's own folder, which only its owner may enter.
    home = Path(tempfile.mkdtemp(prefix="slipway-postgres-"))
    (home / "password").write_text(password)
    _owned(home)
    data = home / "data"
    _as_postgres(
        program("initdb"), "--pgdata", data, "--username", ADMIN, "--pwfile", home / "password", "--no-sync",
        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
    )  # fmt: skip
    settings = [f"port={server.port}", f"listen_addresses={HOST}", "unix_socket_directories=", "fsync=off"]
    settings += ["full_page_writes=off", "max_connections=60", "shared_buffers=256MB", "max_wal_size=2GB"]
    # Its sessions would be counted among those that a migration has left behind.
    settings += ["autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "jit=off"]
    command = _command([program("postgres"), "-D", str(data), *(f"--{each}" for each in settings)])
    ready = [program("pg_isready"), "-q", "-h", HOST, "-p", str(server.port)]
    try:
        with run_along(command, folder / "postgres.log", stop=signal.SIGQUIT) as process:
            is_ready = lambda: subprocess.run(ready, check=False).returncode == 0  # noqa: E731
            until(is_ready, f"PostgreSQL answers; see {folder}", of=process)
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _command(command: Sequence[str]) -> list[str]:
    user = ["setpriv", f"--reuid={ADMIN}", f"--regid={ADMIN}", "--init-groups"] if os.geteuid() == 0 else []
    return [*user, *command]


def _as_postgres(*command: str | Path) -> None:
    subprocess.run(_command([str(word) for word in command]), check=True, capture_output=True, cwd="/")


def _owned(path: Path) -> None:
    if os.geteuid() == 0:
        for each in (path, *path.iterdir()):
            shutil.chown(each, ADMIN, ADMIN)
