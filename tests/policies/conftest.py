"""One process of the pack for all tests of a preview, one for those of an update."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policies.pack_under_test import Pack


@pytest.fixture(scope="session")
def preview() -> Iterator[Pack]:
    """The pack as it judges a preview of `staging`."""
    pack = Pack()
    yield pack
    pack.close()


@pytest.fixture(scope="session")
def update() -> Iterator[Pack]:
    """The pack as it judges an update of `staging`."""
    pack = Pack(preview=False)
    yield pack
    pack.close()
