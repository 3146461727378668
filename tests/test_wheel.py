"""The wheel has all that is needed: the tool, and the program, components, rules and prices that a project copies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from slipway.cli import blueprint
from tests.processes import TIMEOUT

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command says, whose status must be 0."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_project_begins_with_the_wheel_alone(tmp_path: Path) -> None:
    """Built from a copy, unpacked, asked for a project, and that project judged: nothing of this checkout is used, and
    no file of it is missing."""
    source, site, project = (tmp_path / each for each in ("source", "site", "project"))
    for name, path in blueprint.released().items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(path.read_bytes())
    for name in ("CHANGELOG.md", "slipway/cli/starter/common/.gitignore"):
        (source / name).write_text("# Of the wheel alone\n")
    build = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    run(sys.executable, "-c", build, tmp_path, cwd=source)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    assert {each.name for each in site.iterdir() if each.suffix != ".dist-info"} == {"slipway"}

    slipway = (sys.executable, "-c", "from slipway.cli.start import main; main()")
    run(*slipway, "init", project, cwd=tmp_path, PYTHONPATH=str(site))
    assert (project / ".gitignore").read_text() == "# Of the wheel alone\n"
    assert _contents(project / "slipway") == {name: (source / name).read_bytes() for name in blueprint.released()}
    output = run(*slipway, "preview", cwd=project, PYTHONPATH=str(site))
    assert re.search(r"Policies: 0 violations, 0 warnings \(\d+ of \d+ rules\)", output)


def _contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but what Python compiled."""
    files = (each for each in folder.rglob("*") if each.is_file() and "__pycache__" not in each.parts)
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}
