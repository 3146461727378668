"""An application that writes to a large table while it is migrated."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.settings.releases import Comparison, Migration, Query
from tests.migrations import fresh_databases
from tests.migrations.fresh_databases import Database
from tests.migrations.server import Server, program
from tests.processes import TIMEOUT, until

ROWS = 1_000_000
"""Rows of the benchmark's table. A test needs fewer: a rewritten table is recognized by its file, not by the time."""
WRITES = """\
\\set id random(1, :rows)
UPDATE orders SET amount = amount + 1 WHERE id = :id;
INSERT INTO orders_log (order_id) VALUES (:id);
"""
COLUMN = "ALTER TABLE orders ADD COLUMN currency text NOT NULL DEFAULT 'GBP';\n"
INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_amount ON orders (amount, id);\n"
ADDS = Migration(
    name="001-currency",
    database="orders",
    baseline=[Comparison(name="count", before="SELECT count(*) FROM orders")],
    verification=[
        Query(name="a currency", sql="SELECT currency FROM orders WHERE id = 1", equals="GBP"),
    ],
)
BUILDS = Migration(
    name="002-amount",
    database="orders",
    transactional=False,
    verification=[
        Query(name="valid", sql="SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_amount'::regclass",
              equals=True),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class Writes:
    """What the application met; the longest write in seconds."""

    number: int
    longest: float


def database(server: Server, rows: int = ROWS) -> Database:
    """One with a large table, and one that is written to beside it."""
    made = fresh_databases.database(server)
    made.as_owner(
        "CREATE TABLE orders (id integer PRIMARY KEY, amount integer NOT NULL);"
        "CREATE TABLE orders_log (order_id integer NOT NULL, at timestamptz NOT NULL DEFAULT now());"
        f"INSERT INTO orders SELECT n, n % 1000 FROM generate_series(1, {rows}) AS n;"
    )
    return made


def writes_during_migrations(database: Database, folder: Path) -> Writes:
    """A column and a concurrent index are added while four clients write; no write may fail, and the table stays the file
    that it is: a table that is rewritten is locked for as long as that takes."""
    file = database.sql("SELECT pg_relation_filenode('orders')")
    rows = database.sql("SELECT count(*) FROM orders")
    with _written(database, folder, rows) as writing:
        writes = lambda: database.sql("SELECT EXISTS (SELECT FROM orders_log)") == "t"  # noqa: E731
        until(writes, "the application writes", of=writing)
        for job in (fresh_databases.job(ADDS, COLUMN), fresh_databases.job(BUILDS, INDEX)):
            done = database.container(job).run()
            assert done.status == 0, done.output
        assert writing.poll() is None, "the writes ended before the migrations"
        # As its own alarm does when the time of `-T` is over.
        writing.send_signal(signal.SIGALRM)
        output, _ = writing.communicate(timeout=TIMEOUT)
    assert database.sql("SELECT pg_relation_filenode('orders')") == file
    assert writing.returncode == 0, output
    assert re.search(r"number of failed transactions: 0 ", output), output
    assert "aborted" not in output
    latencies = [int(line.split()[2]) for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines()]
    return Writes(len(latencies), max(latencies) / 1_000_000)


@contextmanager
def _written(database: Database, folder: Path, rows: str) -> Iterator[subprocess.Popen[str]]:
    """By four clients."""
    (folder / "writes.sql").write_text(WRITES)
    options = ["-n", "-c", "4", "-j", "2", "-T", str(TIMEOUT), "-l", "-D", f"rows={rows}", "-f", "writes.sql"]
    process = subprocess.Popen(
        [program("pgbench"), *options],
        env=database.server.environment(database.name),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(TIMEOUT)
