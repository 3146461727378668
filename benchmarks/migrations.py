"""What a migration's and a backup's care costs, on a real PostgreSQL: `python -m benchmarks.migrations`.

The Jobs' own commands, in turns with the plain tools that a runbook would name. Needs what `make programs` installs.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moto.server import ThreadedMotoServer

from tests.dumps import live, programs
from tests.dumps.bucket import Locked
from tests.dumps.case import Case
from tests.dumps.pod_runner import Ended
from tests.migrations import fresh_databases, load, server
from tests.migrations.container import Done

ROUNDS = 5
ROWS = 2_000_000
MEGABYTE = 1_000_000
SYSTEM, DATABASE = "fleet", "fleet_db"
CONTENT = f"""
CREATE TABLE entries (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO entries (id, name) SELECT number, md5(number::text) FROM generate_series(1, {ROWS}) AS number;
"""


def main() -> None:
    """Print one line for each comparison."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with folder("bench-") as here, server.running(here) as postgres:
        plain, chain = migrated(postgres)
        print(
            f"migration of {SYSTEM}: psql {plain:.2f} s, the Job's command {chain:.2f} s: {chain - plain:.2f} s of care"
        )
        writes = load.writes_during_migrations(load.database(postgres), here)
        print(f"{load.ROWS:,} rows migrated under {writes.number:,} writes: the longest took {writes.longest:.3f} s")
    backed_up()


def migrated(postgres: server.Server) -> tuple[float, float]:
    """Seconds of psql alone and of the Job's command, the best of each."""
    declared = fresh_databases.declared(SYSTEM, DATABASE)[0]
    plain, chain = [], []
    for _ in range(ROUNDS):
        database = fresh_databases.database(postgres, SYSTEM)
        job = fresh_databases.seed(SYSTEM, declared, database)
        assert job.files is not None
        sql = f'SET ROLE "{fresh_databases.owner(database.name)}";\n{job.files.sql}'
        plain.append(timed(lambda name=database.name, sql=sql: postgres.run("psql", "-q1", database=name, given=sql)))
        other = fresh_databases.database(postgres, SYSTEM)
        container = other.container(fresh_databases.seed(SYSTEM, declared, other))
        chain.append(timed(lambda run=container.run: applied(run())))
    return min(plain), min(chain)


def backed_up() -> None:
    """Print the speed of a verified backup and of a restore test, beside that of `pg_dump` alone."""
    with live.Server.started() as source, folder("plain-") as scratch, folder("pods-") as pods, bucket() as locked:
        source.make("fleet", CONTENT)
        size = int(source.sql("fleet", "SELECT pg_database_size('fleet')")) / MEGABYTE
        case = Case(pods, source, locked)
        dump = ["pg_dump", "--format=custom", f"--file={scratch}/dump"]
        plain = timed(lambda: programs.run(dump, source.login("admin", "fleet")))
        backup, tested = timed(lambda: well(case.back_up())), timed(lambda: well(case.test()))
    print(
        f"{size:.0f} MB: pg_dump {size / plain:.0f} MB/s; dumped, restored, compared and uploaded {size / backup:.0f} MB/s;"
        f" fetched and tested {size / tested:.0f} MB/s"
    )


def applied(done: Done) -> None:
    """So has a migration that failed."""
    if done.status:
        raise SystemExit(done.output)


def well(ended: Ended) -> None:
    """A pod that failed has no speed."""
    if ended.code:
        raise SystemExit(ended.output)


def timed(act: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


@contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """One that the user postgres may write to."""
    made = programs.handed_over(Path(tempfile.mkdtemp(prefix=prefix)))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def bucket() -> Iterator[Locked]:
    """In an S3 server of this process."""
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    try:
        made = Locked("backups", "http://{}:{}".format(*started.get_host_and_port()))
        made.create()
        yield made
    finally:
        started.stop()


if __name__ == "__main__":
    main()
