"""A remedy is offered as the change of the very line, and none where a line cannot be changed by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.reports.remedies import diff
from slipway.settings.locate import Location


def offered(folder: Path, text: str, line: int, key: str, file: str = "system.yaml") -> str:
    (folder / file).write_text(text)
    return diff(folder, Location(file, line), key.split("."), "2")


@pytest.mark.parametrize(
    ("text", "line", "change"),
    [
        ("replicas:\n  minimum: 1  # few\n", 2, "-  minimum: 1  # few\n+  minimum: 2  # few"),
        ("api: {port: 3000, replicas: {minimum: 1, maximum: 6}}\n", 1, "replicas: {minimum: 2, maximum: 6}}"),
        ("api:\n  replicas:\n    maximum: 6\n", 2, "+    minimum: 2\n"),
        ("api: {port: 3000, replicas: {maximum: 6}}\n", 1, "replicas: {minimum: 2, maximum: 6}}"),
        ("replicas: {}\n", 1, "+replicas: {minimum: 2}\n"),
        ("services:\n  api:\n    port: 3000\n", 2, "+    replicas:\n+      minimum: 2\n"),
    ],
)
def test_a_value_is_replaced_or_added(tmp_path: Path, text: str, line: int, change: str) -> None:
    found = offered(tmp_path, text, line, "services.api.replicas.minimum")
    assert found.startswith("--- a/system.yaml\n+++ b/system.yaml\n@@ ")
    assert change in f"{found}\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [("api: {port: 3000}\n", 1), ("other:\n  port: 3000\n", 1), ("a: 1\n", 7), ("- minimum\n", 1)],
)
def test_no_remedy_is_offered_where_it_would_be_a_guess(tmp_path: Path, text: str, line: int) -> None:
    """A mapping on one line without the key, another mapping, a line that is not there, a list."""
    assert offered(tmp_path, text, line, "services.api.replicas.minimum") == ""


def test_only_settings_are_changed(tmp_path: Path) -> None:
    assert offered(tmp_path, "minimum: 1\n", 1, "minimum", "program.py") == ""
