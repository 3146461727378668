"""What a release would do and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from slipway.reports import release_plan
from slipway.settings.stacks import DeployedSystem, SystemDeployment
from slipway.settings.system import System
from tests.slipway.reports.test_applied import SHOP

FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""The window opens on Tuesday at 2."""


def shop(deployment: dict[str, Any] | None = None, **release: Any) -> DeployedSystem:
    definition = {**SHOP, "release": {**SHOP["release"], **release}}
    placed = {"blue": {"version": "1.1.0"}, **(deployment or {})}
    return DeployedSystem("shop", System.model_validate(definition), SystemDeployment.model_validate(placed))


def texts(deployed: DeployedSystem) -> list[tuple[float, str]]:
    found = release_plan.moments(deployed, deployed.definition.migrations)
    return [(each.offset / 60, each.text) for each in found]


def test_migrations_come_before_the_steps() -> None:
    """By their expected duration; sign-offs, checks of migrations and reviews count from promotion on."""
    deployed = shop(
        approvals=[{"role": "Product owner", "when": "sign-off"}],
        reviews=[{"name": "Look again", "role": "Lead", "after": "1h", "every": "1d"}],
        announcements=[
            {"when": "start", "audience": "users", "channels": ["chat"]},
            {"when": "done", "audience": "users", "channels": ["email"]},
        ],
    )
    assert texts(deployed) == [
        (-240, "Freeze (Lead)"),
        (0, "tells users by chat"),
        (0, "migrates orders: 001-first, expected: 5m"),
        (5, "5 % of visitors, held for 15m"),
        (15, "Look, 5m"),
        (20, "25 % of visitors, held for 1h"),
        (80, "100 % of visitors, held for 30m"),
        (110, "done; the old version stays ready for 24h"),
        (110, "tells users by email"),
        (110, "Product owner is asked to sign off"),
        (170, "review: Look again (Lead), every 1d"),
        (1550, "end of the watch: the old version can be retired"),
    ]


def test_a_closed_system_has_no_steps() -> None:
    """It opens when it is expected to."""
    found = texts(shop(maintenance=True, timetable=[], announcements=[], watch={"verifyAfter": ["1h"]}))
    assert found == [
        (0, "closed for maintenance"),
        (0, "migrates orders: 001-first, expected: 5m"),
        (45, "expected to be open again"),
        (45, "done; the old version stays ready for 24h"),
        (1485, "end of the watch: the old version can be retired"),
    ]


def test_it_starts_when_the_window_opens() -> None:
    """At once where there is none, and for a hotfix."""
    assert release_plan.times(shop(), [], FRIDAY).start == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    assert release_plan.times(shop(window=None), [], FRIDAY).start == FRIDAY
    assert release_plan.times(shop({"hotfix": {"reason": "prices"}}), [], FRIDAY).start == FRIDAY


def test_a_hotfix_has_its_own_approvals() -> None:
    """If some are declared; those before migrations and go-live stay."""
    roles = [{"role": "Owner"}, {"role": "Lead", "when": "hotfix"}, {"role": "DBA", "when": "migration"}]
    hotfix = {"hotfix": {"reason": "prices are wrong"}}
    assert list(release_plan.gates(shop(hotfix, approvals=roles))) == [
        "is a hotfix, which need not wait for a window: prices are wrong",
        "Lead approves (hotfix)",
        "DBA approves (migration)",
    ]
    assert list(release_plan.gates(shop(hotfix, approvals=roles[:1])))[1:] == ["Owner approves (before)"]
    assert list(release_plan.gates(shop(approvals=roles)))[1:] == [
        "Owner approves (before)",
        "DBA approves (migration)",
    ]
