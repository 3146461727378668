"""`slipway release status`: where releases are, and one followed to its end."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest

from tests.slipway.cli.release.conftest import Release, refused
from tests.slipway.ops.cluster.sample_release import ID, NEW, OLD, Document, entry, spec, status, stepping
from tests.slipway.ops.cluster.server import Cluster


def test_each_system_has_a_row(cluster: Cluster, release: Release) -> None:
    """Also the one without a Release."""
    cluster.put_release("fleet", "fleet", spec(), stepping())
    run = release("status")
    assert (run.status, run.err) == (0, "")
    heads, *rows = run.out.splitlines()
    assert heads.split() == ["system", "phase", "version", "step", "weights", "since"]
    assert len(rows) == 5
    (fleet,) = (row for row in rows if row.startswith("fleet "))
    assert re.split(" {2,}", fleet) == [
        "fleet", "Stepping", NEW, "1/2", "blue 90 %, green 10 %", "2026-11-21 02:00 UTC",
    ]  # fmt: skip
    assert sum(row.endswith("no Release: run `pulumi up` first") for row in rows) == 4


WORDS = {
    "what it waits for": (status("Waiting", waiting=["Approval by QA", "the window"]), "Approval by QA; the window"),
    "what somebody must look at": (status("Promoted", alarms=["Look at verify/1, which failed."]), "Look at verify/1"),
    "why it was rolled back": (status("RolledBack", reason="step 1: 7 % errors"), "step 1: 7 % errors"),
    "who paused it": (
        stepping(paused={"since": "2026-11-21T02:06:00Z", "by": "anna", "reason": "lunch"}),
        "paused by anna since 2026-11-21 02:06 UTC: lunch",
    ),
    "the watch": (
        status("Promoted", watchUntil="2026-11-22T02:50:00Z", active="green"),
        "watched until 2026-11-22 02:50 UTC",
    ),
    "a change that was not seen": (stepping(observedGeneration=2), "the controller has not seen the last change"),
    "the next one": (
        status("Promoted", id="ffffffffff", active="green"),
        f"next: {NEW} in green, once `pulumi up` asks for it",
    ),
    "the one that nobody asked for yet": (
        status("Idle", active="blue"),
        f"next: {NEW} in green, once `pulumi up` asks for it",
    ),
    "the maintenance page": (stepping(closed=True), "closed"),
}


@pytest.mark.parametrize(("state", "message"), WORDS.values(), ids=WORDS)
def test_the_row_says(cluster: Cluster, release: Release, state: Document, message: str) -> None:
    cluster.put_release("fleet", "fleet", spec(), state)
    run = release("status", "--system", "fleet")
    assert message in run.out.splitlines()[1]
    assert len(run.out.splitlines()) == 2


def test_programs_read_it(cluster: Cluster, release: Release) -> None:
    """Only of systems with a Release."""
    cluster.put_release("fleet", "fleet", spec(), stepping())
    (found,) = json.loads(release("status", "--format", "json").out)
    assert (found["cluster"], found["system"], found["namespace"]) == ("main", "fleet", "fleet")
    assert found["wanted"] == {"id": ID, "slot": "green", "version": NEW}
    assert (found["status"]["phase"], found["status"]["activeVersion"]) == ("Stepping", OLD)


def test_a_cluster_without_releases(cluster: Cluster, release: Release) -> None:
    """Says what installs them, in one line."""
    cluster.has_releases = False
    run = release("status")
    assert (run.status, run.out) == (
        0,
        "no releases on test: `controllers.releases` installs them, and `pulumi up` creates them\n",
    )
    run = release("status", "--system", "fleet", "--follow")
    assert (run.status, run.err.splitlines()[-1][:37]) == (3, "slipway: test has no releases: `contr")


def ends_in(phase: str, **changes: object):
    """A controller that goes on by a line at each look, and ends at the fourth."""
    looks = iter(range(100))

    def look(live: Document) -> None:
        number = next(looks)
        live["status"]["history"].append(entry(f"02:1{number}:00", f"look {number}"))
        if number == 3:
            live["status"] |= {"phase": phase, **changes}

    return look


@pytest.mark.parametrize(
    ("phase", "changes", "exit_status", "end"),
    [
        (
            "Promoted",
            {"active": "green", "watchUntil": "2026-11-22T02:50:00Z"},
            0,
            "watched until 2026-11-22 02:50 UTC",
        ),
        ("RolledBack", {"reason": "step 1: 7 % errors, more than 5 %"}, 1, "step 1: 7 % errors, more than 5 %"),
        ("Refused", {"reason": "rolled back before"}, 1, "rolled back before"),
    ],
)
def test_a_release_is_followed_to_its_end(
    cluster: Cluster, release: Release, phase: str, changes: Document, exit_status: int, end: str
) -> None:
    """Each line once, as it happens; the last one is the outcome, and so is the exit status."""
    cluster.put_release("fleet", "fleet", spec(), stepping())
    cluster.controller = ends_in(phase, **changes)
    run = release("status", "--follow")
    assert run.status == exit_status
    *lines, last = run.out.splitlines()
    assert [line[11:] for line in lines] == [
        "02:00:00 UTC  admitted",
        "02:05:00 UTC  10 % of visitors",
        *(f"02:1{number}:00 UTC  look {number}" for number in range(4)),
    ]
    assert last.startswith(f"fleet {NEW} is {phase} since 2026-11-21 02:00 UTC: {end}")
    assert ("; the next `up` is refused: release another version" in last) == (phase == "RolledBack")
    assert run.err == f"fleet {NEW} is Stepping since 2026-11-21 02:00 UTC\n"


def test_figures_that_change_all_the_time_make_no_lines(cluster: Cluster, release: Release) -> None:
    """Each look at a step finds other ones."""
    cluster.put_release("fleet", "fleet", spec(), stepping())
    looks = iter(range(100))

    def look(live: Document) -> None:
        number = next(looks)
        live["status"]["waiting"] = [f"green had {number} of 300 requests."]
        live["status"]["phase"] = "Promoted" if number == 5 else "Stepping"

    cluster.controller = look
    assert len(release("status", "--follow", "--system", "fleet").err.splitlines()) == 1


def test_one_that_is_wanted_and_not_asked_for_yet_is_awaited(cluster: Cluster, release: Release) -> None:
    """The outcome of the one before is not its own."""
    cluster.put_release("fleet", "fleet", spec(), status("RolledBack", id="ffffffffff"))
    cluster.controller = ends_in("Promoted", id=ID)
    assert release("status", "--follow", "--system", "fleet").status == 0


def test_an_interrupt_leaves_the_release(cluster: Cluster, release: Release) -> None:
    """With exit status 130."""
    cluster.put_release("fleet", "fleet", spec(), stepping())
    looks = iter(range(100))
    cluster.controller = lambda live: os.kill(os.getpid(), signal.SIGINT) if next(looks) == 2 else None
    run = release("status", "--follow", "--system", "fleet")
    assert run.status == 130
    assert run.err.splitlines()[-1] == "slipway: interrupted while watching; the release of fleet goes on"


def test_which_one_to_follow(cluster: Cluster, release: Release) -> None:
    """The only one in progress; else it is asked for."""
    cluster.put_release("fleet", "fleet", spec(), status("Promoted", active="green"))
    cluster.put_release("expenses", "expenses", spec(system="expenses"), status("Promoted", active="green"))
    assert "no release of stack local is in progress: name one with --system (expenses, fleet)" in refused(
        release("status", "--follow")
    )
    for system in ("fleet", "expenses"):
        cluster.put_release(system, system, spec(system=system), stepping())
    assert "several releases of stack local are in progress" in refused(release("status", "--follow"))


def test_an_unknown_system(release: Release) -> None:
    assert "did you mean 'fleet'?" in refused(release("status", "--system", "flet"))
