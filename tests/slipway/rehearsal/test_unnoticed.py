"""A program finds nothing in its environment that tells a rehearsal from a preview of Pulumi's."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.rehearsal import PolicyPack, rehearse
from tests.policies.pack_under_test import PACK

PROGRAM = """
import os, sys
import pulumi
pulumi.export("marks", sorted(key for key, value in os.environ.items() if "slipway" in f"{key}".lower()))
pulumi.export("arguments", sys.argv)
"""


def test_no_variable_of_slipway_reaches_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its own nor those of whoever runs it, with a pack or without."""
    (tmp_path / "__main__.py").write_text(PROGRAM)
    monkeypatch.setenv("SLIPWAY_STACK_FILE", "Pulumi.prod.yaml")
    monkeypatch.setenv("SLIPWAY_ANYTHING", "1")
    packs = [PolicyPack(PACK, data=PACK)]
    plan = rehearse(tmp_path, project="slipway", stack="trial", config={}, packs=packs).plan
    assert plan.outputs == {"marks": [], "arguments": ["."]}
