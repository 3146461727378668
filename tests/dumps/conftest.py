"""One live server and one S3 server for all tests of a process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.dumps import programs
from tests.dumps.bucket import Locked
from tests.dumps.live import Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of the user postgres, and with a short path: it holds sockets."""
    made = programs.handed_over(Path(tempfile.mkdtemp(prefix="dumps-")))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server.started() as started:
        started.make("fleet")
        yield started


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    yield "http://{}:{}".format(*started.get_host_and_port())
    started.stop()


@pytest.fixture(scope="session")
def numbered() -> Callable[[], int]:
    """Numbers for the names of buckets."""
    numbers = iter(range(1, 10_000))
    return lambda: next(numbers)


@pytest.fixture
def locked(endpoint: str, numbered: Callable[[], int]) -> Locked:
    made = Locked(f"backups-{numbered()}", endpoint)
    made.create()
    return made
