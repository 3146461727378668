"""Which files are a program's own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from slipway import rehearsal
from slipway.rehearsal.sources import in_program

ROOT = Path(rehearsal.__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("__main__.py", True),
        ("components/stack.py", True),
        (".venv/lib/python3.11/site-packages/pulumi/output.py", False),
        ("slipway/rehearsal/session.py", False),
        ("../elsewhere.py", False),
    ],
)
def test_packages_in_a_virtualenv_and_this_one_are_not_the_programs(name, expected):
    assert in_program(str((ROOT / name).resolve()), ROOT) is expected


def test_generated_code_is_nobodys():
    assert not in_program("<frozen runpy>", ROOT)


WITHOUT_ENGINE = {
    *(
        "__init__",
        "answers",
        "channel",
        "errors",
        "failure",
        "findings",
        "imports",
        "loop",
        "manifests",
        "marks",
        "pack_launcher",
        "pack_pipe",
        "plan",
    ),
    *(
        "process",
        "quantities",
        "randoms",
        "redaction",
        "result_types",
        "sdk",
        "session",
        "shapes",
        "tuning",
        "wire",
        "worker",
    ),
}
"""Modules with no rule of the engine's: the worker itself, the SDK's side, providers' answers."""


def test_every_rule_of_the_engine_names_its_file() -> None:
    """A module that answers as the engine says where in pulumi/pulumi the engine does."""
    modules = {path.stem: path for path in (ROOT / "slipway" / "rehearsal").glob("*.py")}
    assert modules.keys() >= WITHOUT_ENGINE
    for name in modules.keys() - WITHOUT_ENGINE:
        docstring = ast.get_docstring(ast.parse(modules[name].read_text(encoding="utf-8"))) or ""
        assert re.search(r"^Engine: (pkg|sdk)/\S+\.go", docstring, re.MULTILINE), name
