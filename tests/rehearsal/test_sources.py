"""Which files are a program's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import rehearsal
from rehearsal.sources import in_program

ROOT = Path(rehearsal.__file__).parent.parent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__main__.py", True),
        ("components/stack.py", True),
        (".venv/lib/python3.11/site-packages/pulumi/output.py", False),
        ("rehearsal/session.py", False),
        ("../elsewhere.py", False),
    ],
)
def test_packages_in_a_virtualenv_and_this_one_are_not_the_programs(name, expected):
    assert in_program(str((ROOT / name).resolve()), ROOT) is expected


def test_generated_code_is_nobodys():
    assert not in_program("<frozen runpy>", ROOT)
