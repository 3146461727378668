"""Tests are of the checkout that they are in, whichever is installed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests import installed

INSTALLED = re.compile(r'executable\)\.parent / "slipway"|"\.venv" / "bin" / "slipway"')


def test_the_command_is_that_of_a_checkout(tmp_path: Path) -> None:
    """From any folder, and not the one that is installed beside it."""
    (tmp_path / "slipway" / "cli").mkdir(parents=True)
    (tmp_path / "slipway" / "cli" / "start.py").write_text("def main() -> None:\n    print('of the checkout')\n")
    installed.make(tmp_path / "environment", tmp_path)
    done = subprocess.run([tmp_path / "environment" / "bin" / "slipway"], cwd="/", capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("of the checkout\n", "")


def test_the_rest_of_the_environment_is_what_it_is() -> None:
    """Its interpreter finds what is installed."""
    code = "import pulumi, sys; print(sys.prefix)"
    done = subprocess.run([installed.environment() / "bin" / "python", "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(installed.environment()), "")


def test_no_test_starts_the_installed_command() -> None:
    """It is `installed.command()`."""
    tests = [*(installed.ROOT / "tests").rglob("*.py"), *(installed.ROOT / "benchmarks").rglob("*.py")]
    found = [str(each) for each in tests if INSTALLED.search(each.read_text(encoding="utf-8"))]
    assert found == []
