"""The pages that quote Slipway: exit statuses, messages, and the picture of the architecture."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from slipway.settings import exit_statuses

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
STATUSES, MESSAGES = PAGE.split("## Before a preview")
PICTURE = ROOT / "docs" / "pictures" / "architecture.svg"
SHORTEST = 12
"""Characters of a quoted message. Chosen: shorter ones could be part of anything."""


@cache
def said() -> tuple[str, ...]:
    """Every text of the code, with `…` in place of what is filled in."""
    return tuple(text for path in (ROOT / "slipway").rglob("*.py") for text in texts(path.read_text(encoding="utf-8")))


def texts(code: str) -> Iterator[str]:
    """The literals of a module; of those with values filled in, the whole of it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "…" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"\{\w+\}", "…", node.value)


def quoted(text: str) -> list[str]:
    """The messages in the first cells of the tables."""
    return [double or single for double, single in re.findall(r"(?m)^\| (?:`` (.+?) ``|`([^`]+)`) \|", text)]


def test_every_exit_status_is_explained() -> None:
    """Those of the code, and no other."""
    known = {
        value
        for name, value in vars(exit_statuses).items()
        if name.isupper() and isinstance(value, int) and not name.startswith("_")
    }
    assert {int(each) for each in re.findall(r"(?m)^\| (\d+) \|", STATUSES)} == known
    assert len(known) == 6


@pytest.mark.parametrize("message", quoted(MESSAGES))
def test_every_quoted_message_exists(message: str) -> None:
    """Word for word, with `…` for what is filled in."""
    assert len(message) >= SHORTEST
    assert any(message in text for text in said()), message


def test_messages_are_quoted() -> None:
    """From each part of the page."""
    assert len(quoted(MESSAGES)) > 20


def test_the_picture_names_what_exists() -> None:
    """It is well-formed, says in words what it shows, and its folders are there."""
    root = ElementTree.parse(PICTURE).getroot()
    shown = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    folders = [each for text in shown for each in re.findall(r"\b(?:slipway/\w+|components/|policies/|prices/)", text)]
    assert len(folders) > 6
    assert all((ROOT / each).is_dir() for each in folders)
    assert root.find("{http://www.w3.org/2000/svg}desc") is not None
    assert "http" not in PICTURE.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
