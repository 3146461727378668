"""The controller's image, with what its Dockerfile copies and its lock file names, on Debian's Python."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from importlib.metadata import distribution
from pathlib import Path

from tests.e2e.rig import ROOT, Rig

NAME = "registry.example.com/release-controller:e2e"
DOCKERFILE = ROOT / "slipway" / "release" / "controller" / "Dockerfile"
LOCK = ROOT / "requirements-controller.txt"
SITE = f"/usr/local/lib/python{sys.version_info.major}.{sys.version_info.minor}/dist-packages"
"""Where Debian's Python looks for packages. The image has no environment of its own to name another folder."""


def make(rig: Rig, folder: Path) -> None:
    """Debian's Python is that of the tests, so the installed wheels fit."""
    _copy_program(folder)
    _copy_packages(folder)
    packages = "python3,python-is-python3"
    rig.image(NAME, packages=packages, files=[f"{folder}:{SITE}"], entrypoint="python -m slipway.release.controller")


def _copy_program(folder: Path) -> None:
    for line in re.findall(r"^COPY (slipway(?:.*\\\n)*.*)", DOCKERFILE.read_text(), re.MULTILINE):
        *sources, target = shlex.split(line.replace("\\\n", " "))
        place = folder / target.removeprefix("/app/")
        place.mkdir(parents=True, exist_ok=True)
        for source in sources:
            if source.endswith("/"):
                shutil.copytree(ROOT / source, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)


def _copy_packages(folder: Path) -> None:
    # A line with a condition is for another operating system.
    for name in re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==[^ ;]+ \\$", LOCK.read_text(), re.MULTILINE):
        for file in distribution(name).files or ():
            if ".." in file.parts or "__pycache__" in file.parts:
                continue
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(file.locate()), target)
