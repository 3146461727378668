from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.scalars import RespelledFloat, RespelledInt, plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("02:00", "02:00"),
        ("2026-01-01", "2026-01-01"),
        ("2.4.0", "2.4.0"),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        (".inf", ".inf"),
        ("1e", "1e"),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
    ],
)
def test_the_core_schema(text: str, value: Any) -> None:
    """Only the words and numbers of YAML 1.2 are anything but text."""
    assert plain(text) == value
    assert isinstance(plain(text), type(value))


@pytest.mark.parametrize("text", ["007", "+1", "0x1F", "0o17", "1_000", "-0"])
def test_whole_numbers_written_otherwise_are_marked(text: str) -> None:
    """A number whose spelling gets lost on the way through Pulumi is known for that."""
    assert isinstance(plain(text), RespelledInt)


@pytest.mark.parametrize("text", ["1.10", "1.0", "1e3", ".5", "5.", "1_0.5"])
def test_fractions_written_otherwise_are_marked(text: str) -> None:
    """A number whose spelling gets lost on the way through Pulumi is known for that."""
    assert isinstance(plain(text), RespelledFloat)


@given(
    st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
)
def test_usual_numbers_are_not_marked(number: float) -> None:
    """A number that JSON writes as it stands is only a number."""
    text = json.dumps(number)
    value = plain(text)
    assert value == number
    assert type(value) in (int, float) or float(text).is_integer()
