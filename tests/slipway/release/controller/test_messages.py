"""Messages and calendars: texts, receivers, and what is sent over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slipway.release.controller.announcer import Announcer
from slipway.release.controller.calendar import calendar
from slipway.release.controller.messages import Message, message
from slipway.release.controller.release import Release
from slipway.release.decision import Announce
from slipway.release.objects import Announcement, Channels, Review, Window
from slipway.release.status import Status
from tests.slipway.release.controller.server import Cluster
from tests.slipway.release.controller.system import SPLIT, put, spec
from tests.slipway.release.controller.web import web

NOW = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
CHANNELS = Channels(email="shop@example.com", chat="#shop", status_page="https://status.example.com")
WINDOW = Window(days=["saturday"], start="22:00", duration_seconds=7200, time_zone="Europe/Berlin")


def made(cluster: Cluster, status: Status, when: Any, index: int = -1, **changed: Any) -> Message:
    release = put(cluster, spec(channels=CHANNELS, window=WINDOW, **changed), status)
    return message(release, status, Announce(key=f"{when}/{index}", when=when, index=index), NOW)


def test_a_declared_message(cluster: Cluster) -> None:
    """With its values in the window's time zone; other braces are its own."""
    text = "Version {version} from {start} to {end}. {Not a value}"
    declared = Announcement(
        when="start", audience="customers", channels=["email", "status-page"], email="all@example.com", text=text
    )
    found = made(cluster, SPLIT, "start", 0, announcements=[declared], expected_seconds=3600)
    assert (
        found.text
        == "Version 2.0.0 from 2026-11-21 22:00 Europe/Berlin to 2026-11-21 23:00 Europe/Berlin. {Not a value}"
    )
    assert (found.subject, found.email) == ("shop 2.0.0 on test: release begins", "all@example.com")
    assert list(found.channels) == ["email", "status-page"]


@pytest.mark.parametrize("when", ["before", "start", "step", "done", "rolled-back", "hotfix", "asked", "reviews"])
def test_each_moment_has_a_text(cluster: Cluster, when: str) -> None:
    """To the team, if it is not declared. A reason and what is missing are part of it."""
    status = SPLIT.model_copy(update={"reason": "Step 1: errors", "waiting": ["Approval by lead."]})
    found = made(cluster, status, when, reviews=[Review(name="Costs")])
    assert "shop 2.0.0 on test" in found.subject
    assert list(found.channels) == ["email", "chat"]
    assert "https://status.example.com" in found.text
    details = {"step": "10 %", "rolled-back": "Step 1: errors", "asked": "Approval by lead.", "reviews": "Costs"}
    assert details.get(when, "") in found.text
    assert found.calendar is (when == "reviews")


def test_a_calendar_of_reviews() -> None:
    """With an interval and its end, in lines of at most 75 octets; commas and ends of lines are escaped."""
    agenda = ["compare costs, errors; and times", "ä" * 60]
    reviews = [
        Review(
            name="Figures", role="lead", after_seconds=86400, every_seconds=86400, until_seconds=604800, agenda=agenda
        ),
        Review(name="Costs", after_seconds=3600),
    ]
    text = calendar(spec(reviews=reviews), NOW)
    lines = text.split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    whole = text.replace("\r\n ", "").split("\r\n")
    assert whole[0] == "BEGIN:VCALENDAR"
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") == 2
    assert "DTSTART:20261122T210000Z" in whole
    assert "RRULE:FREQ=DAILY;INTERVAL=1;UNTIL=20261128T210000Z" in whole
    assert f"DESCRIPTION:Who: lead\\n- compare costs\\, errors\\; and times\\n- {'ä' * 60}" in whole
    assert len({line for line in whole if line.startswith("UID:")}) == 2


@pytest.fixture
def release(cluster: Cluster) -> Release:
    return put(cluster, spec(channels=CHANNELS, reviews=[Review(name="Costs")]), SPLIT)


def note(*channels: str, **changed: Any) -> Message:
    values = {"subject": "s", "text": "t", "channels": channels, "email": "a@example.com", "chat": "#shop"}
    return Message(**{**values, **changed})


def test_the_address_of_the_team_is_preferred(release: Release, tmp_path: Path) -> None:
    """And the receiver is filled in."""
    with web(lambda request: (200, {}, b"")) as hook:
        (tmp_path / "chat").write_text(f"json://{hook.address}/all/{{chat}}")
        assert Announcer(tmp_path).send(release, SPLIT, note("chat"), NOW) == []
        (tmp_path / "chat.shop").write_text(f"json://{hook.address}/team/{{chat}}\n")
        assert Announcer(tmp_path).send(release, SPLIT, note("chat"), NOW) == []
        assert [each.path for each in hook.asked] == ["/all/shop", "/team/shop"]
        assert json.loads(hook.asked[0].body)["message"] == "t"


def test_what_cannot_be_sent_is_reported_without_addresses(release: Release, tmp_path: Path) -> None:
    """One channel does not hinder another."""
    with web(lambda request: (500, {}, b"")) as hook:
        (tmp_path / "pager").write_text(f"json://user:canary@{hook.address}/")
        (tmp_path / "chat").write_text("nonsense-canary")
        (tmp_path / "email").write_text("json://canary/{email}")
        failures = Announcer(tmp_path).send(
            release, SPLIT, note("pager", "chat", "email", "status-page", email=None), NOW
        )
    assert len(hook.asked) == 1
    assert [failure.partition(" (")[0] for failure in failures] == [
        "the message by pager was not accepted",
        "the message by chat was not accepted",
        "the release names no receiver for email: set `email` in its channels",
        "there is no address for status-page: add the key `status-page` to the Secret of addresses",
    ]
    assert "canary" not in str(failures)


def test_reviews_are_attached_to_the_email(release: Release, tmp_path: Path) -> None:
    with web(lambda request: (200, {}, b"")) as hook:
        (tmp_path / "email").write_text(f"json://{hook.address}/mail")
        assert Announcer(tmp_path).send(release, SPLIT, note("email", calendar=True), NOW) == []
        (attached,) = json.loads(hook.asked[0].body)["attachments"]
    assert (attached["filename"], attached["mimetype"]) == ("reviews.ics", "text/calendar")
