"""One process of the pack for all tests of a preview, one for those of an update.

A module of tests that says `RULES` gets the findings of those rules only: others may have findings on its facts too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policies.pack_under_test import Evaluator, Pack


@pytest.fixture(scope="session")
def previewing() -> Iterator[Pack]:
    """The pack as it judges a preview of `staging`."""
    pack = Pack()
    yield pack
    pack.close()


@pytest.fixture(scope="session")
def updating() -> Iterator[Pack]:
    """The pack as it judges an update of `staging`."""
    pack = Pack(preview=False)
    yield pack
    pack.close()


@pytest.fixture(scope="module")
def preview(previewing: Pack, request: pytest.FixtureRequest) -> Evaluator:
    """What the module's rules say in a preview."""
    return _heard(previewing, request)


@pytest.fixture(scope="module")
def update(updating: Pack, request: pytest.FixtureRequest) -> Evaluator:
    """What the module's rules say in an update."""
    return _heard(updating, request)


def _heard(pack: Pack, request: pytest.FixtureRequest) -> Evaluator:
    rules = getattr(request.module, "RULES", ())
    return pack.about(*rules) if rules else pack
