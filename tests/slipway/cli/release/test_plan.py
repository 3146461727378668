"""`slipway release plan`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.release.conftest import Release
from tests.slipway.ops.cluster.sample_release import NEW, OLD, spec, status
from tests.slipway.ops.cluster.server import Cluster, migration_job

PLAN = ("release", "plan", "--stack", "prod", "--at", "2026-11-20T12:00:00Z")
BLUE = "          blue: {version: 2.3.0}\n"
BOTH = f"          active: green\n{BLUE}          green: {{version: 2.4.0}}\n"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)


@pytest.fixture
def branch(project: Copy) -> Copy:
    """The project on a branch of its repository, without a change yet."""
    (project.root / ".gitignore").write_text("components\npolicies\nslipway\n")
    git(project.root, "init", "--quiet", "--initial-branch=main")
    git(project.root, "add", ".")
    git(project.root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=first")
    git(project.root, "switch", "--quiet", "--create", "change")
    return project


def test_a_new_target_has_clock_times(branch: Copy) -> None:
    """In the window's time zone: who is told before, the steps from its opening on, the end of the watch."""
    branch.edit("Pulumi.prod.yaml", BLUE, BOTH)
    run = branch.slipway(*PLAN)
    assert (run.status, run.err) == (0, "")
    title, *lines = run.out.splitlines()
    assert title == "smartwallet 2.4.0 in green"
    assert any(line.startswith("  starts ") and line.endswith(" at the earliest") for line in lines)
    (first,) = (line for line in lines if "10 % of visitors" in line)
    (ends,) = (line for line in lines if "end of the watch: the old version can be retired" in line)
    assert lines.index(first) < lines.index(ends)
    moments = [line for line in lines if "  T" in line]
    assert [line[:18] for line in moments] == sorted(line[:18] for line in moments)


def test_nothing_to_release(branch: Copy) -> None:
    """A change of something else is no release."""
    branch.edit("Pulumi.prod.yaml", "monthlyBudget: ", "# a comment\n      monthlyBudget: ")
    run = branch.slipway(*PLAN)
    assert run.status == 0
    assert run.out.startswith("nothing to release: every system of prod has the target and the migrations of main (")


def test_one_system_is_shown_in_any_case(branch: Copy) -> None:
    found = json.loads(branch.slipway(*PLAN, "--system", "fleet", "--format", "json", "--against", "main").out)
    assert [(each["system"], each["version"]) for each in found] == [("fleet", f"{OLD} in blue")]
    assert found[0]["start"] >= "2026-11-20"
    assert {"at", "offset", "text"} == set(found[0]["moments"][0])


def test_without_a_base_every_target_is_shown(project: Copy) -> None:
    """And said why."""
    run = project.slipway(*PLAN)
    assert run.err.startswith("there is no other branch to compare with, so every target is shown")
    assert len([line for line in run.out.splitlines() if line and line[0] != " "]) == 5


def test_a_time_is_one(branch: Copy) -> None:
    run = branch.slipway("release", "plan", "--stack", "prod", "--at", "tomorrow")
    assert run.status == 2
    assert "--at tomorrow is not a time in UTC, for example 2026-11-05T02:30:00Z" in run.err


def test_a_cluster_says_what_is_active(cluster: Cluster, project: Copy, release: Release) -> None:
    """What visitors have already, and migrations that were applied, are no release."""
    release_of = {"activeVersion": OLD, "active": "blue"}
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", **release_of))
    applied = migration_job("migrate-005-personal-business-use-1a2b3c4d", "005-personal-business-use")
    applied["metadata"]["namespace"] = "fleet"
    assert "fleet " in release("plan").out
    cluster.put(applied)
    text = release("plan").out
    assert "\nfleet " not in text
    assert "expenses expense-accounts-v1.0.0 in blue" in text
    project.edit("Pulumi.local.yaml", f"blue: {{version: {OLD}}}", f"blue: {{version: {NEW}}}")
    assert f"fleet {NEW} in blue" in release("plan").out


def test_what_was_rolled_back_is_refused(cluster: Cluster, project: Copy, release: Release) -> None:
    """With its reason, and exit status 1; another version or attempt is not."""
    project.edit(
        "Pulumi.local.yaml", f"blue: {{version: {OLD}}}", f"active: green\n          green: {{version: {NEW}}}"
    )
    cluster.put_release("fleet", "fleet", spec(), status("RolledBack", reason="During the watch: 7 % errors."))
    run = release("plan", "--system", "fleet")
    assert run.status == 1
    assert (
        "is refused by the next `up`, for it was rolled back: During the watch: 7 % errors; release another" in run.out
    )
    (found,) = json.loads(release("plan", "--system", "fleet", "--format", "json").out)
    assert found["refused"].startswith("was rolled back: ")
    cluster.put_release("fleet", "fleet", spec(attempt=2), status("RolledBack", reason="7 % errors"))
    again = release("plan", "--system", "fleet")
    assert (again.status, "is refused" in again.out) == (0, False)
