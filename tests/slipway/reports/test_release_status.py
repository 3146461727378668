"""Where a release is, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from slipway.release.objects import ReleaseSpec
from slipway.release.status import Status
from slipway.reports import release_status
from tests.slipway.ops.cluster.sample_release import ID, NEW, spec, status, stepping

NOW = datetime(2026, 11, 21, 2, 10, tzinfo=UTC)
SPEC = ReleaseSpec.model_validate(spec())


def read(document: dict[str, object]) -> Status:
    return Status.model_validate(document)


def test_the_live_line_counts_the_hold_from_when_visitors_moved() -> None:
    """Not from the decision; without that there is no count."""
    now = read(stepping(inForce="2026-11-21T02:01:00Z", deadline="2026-11-21T03:15:00Z"))
    assert release_status.live(SPEC, now, NOW) == (
        f"fleet {NEW}: Stepping, step 1/2, 6:00 of 15:00 left, blue 90 %, green 10 %, given up at 03:15:00 UTC"
    )
    assert "left" not in release_status.live(SPEC, read(stepping()), NOW)
    assert "0:00 of 15:00 left" in release_status.live(SPEC, now, NOW.replace(hour=9))


def test_the_last_step_is_counted_whether_declared_or_not() -> None:
    implied = ReleaseSpec.model_validate(spec(steps=[{"weight": 10, "holdSeconds": 900}]))
    assert release_status.step(implied, read(status("Stepping", step=1))) == "2/2"
    assert release_status.step(SPEC, read(status("Testing"))) == ""


@pytest.mark.parametrize(
    ("state", "over"),
    [
        (status("Promoted"), True),
        (status("RolledBack"), True),
        (status("Refused"), True),
        (status("Stepping"), False),
        (status("Waiting"), False),
        (status("Promoted", id="ffffffffff"), False),
        (status("Idle", active="blue"), False),
        (status("Idle", active="green", activeVersion=NEW), True),
        ({}, False),
    ],
)
def test_when_a_release_is_over(state: dict[str, object], over: bool) -> None:
    """Idle is an end only where visitors have what is wanted."""
    assert release_status.is_over(SPEC, read(state)) is over


def test_lines_are_shown_once() -> None:
    """Also after the controller dropped the first ones."""
    history = read(stepping()).history
    assert release_status.fresh(history[1:], history) == []
    assert release_status.fresh(history, history[:1]) == history[1:]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (605, "10:05"), (3600, "1:00:00"), (36_000, "10:00:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert release_status.duration(seconds) == text


def test_programs_get_every_field() -> None:
    found = release_status.as_json(SPEC, read(stepping()), "fleet", "main")
    assert found["wanted"] == {"id": ID, "slot": "green", "version": NEW}
    assert found["status"]["handled"] == []


def test_what_leads_on_after_a_rollback() -> None:
    """As long as the stack's file wants the same."""
    advice = (
        "the next `up` is refused: release another version, set `attempt` one higher to try the same again or take it"
    )
    back = read(status("RolledBack", reason="7 % errors"))
    assert any(each.startswith(advice) for each in release_status.remarks(SPEC, back))
    assert not any(advice in each for each in release_status.remarks(SPEC, read(status("RolledBack", id="ffffffffff"))))
    first = read(status("RolledBack", reason="7 % errors", active=None))
    assert not any("revert" in each for each in release_status.remarks(SPEC, first))
