"""The project's stacks as they are where people release by hand: without the controller of releases."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tests.rehearsed import ROOT

INSTALLED, ABSENT = "controllers: {releases: installed}", "controllers: {releases: absent}"
CANDIDATE = """\
          active: green
          blue: {version: 2.3.0}
          green: {version: 2.4.0}
"""
SPLIT = """\
          blue: {version: 2.3.0, weight: 90}
          green: {version: 2.4.0, weight: 10}
"""
_UNUSED = re.compile(r"^      releases:.*\n(?:        .*\n)*", re.MULTILINE)
"""What only the controller reads, which is refused without it."""


def by_hand(file: str) -> str:
    """A stack's file; where a release has a candidate, that has a tenth of the visitors."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert INSTALLED in text, f"{file} has no controller of releases"
    return _UNUSED.sub("", text.replace(INSTALLED, ABSENT).replace(CANDIDATE, SPLIT))


def stack_by_hand(name: str) -> dict[str, Any]:
    """What stands in the file of a stack."""
    return yaml.safe_load(by_hand(f"Pulumi.{name}.yaml"))


def make_by_hand(root: Path) -> None:
    """Writes the files of the stacks in a copy of the project so."""
    for stack in ("local", "prod", "staging"):
        file = f"Pulumi.{stack}.yaml"
        (root / file).write_text(by_hand(file), encoding="utf-8")
