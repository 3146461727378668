"""`slipway release hand-over`, `revert` and `retire`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.by_hand import make_by_hand
from tests.slipway.cli.conftest import Copy
from tests.slipway.cli.release.conftest import Release, refused
from tests.slipway.ops.cluster.sample_release import NEW, OLD, Document, spec, status, stepping
from tests.slipway.ops.cluster.server import Cluster

FILE = "Pulumi.local.yaml"
BLUE = f"          blue: {{version: {OLD}}}\n"
BOTH = f"          active: green\n          blue: {{version: {OLD}}} # kept\n          green: {{version: {NEW}}}\n"
DONE = status(
    "Promoted",
    active="green",
    activeVersion=NEW,
    former="blue",
    formerVersion=OLD,
    watchUntil="2026-11-22T02:50:00Z",
)
PAST = {"id": "ffffffffff", "version": NEW, "started": "2026-11-20T02:00:00Z", "ended": "2026-11-20T03:00:00Z"}
BACK = status("RolledBack", reason="errors", weights={"blue": 100, "green": 0})


def fleet(project: Copy) -> Document:
    stack = yaml.safe_load((project.root / FILE).read_text())
    return stack["config"]["slipway:clusters"]["main"]["systems"]["fleet"]


def both(project: Copy) -> Path:
    project.edit(FILE, BLUE, BOTH)
    return project.root / FILE


def changed(out: str) -> list[str]:
    lines = out.splitlines()
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_a_version_is_handed_over(project: Copy, release: Release, cluster: Cluster) -> None:
    """The slot without visitors gets it and becomes active, in one change, which is printed."""
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", active="blue"))
    run = release("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0")
    assert run.status == 0, run.everything
    assert sorted(changed(run.out)) == [
        "+          active: green",
        "+          green: {version: personal-use-v1.2.0}",
    ]
    assert run.out.startswith(f"--- a/{FILE}\n+++ b/{FILE}\n")
    assert fleet(project) == {
        "blue": {"version": OLD},
        "green": {"version": "personal-use-v1.2.0"},
        "active": "green",
    }
    again = release("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0", "--dry-run")
    assert again.status == 0


def test_after_a_rollback_the_slot_with_visitors_is_spared(project: Copy, release: Release, cluster: Cluster) -> None:
    """The stack's file says green, visitors have blue: the next version goes to green."""
    both(project)
    cluster.put_release("fleet", "fleet", spec(), BACK)
    run = release("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0")
    assert run.status == 0, run.everything
    assert fleet(project)["green"] == {"version": "personal-use-v1.2.0"}
    assert (fleet(project)["active"], fleet(project)["blue"]) == ("green", {"version": OLD})


def test_versions_of_single_services_are_handed_over_too(project: Copy, release: Release, cluster: Cluster) -> None:
    """Those in force: what was left in the candidate's slot is older."""
    project.edit(
        FILE,
        BLUE,
        f"          blue: {{version: {OLD}, versions: {{fleet-api: 1.9.1}}}}\n"
        f"          green: {{version: {OLD}, versions: {{fleet-frontend: 1.8.0}}}}\n",
    )
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", active="blue"))
    run = release("hand-over", "--system", "fleet", "--version", NEW)
    assert run.status == 0, run.everything
    assert fleet(project)["green"] == {"version": NEW, "versions": {"fleet-api": "1.9.1"}}


def test_nothing_is_handed_over_in_the_middle(project: Copy, release: Release, cluster: Cluster) -> None:
    before = (project.root / FILE).read_text()
    cluster.put_release("fleet", "fleet", spec(), stepping())
    error = refused(release("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0"))
    assert f"a release is in progress: fleet {NEW} is Stepping" in error
    assert (project.root / FILE).read_text() == before


def test_a_hand_over_needs_no_cluster(project: Copy) -> None:
    """By the stack's file alone; a dry run writes nothing, an invalid version is refused."""
    before = (project.root / FILE).read_text()
    words = ("release", "hand-over", "--stack", "local", "--system", "fleet", "--version")
    run = project.slipway(*words, "personal-use-v1.2.0", "--dry-run")
    assert (run.status, len(changed(run.out))) == (0, 2)
    assert run.err.startswith("no cluster was asked who has the visitors: after a rollback pass --context")
    assert (project.root / FILE).read_text() == before
    wrong = project.slipway(*words, "latest")
    assert wrong.status == 2
    assert "latest is not a version" in wrong.err


def test_a_rollback_is_written_into_the_file(project: Copy, release: Release, cluster: Cluster) -> None:
    """What is in force becomes active; the candidate stays for whoever looks into it."""
    both(project)
    cluster.put_release("fleet", "fleet", spec(), BACK)
    run = release("revert", "--system", "fleet")
    assert run.status == 0, run.everything
    assert changed(run.out) == ["-          active: green", "+          active: blue"]
    assert fleet(project)["green"] == {"version": NEW}
    assert "the stack's file says what is in force" in refused(release("revert", "--system", "fleet"))


def test_a_candidate_that_the_old_database_does_not_fit_goes_too(
    project: Copy, release: Release, cluster: Cluster
) -> None:
    both(project)
    migrations = [{"name": "005", "job": "migrate-005", "compatible": False}]
    cluster.put_release("fleet", "fleet", spec(migrations=migrations), BACK)
    assert release("revert", "--system", "fleet").status == 0
    assert fleet(project) == {"active": "blue", "blue": {"version": OLD}}


def test_a_version_is_retired(project: Copy, release: Release, cluster: Cluster) -> None:
    """Once the watch is over: its slot goes, and with it nothing else."""
    both(project)
    cluster.put_release("fleet", "fleet", spec(), DONE)
    run = release("retire", "--system", "fleet")
    assert run.status == 0, run.everything
    assert changed(run.out) == [f"-          blue: {{version: {OLD}}} # kept"]
    assert fleet(project) == {"active": "green", "green": {"version": NEW}}
    assert "slot blue has no version to retire" in refused(release("retire", "--system", "fleet"))


REFUSED = {
    "still watched": ("retire", {**DONE, "watchUntil": "2099-01-01T00:00:00Z"}, "is still watched until 2099-01-01"),
    "watched without an end": ("retire", {**DONE, "watchUntil": None}, "is still watched"),
    "in progress": ("retire", stepping(), f"there is nothing to retire: fleet {NEW} is Stepping"),
    "rolled back": ("retire", BACK, "visitors have blue: release it, or `slipway release revert` first"),
    "promoted": ("revert", DONE, f"there is nothing to revert: fleet {NEW} is Promoted"),
    "in progress too": ("revert", stepping(), "there is nothing to revert"),
    "never promoted": ("revert", {**BACK, "active": None}, "was never promoted, so there is nothing to return to"),
    "another wish": ("revert", {**BACK, "version": "v9"}, f"the stack's file wants {NEW}, not v9, which was given up"),
}


@pytest.mark.parametrize(("verb", "state", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_due_changes_nothing(
    project: Copy, release: Release, cluster: Cluster, verb: str, state: Document, message: str
) -> None:
    before = both(project).read_text()
    cluster.put_release("fleet", "fleet", spec(), {key: value for key, value in state.items() if value is not None})
    assert message in refused(release(verb, "--system", "fleet"))
    assert (project.root / FILE).read_text() == before


def test_what_was_rolled_back_is_retired_too(project: Copy, release: Release, cluster: Cluster) -> None:
    """After the way back was released, in which nothing was to do; a version that nobody released yet stays."""
    project.edit(FILE, BLUE, f"{BLUE}          green: {{version: {NEW}}}\n")
    cluster.put_release("fleet", "fleet", spec(), status("Idle", previous=[{**PAST, "outcome": "Promoted"}]))
    assert "there is nothing to retire" in refused(release("retire", "--system", "fleet"))
    cluster.put_release("fleet", "fleet", spec(), status("Idle", previous=[{**PAST, "outcome": "RolledBack"}]))
    assert release("retire", "--system", "fleet").status == 0
    assert fleet(project) == {"blue": {"version": OLD}}


def test_the_next_version_is_not_retired(project: Copy, release: Release, cluster: Cluster) -> None:
    both(project)
    project.edit(FILE, f"blue: {{version: {OLD}}}", "blue: {version: personal-use-v1.2.0}")
    cluster.put_release("fleet", "fleet", spec(), DONE)
    error = refused(release("retire", "--system", "fleet"))
    assert "slot blue has personal-use-v1.2.0 by now, which was never released" in error


def test_a_refusal_is_reverted_on_demand_only(project: Copy, release: Release, cluster: Cluster) -> None:
    """The next `up` may be admitted."""
    both(project)
    cluster.put_release("fleet", "fleet", spec(), {**BACK, "phase": "Refused"})
    assert changed(release("revert").out) == []
    assert changed(release("revert", "--system", "fleet").out) == [
        "-          active: green",
        "+          active: blue",
    ]


def test_a_hotfix_has_a_reason(project: Copy, release: Release, cluster: Cluster) -> None:
    """In the file until the next version is handed over, or the old one retired."""
    cluster.put_release("fleet", "fleet", spec(), status("Promoted"))
    words = ("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0")
    assert release(*words, "--hotfix", "prices: wrong").status == 0
    assert fleet(project)["hotfix"] == {"reason": "prices: wrong"}
    assert release("hand-over", "--system", "fleet", "--version", "personal-use-v1.3.0").status == 0
    assert "hotfix" not in fleet(project)


def test_without_a_controller_people_hand_over(project: Copy, release: Release) -> None:
    make_by_hand(project.root)
    error = refused(release("hand-over", "--system", "fleet", "--version", "personal-use-v1.2.0"))
    assert "by hand (`controllers.releases: absent`): use `slipway set-version --slot green`" in error


def test_every_system_at_once(project: Copy, release: Release, cluster: Cluster) -> None:
    """Those that are due change; the others are named, and that is no error."""
    both(project)
    cluster.put_release("fleet", "fleet", spec(), DONE)
    cluster.put_release("expenses", "expenses", spec(system="expenses"), stepping())
    run = release("retire")
    assert run.status == 0, run.everything
    assert run.out.splitlines()[0].startswith("there is nothing to retire: expenses ")
    assert "blue" not in fleet(project)
    again = release("retire")
    assert again.status == 0
    assert changed(again.out) == []


def test_a_system_without_a_release(release: Release) -> None:
    run = release("retire", "--system", "fleet")
    assert run.status == 3
    assert "test has no Release of fleet" in run.err
