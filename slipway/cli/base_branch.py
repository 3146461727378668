"""The commit that a preview is compared with if the command line names none.

In a pull request the pipeline names the base branch. Elsewhere it is the commit where the branch left the default
branch: the preview then shows all changes of the working tree since then, committed or not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from slipway.cli import reference
from slipway.cli.lookup import refused

NAMED_BY = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Variables of GitHub Actions and GitLab CI that name the target branch of a change."""
DEFAULTS = ("origin/main", "origin/master", "main", "master")
DIGITS = 10
"""Digits of a commit in reports. Chosen: as git shortens them in large repositories."""


@dataclass(frozen=True)
class BaseBranch:
    """A commit; `name` is its name in reports, and `of_pipeline` is true if a pipeline named the branch."""

    name: str
    commit: str
    of_pipeline: bool = False


def base_branch(root: Path) -> BaseBranch | None:
    """Return the base, or None if nothing differs from the default branch or there is none. Raises InvalidSettings if a
    pipeline names a branch that is not in this checkout."""
    for variable in NAMED_BY:
        if branch := os.environ.get(variable):
            return _of_pipeline(root, variable, branch)
    if reference.content(root) is None:
        return None
    remote = reference.asked(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    found = next((each for each in filter(None, (remote, *DEFAULTS)) if _commit(root, each)), None)
    left = found and reference.asked(root, "merge-base", "HEAD", found)
    if not found or not left or reference.is_clean(root, left):
        return None
    return BaseBranch(f"{found} ({left[:DIGITS]})", left)


def _of_pipeline(root: Path, variable: str, branch: str) -> BaseBranch:
    for name in (f"origin/{branch}", branch):
        if commit := _commit(root, name):
            left = reference.asked(root, "merge-base", "HEAD", commit) or commit
            return BaseBranch(f"{branch} ({left[:DIGITS]})", left, of_pipeline=True)
    raise refused(
        f"{variable} names the branch {branch}, which is not in this checkout: "
        f"fetch it (actions/checkout: `fetch-depth: 0`; GitLab: `GIT_DEPTH: 0`), name another with --against, or pass --no-against"
    )


def _commit(root: Path, name: str) -> str | None:
    return reference.asked(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
