"""The server of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.migrations import server
from tests.migrations.server import Server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once, for all of them."""
    with server.running(tmp_path_factory.mktemp("postgres")) as started:
        yield started
