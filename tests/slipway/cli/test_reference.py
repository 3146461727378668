"""What git gives of an earlier state."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.cli import reference
from slipway.settings.problems import InvalidSettings
from slipway.settings.project import find_project
from tests.slipway.cli.test_against import commit, git


def test_a_program_that_is_a_submodule_is_of_the_commit_that_was_pinned(tmp_path: Path) -> None:
    """Git's archive leaves its folder empty; without it a base would have no program. A folder that nobody checked out
    is told, with the command for it."""
    released, project = tmp_path / "released", tmp_path / "project"
    for folder in (released, project):
        folder.mkdir()
        git(folder, "init", "--initial-branch", "main")
    (released / "__main__.py").write_text("old\n")
    commit(released)
    (project / "Pulumi.yaml").write_text("name: x\nmain: slipway\n")
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", str(released), "slipway")
    commit(project)
    (project / "slipway" / "__main__.py").write_text("new\n")
    commit(project / "slipway")
    commit(project)
    with reference.tree("--against", "HEAD~1", project) as before:
        assert (find_project(before).program / "__main__.py").read_text() == "old\n"
    git(project, "submodule", "deinit", "--force", "slipway")
    with (
        reference.tree("--against", "HEAD~1", project) as before,
        pytest.raises(InvalidSettings, match="git submodule update --init"),
    ):
        find_project(before)
