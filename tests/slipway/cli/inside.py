"""The command inside the test's own process, where moto stands for AWS."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from slipway.cli.main import main
from tests.slipway.cli.conftest import Copy, Run
from tests.slipway.ops.conftest import ACCOUNT

PROD_ACCOUNT = "444455556666"


def on_moto(project: Copy) -> Copy:
    """Stack prod in the account that moto pretends to be."""
    project.edit("Pulumi.prod.yaml", f'account: "{PROD_ACCOUNT}"', f'account: "{ACCOUNT}"')
    return project


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


class Inside:
    """Runs `slipway` in `folder` and keeps what it prints."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._folder, self._patch, self._captured = folder, monkeypatch, capfd

    def __call__(self, *arguments: str, given: bytes = b"", terminal: bool = False) -> Run:
        """`given` is what standard input says, unless it is a `terminal`."""
        kind = Terminal if terminal else io.TextIOWrapper
        self._patch.setattr(sys, "argv", ["slipway", *arguments, "--cwd", str(self._folder)])
        self._patch.setattr(sys, "stdin", kind(io.BytesIO(given)))
        self._captured.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._captured.readouterr()
        return Run(int(ended.value.code or 0), out, err)
