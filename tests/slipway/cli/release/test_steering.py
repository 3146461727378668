"""`slipway release pause`, `resume`, `promote`, `abort`, `close` and `open`."""

from __future__ import annotations

import json
import os
import signal

import pytest

from slipway.ops.cluster import release_client
from tests.slipway.cli.release.conftest import Release, refused
from tests.slipway.ops.cluster.sample_release import NEW, Document, obedient, spec, status, stepping
from tests.slipway.ops.cluster.server import Cluster

PAUSED = {"since": "2026-11-21T02:06:00Z", "by": "anna"}


@pytest.mark.parametrize(
    ("verb", "state", "phase"),
    [
        ("pause", stepping(), "Stepping"),
        ("resume", stepping(paused=PAUSED), "Stepping"),
        ("promote", stepping(), "Promoted"),
        ("abort", stepping(), "RollingBack"),
        ("abort", status("Promoted", active="green", watchUntil="2099-11-22T02:50:00Z"), "RollingBack"),
        ("abort", status("Waiting"), "Refused"),
        ("close", status("Promoted"), "Promoted"),
        ("open", status("RolledBack", reason="errors", closed=True), "RolledBack"),
    ],
)
def test_a_command_is_carried_out(cluster: Cluster, release: Release, verb: str, state: Document, phase: str) -> None:
    """In the name that the API server reports, with the reason; the result is printed."""
    cluster.put_release("fleet", "fleet", spec(), state)
    cluster.controller = obedient(phase=phase)
    run = release(verb, "--system", "fleet", "--reason", "prices are wrong")
    assert run.status == 0, run.everything
    happened, now = run.out.splitlines()
    assert happened == f"2026-11-21 02:10:00 UTC  {verb}: prices are wrong (anna@example.com)"
    assert now.startswith(f"fleet {NEW} is {phase} since ")
    command = json.loads(
        cluster.custom["fleet", "releases", "fleet"]["metadata"]["annotations"][release_client.COMMAND]
    )
    assert (command["verb"], command["by"], command["reason"]) == (verb, "anna@example.com", "prices are wrong")


@pytest.mark.parametrize(
    ("verb", "state", "message"),
    [
        ("pause", status("Promoted"), f"there is nothing to pause: fleet {NEW} is Promoted since 2026-11-21 02:00 UTC"),
        ("promote", status("Waiting", waiting=["QA"]), f"there is nothing to promote: fleet {NEW} is Waiting since"),
        ("abort", status("RolledBack", reason="errors"), "there is nothing to abort"),
        ("abort", status("Promoted"), "there is nothing to abort"),
        ("abort", status("Promoted", watchUntil="2020-11-22T02:50:00Z"), "there is nothing to abort"),
        ("abort", status("RollingBack"), "there is nothing to abort"),
        ("close", stepping(), "there is nothing to close"),
        ("close", status("Promoted", closed=True), "it is closed already"),
        ("open", status("Promoted"), "it is open already"),
        ("pause", stepping(paused=PAUSED), "it is paused already"),
        ("resume", stepping(), "it is not paused"),
    ],
)
def test_a_command_that_can_have_no_effect(
    cluster: Cluster, release: Release, verb: str, state: Document, message: str
) -> None:
    """Is refused before it is written."""
    live = cluster.put_release("fleet", "fleet", spec(), state)
    assert message in refused(release(verb, "--system", "fleet", "--reason", "why"))
    assert live["metadata"]["annotations"] == {}


def test_a_command_that_comes_too_late_fails(cluster: Cluster, release: Release) -> None:
    """The controller says so in the history, and the exit status is 1."""
    cluster.put_release("fleet", "fleet", spec(), stepping())

    def late(live: Document) -> None:
        before = len(live["status"]["history"])
        obedient(phase="Promoted")(live)
        for entry in live["status"]["history"][before:]:
            entry["what"] = "`promote` has no effect: no hold can be skipped now."

    cluster.controller = late
    run = release("promote", "--system", "fleet", "--reason", "quiet")
    assert run.status == 1
    assert "`promote` has no effect" in run.out


@pytest.mark.parametrize("verb", ["promote", "abort"])
def test_a_decision_has_a_reason(cluster: Cluster, release: Release, verb: str) -> None:
    cluster.put_release("fleet", "fleet", spec(), stepping())
    run = release(verb, "--system", "fleet")
    assert run.status == 2
    assert "Missing option '--reason'" in run.err


def test_without_a_controller_the_command_stays(
    cluster: Cluster, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 3, with where to read on."""
    monkeypatch.setattr(release_client, "TIMEOUT", 0)
    live = cluster.put_release("fleet", "fleet", spec(), stepping())
    run = release("abort", "--system", "fleet", "--reason", "errors")
    assert run.status == 3
    assert run.err.splitlines()[-1].startswith("slipway: no controller has answered within 0 s; the command stays on")
    assert json.loads(live["metadata"]["annotations"][release_client.COMMAND])["verb"] == "abort"


def test_an_interrupt_leaves_the_command(cluster: Cluster, release: Release) -> None:
    cluster.put_release("fleet", "fleet", spec(), stepping())
    looks = iter(range(100))
    cluster.controller = lambda live: os.kill(os.getpid(), signal.SIGINT) if next(looks) == 2 else None
    run = release("abort", "--system", "fleet", "--reason", "errors")
    assert run.status == 130
    assert run.err.splitlines()[-1].endswith("the command stays on the Release, and the controller will abort it")


def test_another_s_command_that_was_not_carried_out_is_named(cluster: Cluster, release: Release) -> None:
    """The later one counts."""
    live = cluster.put_release("fleet", "fleet", spec(), stepping())
    live["metadata"]["annotations"][release_client.COMMAND] = json.dumps({"id": "1", "verb": "promote", "by": "bob"})
    cluster.controller = lambda release: None
    live["status"]["handled"] = []

    def later(release: Document) -> None:
        if json.loads(release["metadata"]["annotations"][release_client.COMMAND])["id"] != "1":
            obedient(phase="RollingBack")(release)

    cluster.controller = later
    run = release("abort", "--system", "fleet", "--reason", "errors")
    assert run.status == 0
    assert "the command promote of bob was not carried out yet, and is replaced" in run.err


def test_a_login_without_rights(cluster: Cluster, release: Release) -> None:
    cluster.put_release("fleet", "fleet", spec(), stepping())
    cluster.refused["PATCH releases"] = 403
    run = release("pause", "--system", "fleet")
    assert (run.status, run.err.splitlines()[-1]) == (
        3,
        "slipway: kubernetes: this login may not pause releases in namespace fleet: "
        "releases.slipway.dev is forbidden (HTTP 403)",
    )
