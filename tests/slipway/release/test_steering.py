"""A person's word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from slipway.release.observed import Command, Verb
from slipway.release.returning import PEOPLE_TIMEOUT
from tests.slipway.release.world import World, active_blue, spec, word


def test_pause_and_resume() -> None:
    """A pause stops the clock of the step; both are in the history with who and why."""
    world = World(spec(progressSeconds=600)).until("Stepping")
    world.command("pause", "lunch")
    world.look()
    for _ in range(2000):
        world.look()
    assert (world.status.phase, world.status.step) == ("Stepping", 0)
    assert world.status.waiting == ["Paused by ada: `slipway release resume --stack prod --system shop`."]
    world.command("resume", None)
    world.until("Promoted")
    steered = [(each.what, each.by) for each in world.status.history if each.by]
    assert steered == [("Paused. Reason: lunch.", "ada"), ("Resumed.", "ada")]


def test_a_pause_ends_some_day() -> None:
    """A forgotten one is rolled back."""
    world = World(spec()).until("Stepping")
    world.command("pause")
    world.look()
    began = world.now
    world.until("RolledBack", seconds=15, looks=PEOPLE_TIMEOUT)
    assert world.now - began == timedelta(seconds=PEOPLE_TIMEOUT + 15)
    assert world.status.reason == "Step 1 (10 %): it was paused for 24 h."


@pytest.mark.parametrize("phase", ["Admitted", "Testing", "Stepping"])
def test_promote_skips_holds(phase: str) -> None:
    """The candidate gets all visitors as soon as it is checked and the gateway follows."""
    world = World(spec()).until(phase)
    world.command("promote", "urgent")
    began = world.now
    world.until("Promoted")
    assert world.now - began < timedelta(seconds=10)
    assert world.status.results[0].name == "smoke/health"


def test_promote_skips_no_evidence() -> None:
    """Neither the gates of admission, nor a failed check, nor readiness."""
    world = World(spec(approvals=[{"role": "A"}])).until("Waiting")
    world.command("promote")
    world.look()
    assert world.status.phase == "Waiting"
    assert "`promote` has no effect" in world.status.history[-1].what
    world.seen["words"] = [word("A")]
    world.failing["smoke/health"] = "500"
    world.until("Admitted").command("promote")
    world.until("RolledBack")
    world = World(spec(progressSeconds=60)).until("Stepping")
    world.seen["ready"] = {"blue": True, "green": False}
    world.command("promote")
    world.until("RolledBack")
    assert "Deployments of green" in (world.status.reason or "")


@pytest.mark.parametrize(
    ("phase", "end"),
    [("Waiting", "Refused"), ("Admitted", "RolledBack"), ("Testing", "RolledBack"), ("Stepping", "RolledBack")],
)
def test_abort(phase: str, end: str) -> None:
    """At any time before promotion, at once."""
    world = World(spec()).until(phase)
    world.command("abort", "wrong version")
    world.look()
    assert world.status.weights == {"blue": 100, "green": 0}
    world.until(end, looks=3)
    assert world.status.reason == "Aborted by ada. Reason: wrong version."
    assert any(each.by == "ada" for each in world.status.history)


def test_abort_during_the_watch() -> None:
    """Visitors return to the former slot if its pods are there."""
    world = World(spec()).until("Promoted")
    world.look()
    world.seen["ready"] = {"blue": False, "green": True}
    world.command("abort")
    world.look()
    assert world.status.phase == "Promoted"
    assert "the pods of blue are not all available" in world.status.history[-1].what
    del world.seen["ready"]
    world.command("abort")
    world.until("RolledBack", looks=3)
    assert (world.status.active, world.status.active_version, world.status.live) == ("blue", "1.0.0", "blue")
    assert world.status.weights == {"blue": 100, "green": 0}


@pytest.mark.parametrize("verb", ["pause", "resume", "promote", "abort", "close", "open"])
def test_a_command_is_carried_out_once(verb: Verb) -> None:
    """The annotation stays; its id is remembered, in the next release too."""
    world = World(spec()).until("Stepping")
    seen = world.seen
    for _ in range(3):
        world.seen = seen | {"command": Command(id="x", verb=verb, by="ada")}
        world.look()
    assert sum(each.by == "ada" for each in world.status.history) == 1
    assert world.status.handled == ["x"]


def test_commands_without_effect_say_why() -> None:
    """Nothing is promoted, paused or aborted that is over."""
    world = World(spec()).until("Promoted")
    world.until(lambda each: any(event.reason == "WatchEnded" for event in each.events))
    for verb in ("pause", "resume", "promote", "abort", "open"):
        world.command(verb)
        world.look()
        assert world.status.history[-1].what.startswith(f"`{verb}` has no effect: ")
    world.seen["command"] = Command(id="odd", verb="explode", by="ada")  # pyright: ignore[reportArgumentType]
    world.look()
    assert "it is no command" in world.status.history[-1].what
    assert world.status.phase == "Promoted"


def test_closed_and_opened_by_hand() -> None:
    """In the watch too: errors behind the page are nobody's, visitors return only by a person's word."""
    world = World(spec()).until("Promoted").until(lambda world: world.status.in_force is not None)
    world.command("close", "prices are wrong")
    world.look()
    assert (world.status.closed, world.status.phase) == (True, "Promoted")
    world.errors["green"] = 1.0
    world.look()
    world.look()
    assert (world.status.phase, world.status.closed, world.status.open_gates) == (
        "Promoted",
        True,
        ["admit", "promote"],
    )
    world.command("abort")
    world.look()
    assert "open it first" in world.status.history[-1].what
    world.errors["green"] = 0.0
    world.seen["ready"] = {"blue": True, "green": False}
    world.command("open")
    world.look()
    assert "the pods of green are not all available" in world.status.history[-1].what
    del world.seen["ready"]
    world.command("open", "fixed")
    world.look()
    assert (world.status.closed, world.status.weights) == (False, {"blue": 0, "green": 100})
    assert (world.status.history[-1].what, world.status.history[-1].by) == (
        "Visitors are back on green. Reason: fixed.",
        "ada",
    )


def test_nobody_closes_or_opens_what_a_release_decides() -> None:
    world = World(spec()).until("Stepping")
    for verb in ("close", "open"):
        world.command(verb)
        world.look()
        assert f"`{verb}` has no effect: a release is in progress" in world.status.history[-1].what


def test_a_closed_system_is_returned_closed_and_opened_by_promotion() -> None:
    """A release that is rolled back leaves it as it was."""
    world = World(spec(), status=active_blue())
    world.seen = {"admit_asked": False}
    world.command("close")
    world.look()
    assert world.status.closed
    world.seen = {}
    world.failing["smoke/health"] = "500"
    world.until("RolledBack")
    assert world.status.closed
    world.command("open")
    world.look()
    assert (world.status.closed, world.status.weights) == (False, {"blue": 100, "green": 0})


def test_a_version_that_does_not_work_is_not_opened() -> None:
    """After an incompatible migration that was not rolled back."""
    rename = {"name": "rename", "job": "j", "compatible": False, "reversible": False, "verified": False}
    world = World(spec(migrations=[rename])).until("Admitted")
    world.seen["finished_jobs"] = ["j"]
    world.until("Testing").command("abort")
    world.until("RolledBack")
    assert world.status.closed
    world.command("open")
    world.look()
    assert "blue does not work after migration rename" in world.status.history[-1].what
