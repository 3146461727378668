"""A live server with the roles that Slipway makes, and a database worth a backup."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.system.database.manifests import roles as database_roles
from tests import needs
from tests.dumps import programs
from tests.processes import running, until

PASSWORD = "canary-password-5f0c"
"""Of every role. It must appear in no output."""
EXTENSIONS = ("pg_stat_statements", "pg_trgm")

SCHEMA = r"""
CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE INDEX items_by_name ON items USING gin (name gin_trgm_ops);
INSERT INTO items (name) SELECT md5(number::text) || md5((-number)::text) FROM generate_series(1, 20000) AS number;
CREATE TABLE "Odd ""name"" \ of: a, table" (note text);
INSERT INTO "Odd ""name"" \ of: a, table" VALUES ('one'), (E'two\n');
CREATE TABLE nothing (id int);
CREATE TABLE days (day date, amount numeric) PARTITION BY RANGE (day);
CREATE TABLE days_2026 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO days VALUES ('2026-02-03', 1.5), ('2026-03-04', 2.5), ('2026-04-05', 3.5);
CREATE VIEW names AS SELECT name FROM items;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION touch();
"""


@dataclass(frozen=True)
class Server:
    """On a port and in a folder of its own."""

    folder: Path
    port: int

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Server]:
        """With nothing in it."""
        folder = programs.handed_over(Path(tempfile.mkdtemp(prefix="live-")))
        try:
            with cls(folder, programs.free_port())._running() as server:
                yield server
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _running(self) -> Iterator[Server]:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        data = str(self.folder / "data")
        initdb = ["initdb", f"--pgdata={data}", "--username=admin", f"--pwfile={password}", "--auth=scram-sha-256"]
        made = programs.run([*initdb, "--locale=C.UTF-8", "--no-sync"], {})
        assert made.returncode == 0, made.stderr
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", "fsync=off"]
        command = [
            *programs.lowered(),
            needs.postgres("postgres"),
            "-D",
            data,
            "-p",
            str(self.port),
            *(f"--{each}" for each in settings),
        ]
        ready = ["pg_isready", "--quiet", "--host=127.0.0.1", f"--port={self.port}"]
        with running(command, self.folder / "log", stop=signal.SIGQUIT) as process:
            what = f"PostgreSQL answers; see {self.folder}/log"
            until(lambda: programs.run(ready, {}).returncode == 0, what, of=process)
            yield self

    def sql(self, database: str, text: str, user: str = "admin") -> str:
        done = programs.run(
            ["psql", "--no-psqlrc", "--quiet", "-At", "--set=ON_ERROR_STOP=1"], self.login(user, database), text
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def login(self, user: str, database: str) -> dict[str, str]:
        own = {"PGUSER": user, "PGDATABASE": database, "PGPASSWORD": PASSWORD}
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), **own}

    def rows(self, database: str, table: str) -> int:
        return int(self.sql(database, f"SELECT count(*) FROM {table}"))

    def make(self, database: str, schema: str = SCHEMA) -> None:
        """A database with its roles, by the SQL of the roles Job, and what its owner makes in it."""
        extensions = {"EXTENSIONS": ",".join(EXTENSIONS)}
        environment = {**self.secrets(database)[f"{database}-admin"], **extensions}
        done = programs.run(
            ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"], environment, database_roles.SQL
        )
        assert done.returncode == 0, done.stderr
        self.sql(database, schema, user=f"{database}_owner")

    def secrets(self, database: str) -> dict[str, Mapping[str, str]]:
        """The Secrets that the component makes, by name."""
        roles = {role: f"{database}_{role}" for role in ("owner", "app", "backup", "monitor")}
        passwords = {f"{role.upper()}_PASSWORD": PASSWORD for role in roles}
        names = {role.upper(): name for role, name in roles.items()}
        parts = {"host": "127.0.0.1", "port": str(self.port), "name": database, "user": roles["backup"]}
        return {
            f"{database}-backup": {**parts, "password": PASSWORD, "url": "unused"},
            f"{database}-admin": {**self.login("admin", "postgres"), "DATABASE": database, **names, **passwords},
        }

    @contextmanager
    def writer(self, database: str) -> Iterator[None]:
        """A session that adds a row every few milliseconds."""
        started = subprocess.Popen(
            [*programs.lowered(), "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"],
            env={"PATH": programs.path(), **self.login(f"{database}_app", database)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd="/",
        )
        assert started.stdin is not None
        started.stdin.write("INSERT INTO items (name) VALUES ('meanwhile')\n\\watch 0.002\n")
        started.stdin.flush()
        try:
            yield
        finally:
            started.kill()
            started.wait()
            started.stdin.close()
