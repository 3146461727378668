"""The image: what its Dockerfile copies and installs is what the controller and the gates import, and no more."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.slipway.cli.conftest import ROOT

DOCKERFILE = (ROOT / "slipway" / "release" / "controller" / "Dockerfile").read_text(encoding="utf-8")
LOCKED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)
PROGRAM = """
import importlib, pkgutil, sys
from importlib.metadata import packages_distributions
class Absent:
    def find_spec(self, name, path=None, target=None):
        names = {each.lower().replace("_", "-").replace(".", "-") for each in owners.get(name.partition(".")[0], ())}
        if names and not names & locked:
            raise ModuleNotFoundError(name)
owners = packages_distributions()
owners.pop("slipway", None)
sys.meta_path.insert(0, Absent())
import slipway.ops.aws, slipway.release
for package in (slipway.release, slipway.ops.aws):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
import apprise, awscrt.auth, boto3, kubernetes.client, kubernetes.config
assert slipway.release.__file__.startswith(app), slipway.release.__file__
assert apprise.Apprise().add("json://127.0.0.1")
"""


def test_its_base_is_pinned() -> None:
    """By digest, and read by every stage: a tag may be another image tomorrow."""
    (base,) = re.findall(r"^ARG BASE=(.*)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", base)
    assert {each.split()[0] for each in re.findall(r"^FROM (.*)$", DOCKERFILE, re.MULTILINE)} == {"${BASE}"}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """What `COPY` brings to `/app`."""
    for line in re.findall(r"^COPY (slipway(?:.*\\\n)*.*)", DOCKERFILE, re.MULTILINE):
        *sources, target = shlex.split(line.replace("\\\n", " "))
        folder = tmp_path / target.removeprefix("/app/")
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            if source.endswith("/"):
                shutil.copytree(ROOT / source, folder, dirs_exist_ok=True)
            else:
                shutil.copy(ROOT / source, folder)
    return tmp_path


def test_everything_imports_from_what_is_copied(app: Path) -> None:
    """Each module, as if no package were installed but those of the lock file."""
    path = [str(app), *(each for each in sys.path if "site-packages" in each)]
    locked = {name.replace("_", "-") for name in LOCKED.findall((ROOT / "requirements-controller.txt").read_text())}
    code = f"import sys; sys.path[:0] = {path!r}\nlocked, app = {locked!r}, {str(app)!r}\n{PROGRAM}"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=app, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_its_packages_are_those_of_the_tool() -> None:
    """The same versions, so that tests are of what runs."""
    tool, image = (
        dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-controller.txt")
    )
    assert {name: version for name, version in image.items() if tool.get(name) != version} == {}


def test_it_is_pinned_and_runs_without_rights() -> None:
    base = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert base is not None
    assert re.fullmatch(r"docker\.io/library/python:3\.12\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base[1])
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "--require-hashes" in DOCKERFILE
