"""The time after promotion."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from slipway.release.observed import Traffic
from tests.slipway.release.world import World, spec, word

RENAME: dict[str, Any] = {"name": "rename", "job": "j", "compatible": False, "reversible": True, "verified": True}
WATCH = {"durationSeconds": 3600, "verifyAfterSeconds": [600, 3600]}


def promoted(**declared: Any) -> World:
    world = World(spec(**declared)).until("Promoted")
    world.look()
    return world


def test_verifications_run_at_their_times() -> None:
    """Each once, the last one at the end of the watch; a failure is for people."""
    jobs = [{"name": "sums", "when": ["watch"], "job": {}}]
    add = {"name": "add", "job": "j", "verified": True}
    world = promoted(watch=WATCH, jobs=jobs, migrations=[add, {"name": "other", "job": "k"}])
    world.failing["job/sums/watch-600"] = "sums differ by 3"
    since = world.now
    world.until(lambda each: len(each.tasks) == 3)
    assert timedelta(seconds=595) < world.now - since < timedelta(seconds=605)
    world.until(lambda each: len(each.tasks) == 5)
    assert world.tasks[1:] == ["verify/add/600", "job/sums/watch-600", "verify/add/3600", "job/sums/watch-3600"]
    for _ in range(100):
        world.look()
    assert (world.status.phase, len(world.tasks)) == ("Promoted", 5)
    assert world.status.asked[0] == "job/sums/watch-600 failed: sums differ by 3"
    assert [each.key for each in world.sent] == ["alarm/job/sums/watch-600", "watch-ended"]


def test_a_verification_that_never_answers_is_an_alarm() -> None:
    """After `progressSeconds` people are told."""
    world = promoted(watch=WATCH, migrations=[{"name": "m", "job": "j", "verified": True}], progressSeconds=300)
    world.seen["running"] = ["verify/m/600"]
    world.until(lambda each: bool(each.sent), looks=1000)
    assert world.sent[0].key == "alarm/verify/m/600"
    assert world.tasks == ["smoke"]


def test_a_critical_breach_returns_to_the_former_slot() -> None:
    """For as long as the watch lasts."""
    world = promoted()
    for _ in range(1000):
        world.look()
    world.errors["green"] = 0.2
    world.until("RolledBack", looks=40)
    assert (world.status.active, world.status.weights) == ("blue", {"blue": 100, "green": 0})
    assert (world.status.reason or "").startswith("During the watch: 20 % of 1,500 requests failed")
    assert world.status.open_gates == []


def test_an_ordinary_breach_is_for_people() -> None:
    """They are told once."""
    world = promoted()
    world.errors["green"] = 0.03
    for _ in range(300):
        world.look()
    assert world.status.phase == "Promoted"
    assert [each.key for each in world.sent] == ["alarm/ordinary"]


def test_nobody_returns_to_a_slot_that_is_not_there() -> None:
    """An alarm says so; once the pods are back, visitors are too."""
    world = promoted()
    world.errors["green"] = 0.2
    world.seen["ready"] = {"blue": False, "green": True}
    for _ in range(60):
        world.look()
    assert world.status.phase == "Promoted"
    assert [each.key for each in world.sent] == ["alarm/breach"]
    assert world.status.asked == world.status.alarms
    assert "It is not rolled back by itself: the pods of blue are not all available" in world.status.asked[0]
    del world.seen["ready"]
    world.until("RolledBack", looks=40)


def test_an_incompatible_migration_is_rolled_back_by_a_persons_word_only() -> None:
    """What was written since would be lost, which no figure may decide."""
    world = World(spec(migrations=[RENAME], watch=WATCH)).until("Admitted")
    world.seen["finished_jobs"] = ["j"]
    world.until("Promoted")
    world.errors["green"] = 0.5
    for _ in range(60):
        world.look()
    assert world.status.phase == "Promoted"
    assert "migration rename is incompatible" in world.status.history[-1].what
    world.command("abort", "it is broken")
    world.look()
    assert (world.status.phase, world.status.closed) == ("RollingBack", True)
    world.until("RolledBack")
    assert world.tasks[-1] == "rollback/rename"
    assert (world.status.active, world.status.closed, world.status.weights["blue"]) == ("blue", False, 100)


def test_alerts_of_the_maintenance_are_forgiven() -> None:
    """What fires while visitors see the maintenance page, or just after, is not the new version's fault."""
    world = World(spec(maintenance=True)).until("Admitted")
    world.seen["critical_alerts"] = ["Unreachable"]
    world.until("Promoted")
    for _ in range(700):
        world.look()
    assert world.status.phase == "Promoted"
    world.seen["critical_alerts"] = []
    world.look()
    world.seen["critical_alerts"] = ["Unreachable"]
    world.until("RolledBack", looks=3)


def test_people_are_asked_for_sign_off() -> None:
    """Nothing waits for it; what is given is no longer asked for."""
    attest = {"name": "pages", "role": "QA", "when": "after", "maximumAgeSeconds": 86_400}
    world = promoted(approvals=[{"role": "PO", "when": "sign-off"}], attestations=[attest], reviews=[{"name": "day"}])
    assert [each.key for each in world.sent] == ["reviews", "asked/after"]
    assert len(world.status.asked) == 2
    world.seen["words"] = [word("PO", "sign-off"), word("QA", kind="attestation", name="pages", link="l")]
    world.look()
    assert world.status.asked == []


def test_the_gate_waits_for_a_gateway_that_does_not_follow() -> None:
    """An alarm is raised, and nothing is claimed."""
    world = World(spec(maintenance=True, progressSeconds=60)).until("Promoted")
    for _ in range(70):
        world.traffic = Traffic(weights={}, closed=True, settled=True)
        world.look()
    assert world.status.open_gates == ["admit"]
    assert [each.key for each in world.sent] == ["alarm/traffic"]
    world.look()
    assert world.status.open_gates == ["admit", "promote"]
