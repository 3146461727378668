"""The field's words stay: what they took the place of is in no file (docs/glossary.md)."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BANNED = (
    *("ClosedBucket", "BucketCopy", "EntranceArgs", "WatchingArgs", "DocumentsEndpoint", "KeptArgs"),
    *("PlacedSystem", "PlacedCluster", "PlacedFinding", "OutOfReach", "Unreached", "parts_of", "mended_at"),
    *(
        "obituary",
        "last_words",
        "is_spent",
        "culprit",
        "pass_digest",
        "pass_secret",
        "only_with_pass",
        "x-slipway-pass",
    ),
    *("apiAllow", "api_allow", "budgetsFrom", "budgets_from", "rolledBack", "rolled_back", "handovers", "_keepers"),
)
EXEMPT = {
    "CHANGELOG.md",
    "docs/glossary.md",
    "slipway/settings/renamed.py",
    "tests/test_words.py",
    "tests/plans/test_before.py",
}
MOODS = {
    *("_ask", "_asked", "_keep", "_keeps", "_kept", "_made", "_said", "_say", "_says", "_tell", "_tells", "_told"),
    *("_gone", "_seen", "_spoken", "_tried", "_try", "say", "told"),
}
DIALECT_NAMES = {
    "told",
    "TOLD",
    "patience",
    "PATIENCE",
    "obituary",
    "door",
    "doors",
    "judge",
    "Judge",
    "judged",
    "judgement",
}
"""What variables and modules are not called: reported, timeout, proxy, evaluator."""
CODE = ("components/", "policies/", "slipway/")
TESTS = "tests/"
RECORDED = ("tests/fidelity/programs/", "tests/plans/snapshots/")
"""Programs and plans as they were recorded."""
DIALECT = re.compile(
    r"\b(anew|in vain|thereof|likewise|mend|mends|mended|to be had|hears? of|told of|came to)\b", re.IGNORECASE
)
PAGES = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in BANNED))


def test_no_replaced_word_comes_back() -> None:
    """Code, data and pages use the words of the glossary."""
    files = _listed(".py", ".md", ".yaml", ".yml", ".json", ".sh")
    found = [
        f"{name}: {match[0]}"
        for name in sorted(files - EXEMPT - {"tests/slipway/settings/test_renamed.py"})
        if not name.startswith("tests/plans/snapshots")
        for match in PAGES.finditer((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_functions_are_named_by_what_they_do() -> None:
    """A function is named by its effect (`_report_progress`, `_retry`), not by a mood (`_tell`, `_try`)."""
    found = [
        f"{name}:{node.lineno}: {node.name}"
        for name in sorted(_listed(".py"))
        if name.startswith(CODE)
        for node in _nodes(name, MOODS)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in MOODS
    ]
    assert found == []


def test_variables_and_modules_have_the_fields_words() -> None:
    """In code and tests: `reported` for told, `timeout` for patience, a proxy for a door."""
    files = sorted(_listed(".py"))
    found = [
        f"{name}:{getattr(node, 'lineno', 0)}: {word}"
        for name in files
        for node in _nodes(name, DIALECT_NAMES)
        for word in _names(node) & DIALECT_NAMES
    ]
    assert found == []
    assert {name for name in files if Path(name).stem.removeprefix("test_") in DIALECT_NAMES} == set()


def _nodes(name: str, words: set[str]) -> Iterator[ast.AST]:
    """The nodes of a file's syntax tree, if one of the words is anywhere in it: most files need no tree."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if any(word in text for word in words):
        yield from ast.walk(ast.parse(text))


def _names(node: ast.AST) -> set[str]:
    """What a node gives or uses as a name."""
    keys = ("id", "arg", "attr", "name", "asname")
    return {word for key in keys if isinstance(word := getattr(node, key, None), str)}


def test_texts_are_plain() -> None:
    """Code, tests and pages say `again`, `fix`, `is sent to`: what a practitioner expects to read."""
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name in sorted(_listed(".py", ".md") - EXEMPT)
        if name.startswith((*CODE, TESTS, "docs/")) or "/" not in name
        if not name.startswith(RECORDED)
        for text in [(ROOT / name).read_text(encoding="utf-8")]
        for match in DIALECT.finditer(text)
    ]
    assert found == []


def _listed(*endings: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name.endswith(endings)}
