"""Every numeric constant of the code says what it counts, and where the number is from."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("components/", "policies/", "slipway/")
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
WRAPPERS = {"Decimal", "Fraction", "float", "int", "timedelta"}


def test_each_number_is_explained() -> None:
    """A docstring below, or a comment above or on its line, gives unit and source of a module's numeric constant."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split("\0") if name.startswith(FOLDERS)]
    found = [
        f"{name}:{line}: {constant} has no docstring with unit and source"
        for name in sorted(names)
        for line, constant in unexplained((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert found == []


def test_what_counts_as_an_explanation() -> None:
    """Numbers, sizes, times and ranges need one; text, and names of other constants, do not."""
    explained = 'A = 1\n"""Seconds."""\nB = 2  # bytes\n# days\nC = 3\n'
    other = 'D = "x"\nE = A\nF = {"a": 1}\nlower = 4\n'
    bare = "G = 5\nH, I = 6, 7\nJ = timedelta(days=8)\nK: int = 9 * 1024\nL = (10, 20)\n"
    assert list(unexplained(explained + other)) == []
    assert [name for _, name in unexplained(bare)] == ["G", "H, I", "J", "K", "L"]


def unexplained(text: str) -> Iterator[tuple[int, str]]:
    """The numeric constants of a module without docstring or comment, each with its line."""
    lines, body = text.split("\n"), ast.parse(text).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_number(node.value):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        name = ", ".join(ast.unparse(target).strip("()") for target in targets)
        if not all(CONSTANT.fullmatch(each) for each in name.split(", ")):
            continue
        documented = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        around = [lines[node.lineno - 2] if node.lineno > 1 else "", *lines[node.lineno - 1 : node.end_lineno]]
        if not documented and not around[0].startswith("#") and not any("  # " in line for line in around[1:]):
            yield node.lineno, name


def _is_number(node: ast.expr | None) -> bool:
    """Whether an expression is a number, an amount of time, or a group of such."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.Tuple):
        return bool(node.elts) and all(map(_is_number, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) or _is_number(node.right)
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in WRAPPERS
