"""Which of two versions is the later one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.versions import reaches


@pytest.mark.parametrize(
    ("version", "needed"),
    [
        ("1.1.0", "1.1.0"),
        ("1.10.0", "1.9.9"),
        ("v2.0.0", "1.9"),
        ("1.1", "1.1"),
        ("1.1.1", "1.1"),
        ("expense-accounts-v1.0.1", "expense-accounts-v1.0.0"),
        ("2026-11-21", "2026-09-30"),
    ],
)
def test_a_later_version_reaches_an_earlier_one(version: str, needed: str) -> None:
    """Numbers compare as numbers; the other way round only the same one does."""
    assert reaches(version, needed)
    assert not reaches(needed, version) or version == needed


@given(st.lists(st.integers(0, 99), min_size=1, max_size=4), st.lists(st.integers(0, 99), min_size=1, max_size=4))
def test_versions_are_ordered_as_their_numbers(one: list[int], other: list[int]) -> None:
    """Whatever they are."""
    text, needed = ".".join(map(str, one)), ".".join(map(str, other))
    assert reaches(text, needed) == (one >= other)
