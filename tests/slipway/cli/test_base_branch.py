"""The commit that a preview is compared with where nobody names one."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.cli.base_branch import base_branch
from slipway.cli.reference import asked
from slipway.settings.problems import InvalidSettings
from tests.slipway.cli.test_against import commit, git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a repository whose default branch is `trunk`."""
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    git(upstream, "init", "--initial-branch", "trunk")
    (upstream / "a").write_text("1")
    commit(upstream)
    git(tmp_path, "clone", str(upstream), "clone")
    return tmp_path / "clone"


def test_nothing_where_nothing_differs(clone: Path, tmp_path: Path) -> None:
    """Nor outside of a checkout, where the plan is shown as a whole."""
    assert base_branch(clone) is None
    assert base_branch(tmp_path) is None


@pytest.mark.parametrize("edited", ["a", "new"])
def test_what_is_not_committed_counts(clone: Path, edited: str) -> None:
    """On the default branch too."""
    (clone / edited).write_text("2")
    found = base_branch(clone)
    assert found is not None
    assert found.commit == asked(clone, "rev-parse", "HEAD")
    assert found.name == f"origin/trunk ({found.commit[:10]})"


def test_a_branch_is_compared_with_where_it_began(clone: Path, tmp_path: Path) -> None:
    """What others have done on the default branch since is none of its doing."""
    began = asked(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-b", "mine")
    (clone / "b").write_text("mine")
    commit(clone)
    (tmp_path / "upstream" / "a").write_text("theirs")
    commit(tmp_path / "upstream")
    git(clone, "fetch")
    found = base_branch(clone)
    assert found is not None
    assert (found.commit, found.of_pipeline) == (began, False)


def test_a_pipeline_names_the_branch(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is compared with, also where nothing differs; one that is not in the checkout is refused, with how to have it."""
    monkeypatch.setenv("GITHUB_BASE_REF", "trunk")
    found = base_branch(clone)
    assert found is not None
    assert found.of_pipeline
    monkeypatch.setenv("GITHUB_BASE_REF", "other")
    with pytest.raises(InvalidSettings, match="fetch-depth: 0"):
        base_branch(clone)


def test_a_folder_of_a_repository_is_looked_at_alone(clone: Path) -> None:
    """What changes beside it is another project's."""
    (clone / "sub").mkdir()
    (clone / "sub" / "x").write_text("1")
    commit(clone)
    git(clone, "push", "origin", "HEAD:other")
    git(clone, "update-ref", "refs/remotes/origin/trunk", "HEAD")
    (clone / "a").write_text("2")
    assert base_branch(clone / "sub") is None
    assert base_branch(clone) is not None
