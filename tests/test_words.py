"""The field's words stay: what they took the place of is in no file (docs/glossary.md)."""

from __future__ import annotations

import ast
import re
import subprocess
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
CODE = ("components/", "policies/", "slipway/")
DIALECT = re.compile(r"\b(anew|in vain|thereof|likewise|mend|mends|mended|to be had|hears? of)\b", re.IGNORECASE)
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
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in MOODS
    ]
    assert found == []


def test_texts_are_plain() -> None:
    """Code and pages say `again`, `fix`, `is sent to`: what a practitioner expects to read."""
    found = [
        f"{name}:{number}: {match[0]}"
        for name in sorted(_listed(".py", ".md") - EXEMPT)
        if name.startswith((*CODE, "docs/")) or "/" not in name
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1)
        if (match := DIALECT.search(line))
    ]
    assert found == []


def _listed(*endings: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.split("\0") if name.endswith(endings)}
