"""The way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from slipway.release.observed import Traffic
from slipway.release.returning import ASK_AGAIN, PEOPLE_TIMEOUT
from tests.slipway.release.world import START, World, spec, word

RENAME: dict[str, Any] = {"name": "rename", "job": "j", "compatible": False, "reversible": True, "backup": "b"}
SPLIT: dict[str, Any] = RENAME | {"name": "split", "job": "k", "backup": None}


def admitted(*migrations: dict[str, Any], **declared: Any) -> World:
    return World(spec(migrations=list(migrations), **declared)).until("Admitted")


def test_a_failed_migration_gives_the_release_up() -> None:
    """The system opens on the active slot: the Job has undone what it did."""
    world = admitted(RENAME, announcements=[{"when": "rolled-back", "audience": "u", "channels": ["email"]}])
    world.seen["failed_jobs"] = {"j": "column does not exist"}
    world.until("RolledBack", looks=4)
    assert world.status.reason == "migration/rename failed: column does not exist"
    assert (world.status.closed, world.status.weights) == (False, {"blue": 100, "green": 0})
    assert [each.key for each in world.sent] == ["rolled-back/0"]


def test_a_failed_backup_too() -> None:
    """It is named as such."""
    world = admitted(RENAME)
    world.seen["failed_jobs"] = {"b": "disk full"}
    world.until("RolledBack", looks=4)
    assert world.status.reason == "backup/rename failed: disk full"


def test_a_migration_that_does_not_block() -> None:
    """Its failure is an Event, once, and the release goes on."""
    world = admitted({"name": "index", "job": "j", "blocking": False})
    world.seen["failed_jobs"] = {"j": "timeout"}
    world.until("Promoted")
    assert [each.message for each in world.events if each.reason == "Failed"] == ["migration/index failed: timeout"]


def test_a_failed_job_of_before_is_not_this_releases() -> None:
    """The second attempt begins while the first one's Job is still there; the new Job's failure counts."""
    world = World(spec(id="bbbbbbbb", attempt=2, migrations=[RENAME]))
    world.seen["failed_jobs"] = {"j": "first attempt"}
    world.until("Admitted")
    for _ in range(5):
        world.promote_after = False
        world.look()
    assert world.status.phase == "Admitted"
    world.seen["failed_jobs"] = {}
    world.look()
    world.seen["failed_jobs"] = {"j": "second attempt"}
    world.until("RolledBack", looks=3)
    assert "second attempt" in (world.status.reason or "")


def test_migrations_are_rolled_back_in_reverse_order_while_closed() -> None:
    """Proven closed first, then the last one first, then the active slot, then open."""
    world = admitted(RENAME, SPLIT)
    world.seen["finished_jobs"] = ["j", "k"]
    world.failing["smoke/health"] = "500"
    closed = []
    world.until(lambda each: closed.append(each.status.closed) or each.status.phase == "RolledBack")
    assert world.tasks == ["smoke", "rollback/split", "rollback/rename"]
    assert closed.index(False) > len(closed) - 4
    assert world.status.weights == {"blue": 100, "green": 0}


def test_the_database_is_not_touched_until_it_is_proven_closed() -> None:
    """A gateway that still lets visitors in would lose what they write."""
    world = admitted(RENAME, progressSeconds=120)
    world.seen["finished_jobs"] = ["j"]
    world.look()
    world.command("abort")
    for _ in range(100):
        world.traffic = Traffic(weights={}, closed=False, settled=True)
        world.look()
    assert world.tasks == []
    for _ in range(40):
        world.traffic = Traffic(weights={}, closed=False, settled=True)
        world.look()
    assert (world.status.phase, world.status.closed) == ("RolledBack", True)
    assert "not proven to be closed" in (world.status.reason or "")


@pytest.mark.parametrize(
    ("migration", "failing", "reason"),
    [
        (RENAME | {"reversible": False}, {}, "Migration rename declares no rollback: the system stays closed"),
        (
            RENAME,
            {"rollback/rename": "rows differ"},
            "The rollback of migration rename failed (rows differ): the system",
        ),
    ],
)
def test_a_database_that_cannot_be_rolled_back_stays_closed(
    migration: dict[str, Any], failing: dict[str, str], reason: str
) -> None:
    """On purpose, with both reasons."""
    world = admitted(migration)
    world.failing |= failing
    world.seen["finished_jobs"] = ["j"]
    world.look()
    world.command("abort", "no")
    world.until("RolledBack")
    assert world.status.closed
    assert "Aborted by ada. Reason: no." in (world.status.reason or "")
    assert reason in (world.status.reason or "")


def test_the_rollback_of_a_database_may_need_approval() -> None:
    """It is asked for, and waited for a day."""
    rule = [{"role": "DBA", "when": "rollback"}]
    world = admitted(RENAME, approvals=rule)
    world.seen["finished_jobs"] = ["j"]
    world.look()
    world.command("abort")
    for _ in range(10_000):
        world.look()
    assert (world.status.phase, world.status.closed, world.tasks) == ("RollingBack", True, [])
    assert "--when rollback" in world.status.waiting[0]
    assert [each.key for each in world.sent] == ["asked/rollback"]
    world.seen["words"] = [word("DBA", "rollback")]
    world.until("RolledBack")
    assert (world.status.closed, world.tasks) == (False, ["rollback/rename"])
    world = admitted(RENAME, approvals=rule)
    world.seen["finished_jobs"] = ["j"]
    world.look()
    world.command("abort")
    world.until("RolledBack", seconds=60, looks=PEOPLE_TIMEOUT)
    assert "Nobody approved" in (world.status.reason or "")
    assert world.status.closed


def test_a_migration_that_still_runs_is_waited_for() -> None:
    """The active slot would meet the new schema otherwise."""
    world = admitted(RENAME)
    world.promote_after = False
    world.seen["running_jobs"] = ["j"]
    world.command("abort")
    for _ in range(5):
        world.look()
    assert (world.status.phase, world.status.closed) == ("RollingBack", True)
    world.seen |= {"running_jobs": [], "finished_jobs": ["j"]}
    world.until("RolledBack")
    assert (world.tasks, world.status.closed) == (["rollback/rename"], False)


def test_a_migration_that_ends_after_the_rollback() -> None:
    """Pulumi may begin it although the release was given up: the system closes, and its database is rolled back."""
    world = admitted(RENAME)
    world.promote_after = False
    world.command("abort")
    world.until("RolledBack")
    assert not world.status.closed
    world.seen["finished_jobs"] = ["j"]
    world.look()
    assert (world.status.phase, world.status.closed) == ("RollingBack", True)
    world.until("RolledBack")
    assert (world.tasks, world.status.closed) == (["rollback/rename"], False)


def test_a_migration_of_an_earlier_release_is_left_alone() -> None:
    """Its Job succeeded before admission: neither maintenance nor a rollback is due."""
    world = World(spec(migrations=[RENAME]))
    world.seen["finished_jobs"] = ["j"]
    world.until("Stepping")
    assert not world.status.closed
    world.command("abort")
    world.until("RolledBack")
    assert world.tasks == ["smoke"]


def test_another_attempt_leaves_applied_migrations_alone() -> None:
    """Its Jobs have other names, and run again without effect: no page, no approval, no rollback of the database."""
    rule = [{"role": "DBA", "when": "migration"}]
    world = World(spec(migrations=[RENAME], approvals=rule))
    world.seen["words"] = [word("DBA", "migration")]
    world.until("Admitted").seen["finished_jobs"] = ["j"]
    world.until("Promoted").look()
    assert world.status.applied == ["rename"]
    again = {"migrations": [RENAME | {"job": "j-2"}], "approvals": rule, "attempt": 2}
    world.spec = spec(id="bbbbbbbb", target={"slot": "green", "version": "2.0.0"}, **again)
    world.seen = {"finished_jobs": []}
    world.look()
    assert (world.status.phase, world.status.open_gates) == ("Idle", ["admit", "promote"])
    world.spec = spec(id="cccccccc", target={"slot": "blue", "version": "3.0.0"}, **again)
    world.until("Stepping")
    assert not world.status.closed
    world.seen["finished_jobs"] = ["j-2"]
    world.look()
    world.command("abort")
    world.until("RolledBack")
    assert world.tasks == ["smoke", "smoke"]
    assert world.status.closed is False


def test_a_migration_that_was_rolled_back_is_the_next_attempts() -> None:
    """It is applied again, in maintenance, and rolled back again if need be."""
    world = admitted(RENAME)
    for attempt, job in ((2, "j-2"), (3, "j-3")):
        world.seen["finished_jobs"] = [world.spec.migrations[0].job]
        world.until("Promoted").look()
        world.command("abort")
        world.until("RolledBack")
        assert (world.tasks[-1], world.status.closed, world.status.applied) == ("rollback/rename", False, [])
        world.spec = spec(id=f"bbbbbbb{attempt}", attempt=attempt, migrations=[RENAME | {"job": job}])
        world.until("Admitted")
        assert world.status.closed


def test_a_gateway_that_does_not_follow_ends_with_an_alarm() -> None:
    """The weights stay decided; people learn that nobody confirmed them."""
    world = World(spec(progressSeconds=60)).until("Stepping")
    world.command("abort")
    for _ in range(70):
        world.seen["traffic"] = None
        world.look()
    assert world.status.phase == "RolledBack"
    assert [each.key for each in world.sent] == ["alarm/traffic"]
    assert world.now - START < timedelta(minutes=2)


def test_attestations_after_a_rollback_are_asked_for() -> None:
    """Nothing waits for them."""
    check = {"name": "data", "role": "DBA", "when": "rolled-back", "maximumAgeSeconds": 3600}
    world = World(spec(attestations=[check])).until("Stepping")
    world.command("abort")
    world.until("RolledBack")
    assert "data by DBA" in world.status.asked[0]
    world.seen["words"] = [word("DBA", kind="attestation", name="data", link="l")]
    world.look()
    assert world.status.asked == []


def test_gates_that_passed_ask_again_after_a_rollback() -> None:
    """Whenever it was given up, a rollback in the watch included: the next `up` of the same would change nothing and end
    well."""
    world = World(spec())
    world.until("Promoted")
    world.seen["gates_passed"] = True
    world.look()
    assert ASK_AGAIN not in world.tasks
    world.command("abort")
    world.until("RolledBack")
    assert world.tasks.count(ASK_AGAIN) >= 1
    world.seen["gates_passed"] = False
    before = len(world.tasks)
    for _ in range(5):
        world.look()
    assert len(world.tasks) == before
