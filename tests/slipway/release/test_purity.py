"""The core of releases is a function: it has no clock, no input and no output of its own."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import slipway.release.decide

FOLDER = Path(slipway.release.decide.__file__).parent
PURE = {"__future__", "collections", "dataclasses", "datetime", "math", "typing", "zoneinfo", "pydantic"}
"""Packages without an effect; of datetime, what reads the clock is looked for below."""
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "fromtimestamp"}


def core() -> list[Path]:
    """The modules that `decide` needs, itself included."""
    found, left = set(), {"decide"}
    while left:
        name = left.pop()
        found.add(name)
        own = {each for each in imports(FOLDER / f"{name}.py") if each.startswith("slipway.release.")}
        left |= {each.split(".")[2] for each in own} - found
    return [FOLDER / f"{name}.py" for name in sorted(found)]


def imports(path: Path) -> set[str]:
    """The full names that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{each.name}" for each in node.names}
    return names


@pytest.mark.parametrize("path", core(), ids=lambda path: path.stem)
def test_the_core_imports_nothing_with_an_effect(path: Path) -> None:
    """Only itself and pure packages."""
    others = {each for each in imports(path) if not each.startswith("slipway.release.")}
    assert {each.partition(".")[0] for each in others} <= PURE
    assert "slipway.release.controller" not in " ".join(imports(path))


@pytest.mark.parametrize("path", core(), ids=lambda path: path.stem)
def test_the_core_reads_no_clock(path: Path) -> None:
    """The time is an argument."""
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) in ("datetime", "date", "time", "datetime.datetime")
    }
    assert not calls & CLOCKS


def test_the_core_is_whole() -> None:
    """What is looked at is what decides."""
    assert {"decide", "sequential_tests", "gates", "stepping", "watching", "returning", "window"} <= {
        each.stem for each in core()
    }
    assert "slipway.release.decide" in sys.modules
