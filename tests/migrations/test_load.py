"""A large table is changed while an application writes to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrations import load
from tests.migrations.server import Server

ROWS = 200_000
"""As many as take an index a while; `make bench` has more."""


def test_no_write_fails(postgres: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The longest wait is printed; how long that is says as much of the machine as of the migration."""
    writes = load.writes_during_migrations(load.database(postgres, ROWS), tmp_path)
    with capsys.disabled():
        print(f"\n{writes.number} writes while {ROWS} rows were migrated; the longest took {writes.longest:.3f} s")
    assert writes.number > 0
