"""A cluster for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slipway.release.controller.server import Cluster, served


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with served() as started:
        yield started
