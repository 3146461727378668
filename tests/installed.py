"""The environment of the tests with the command of this checkout: what is installed there may be another checkout's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests import shared

ROOT = Path(__file__).parents[1]
COMMAND = """\
#!{interpreter}
import sys
sys.path[0] = {root!r}
from slipway.cli.start import main
sys.exit(main())
"""


def begin() -> None:
    """Make it for this run."""
    make(environment(), ROOT)


def environment() -> Path:
    """Return what stands for `.venv`."""
    return shared.folder("environment")


def command() -> Path:
    """Return `.venv/bin/slipway`."""
    return environment() / "bin" / "slipway"


def make(target: Path, root: Path) -> None:
    """Make an environment of what this one has, in which `slipway` is that of the checkout at `root`."""
    (target / "bin").mkdir(parents=True, exist_ok=True)
    for each in [*Path(sys.prefix).iterdir(), *Path(sys.prefix, "bin").iterdir()]:
        link = target / each.relative_to(sys.prefix)
        if each.name not in ("bin", "slipway") and not os.path.lexists(link):
            link.symlink_to(each)
    own = target / "bin" / "slipway"
    own.write_text(COMMAND.format(interpreter=sys.executable, root=str(root)), encoding="utf-8")
    own.chmod(0o755)
