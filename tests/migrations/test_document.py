"""What docs/migrations.md shows is declared and works so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.system.migrations.manifests.script import SCRIPT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migrations.md").read_text(encoding="utf-8")
EXAMPLES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example)))
def test_each_example_is_a_seeds(example: dict[str, Any]) -> None:
    """Shortened: every key that is there says what the system's does."""
    ((system, shown),) = example.items()
    text = (ROOT / "systems" / system / "system.yaml").read_text(encoding="utf-8")
    declared = {each["name"]: each for each in yaml.safe_load(text)["migrations"]}
    for migration in shown:
        whole = declared[migration["name"]]
        for key, value in migration.items():
            assert holds(value, whole[key]), (migration["name"], key)


def holds(shown: Any, whole: Any) -> bool:
    """A list may be shown in part."""
    return all(each in whole for each in shown) if isinstance(shown, list) else shown == whole


def test_all_five_are_there() -> None:
    """One or more of each system."""
    assert {next(iter(example)) for example in EXAMPLES} == {
        path.parent.name for path in (ROOT / "systems").glob("*/system.yaml")
    }


def test_it_lists_every_exit_status() -> None:
    """That the script ends with."""
    documented = set(re.findall(r"^\| ([0-9]+) \|", PAGE, re.MULTILINE))
    assert documented == {"0", *re.findall(r"\b(?:fail|again|exit) ([0-9]+)", SCRIPT)}
