"""Puts the program, the components, the rules and the prices into the wheel, beside the tool; `pyproject.toml` has the rest."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
BLUEPRINT = runpy.run_path(str(ROOT / "slipway" / "cli" / "blueprint.py"))


class BuildRelease(build_py):
    """Builds the tool with every file of its own, and a release that `slipway init` can copy."""

    def run(self) -> None:
        if self.editable_mode:
            super().run()
            return
        # The blueprint is data here: as packages of their own its folders would take names that belong to others.
        self.packages = [each for each in self.packages if each.partition(".")[0] == BLUEPRINT["TOOL"]]
        target = Path(self.build_lib)
        shutil.rmtree(target, ignore_errors=True)
        super().run()
        for name in BLUEPRINT["tool"](ROOT):
            _copy(ROOT / name, target / name)
        for name in BLUEPRINT["blueprint"](ROOT):
            _copy(ROOT / name, target / BLUEPRINT["TOOL"] / BLUEPRINT["PACKED"] / name)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


setup(cmdclass={"build_py": BuildRelease})
