from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.settings.document import LocatedDict, Mark, copied, mark_at, read, value_at, walk
from slipway.settings.problems import InvalidSettings

TEXT = "a: 1\nb:\n  - x\n  - c: [2,\n      3]\n'd.e': |\n  long\n  text\nf: {g: h}\n"


@pytest.fixture
def document(tmp_path: Path) -> LocatedDict:
    (tmp_path / "x.yaml").write_text(TEXT)
    return read(tmp_path / "x.yaml", "x.yaml")


def test_values(document: LocatedDict) -> None:
    """A document is the plain data that YAML says."""
    assert document == {"a": 1, "b": ["x", {"c": [2, 3]}], "d.e": "long\ntext\n", "f": {"g": "h"}}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 1),
        (("b",), 2),
        (("b", 0), 3),
        (("b", 1, "c"), 4),
        (("b", 1, "c", 1), 5),
        (("d.e",), 6),
        (("f", "g"), 9),
    ],
)
def test_every_value_has_its_line(document: LocatedDict, path: tuple[str | int, ...], line: int) -> None:
    """A key's line is where the key stands, an item's where the item begins."""
    assert mark_at(document, path) == Mark("x.yaml", path, line)


def test_the_mark_of_what_is_not_there(document: LocatedDict) -> None:
    """What does not exist is placed at the last key on the way there."""
    assert mark_at(document, ("f", "x", "y")) == Mark("x.yaml", ("f",), 9)
    assert value_at(document, ("f", "x", "g")) is None
    assert mark_at(document, ("x",)) == Mark("x.yaml", (), 1)


def test_a_copy_is_apart(document: LocatedDict) -> None:
    """Changing a copy leaves the original and its marks alone."""
    copy = copied(document)
    assert copy == document
    assert list(walk(copy)) == list(walk(document))
    copy["b"][1]["c"].append(4)
    assert document["b"][1]["c"] == [2, 3]


@pytest.mark.parametrize(
    "change", [str, lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: "---\n" + t]
)
def test_bytes_around_the_text_do_not_matter(tmp_path: Path, document: LocatedDict, change: type[str]) -> None:
    """A byte order mark, Windows' line ends and a document start are read over."""
    (tmp_path / "y.yaml").write_bytes(change(TEXT).encode())
    assert read(tmp_path / "y.yaml", "x.yaml") == document


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.text("abc:-[]{}\"'|>&*!%#?, \n\t01.~", max_size=80).map(str.encode))
def test_any_bytes_give_a_mapping_or_problems(tmp_path: Path, content: bytes) -> None:
    """Nothing but InvalidSettings comes of a file, whatever is in it."""
    (tmp_path / "z.yaml").write_bytes(content)
    try:
        messages = [read(tmp_path / "z.yaml", "z.yaml").mark.file]
    except InvalidSettings as error:
        messages = [str(problem) for problem in error.problems]
    assert messages
    assert all(text.startswith("z.yaml") for text in messages)
