"""Every shell script that a plan brings to a cluster pleases shellcheck: files of ConfigMaps, and commands of containers."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.plans.test_plans import STACKS, planned

SOURCED = "SC1091,SC2034,SC2153,SC2154"
"""A script that is part of others reads and sets what only they name."""


def scripts(stack: str) -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    for step in planned(stack)[0].steps:
        data = step.inputs.get("data")
        if step.type == "kubernetes:core/v1:ConfigMap" and isinstance(data, Mapping):
            yield from ((f"{step.name}/{name}", text) for name, text in data.items() if name.endswith(".sh"))
        yield from ((f"{step.name}/{name}", text) for name, text in commands(step.inputs))


def commands(value: Any) -> Iterator[tuple[str, str]]:
    """Of containers, wherever they stand."""
    if isinstance(value, Mapping):
        match value.get("command"):
            case [("sh" | "/bin/sh"), ("-c" | "-ec" | "-euc"), str(text), *_]:
                yield str(value.get("name")), text
        for each in value.values():
            yield from commands(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from commands(each)


@pytest.mark.parametrize("stack", STACKS)
def test_scripts_please_shellcheck(stack: str, tmp_path: Path) -> None:
    """As POSIX sh, without a warning."""
    texts = dict.fromkeys(text for _, text in scripts(stack))
    assert len(texts) >= 10
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.sh")
        files[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            needs.program("shellcheck", package="shellcheck"),
            "--shell=sh",
            f"--exclude={SOURCED}",
            "--format=gcc",
            *map(str, files),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
