from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.settings.pointers import Pointer, dotted, parse_path

paths = st.lists(st.text() | st.integers(0, 10**6), max_size=6).map(tuple)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("services", "api", "needs", 0), "services.api.needs[0]"),
        (("config", "slipway:clusters", "main"), "config.slipway:clusters.main"),
        (("checks", 2, "jsonEquals", "error.code"), 'checks[2].jsonEquals["error.code"]'),
        (("a", ""), 'a[""]'),
        (("1",), "1"),
        ((1,), "[1]"),
        ((), ""),
    ],
)
def test_a_path_has_one_text(path: tuple[str | int, ...], text: str) -> None:
    """Plain keys stand bare, items in brackets, every other key quoted in brackets."""
    assert dotted(path) == text
    assert parse_path(text) == path


@given(paths)
def test_paths_round_trip(path: tuple[str | int, ...]) -> None:
    """Whatever the keys, the text of a path gives the path again."""
    assert parse_path(dotted(path)) == path


@given(paths)
def test_pointers_round_trip(path: tuple[str | int, ...]) -> None:
    """Whatever the keys, the text of a pointer gives the pointer again."""
    pointer = Pointer("systems/fleet/system.yaml", path)
    assert Pointer.parse(str(pointer)) == pointer


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("systems/fleet/migrations/005.sql:12", 12),
        ("005.sql:0", None),
        ("005.sql:a", None),
        ("005.sql:1.2", None),
        ("005.sql:[1]", None),
        ("system.yaml:12", None),
    ],
)
def test_a_line_of_a_file_without_keys(text: str, line: int | None) -> None:
    """A number is a line everywhere but in YAML, where it is a key."""
    pointer = Pointer.parse(text)
    assert pointer.line == line
    assert str(pointer) == text


@pytest.mark.parametrize(
    "text", ["", "a.yaml", ":a", "a.yaml:a..b", "a.yaml:a[x]", "a.yaml:[", "a.yaml:a.", "a.yaml:a b"]
)
def test_other_text_is_refused(text: str) -> None:
    """What no pointer writes is not guessed at."""
    with pytest.raises(ValueError, match="for example"):
        Pointer.parse(text)
