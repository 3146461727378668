"""Components get a context, facts and settings whole; an argument copied out of them is an exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from components import stack

WHOLE = {"asked", "cloud", "context", "database", "definition", "facts", "network", "scope", "settings", "stack"}
"""What is passed on as it is: that is the aim, and no copy."""
MOST_OF_A_CALL = 3
"""Copied arguments of one call. Chosen: what needs more wants the value that they come from."""
MOST = 55
"""Copied arguments in all. Chosen: what there are; may go down."""


def trees() -> Iterator[tuple[Path, ast.Module]]:
    root = Path(stack.__file__).parent
    for file in sorted(root.rglob("*.py")):
        yield file.relative_to(root), ast.parse(file.read_text(encoding="utf-8"))


def copied() -> dict[str, list[str]]:
    """Arguments `name=….name` of each call of a class of arguments of ours, by file and line."""
    made = list(trees())
    own = {
        node.name
        for _, tree in made
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.endswith("Args")
    }
    assert len(own) > 50
    calls = [
        (f"{file}:{node.lineno} {node.func.id}", node.keywords)
        for file, tree in made
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in own
    ]
    assert len(calls) > 80
    return {
        place: found
        for place, keywords in calls
        if (found := [each.arg for each in keywords if each.arg and each.arg not in WHOLE and _copies(each)])
    }


def _copies(keyword: ast.keyword) -> bool:
    return isinstance(keyword.value, ast.Attribute) and keyword.value.attr == keyword.arg


def test_no_call_copies_many_values_of_another() -> None:
    assert {place: names for place, names in copied().items() if len(names) > MOST_OF_A_CALL} == {}


def test_few_arguments_are_copies() -> None:
    assert sum(map(len, copied().values())) <= MOST
