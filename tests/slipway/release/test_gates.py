"""What admission waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from slipway.release.draft import Draft
from slipway.release.gates import missing
from slipway.release.observed import Observed
from slipway.release.status import Status
from tests.slipway.release.world import START, World, active_blue, spec, word

HOUR = timedelta(hours=1)
WINDOW = {"days": ["tuesday"], "start": "16:00", "durationSeconds": 7200}
EVIDENCE = {
    "backupSeconds": 3600,
    "restoreSeconds": 86_400,
    "databases": ["shop"],
    "images": ["shop:2"],
    "after": "staging",
}
RESTORED = {"backups": {"shop": START - HOUR}, "restores": {"shop": START - HOUR}, "images": {}}
STAGED = word("CI", kind="attestation", name="released on staging")
CHECKED = word("QA", kind="attestation", name="forms", link="https://x", at=START - HOUR)
FORMS = {"name": "forms", "role": "QA", "maximumAgeSeconds": 3600}


@pytest.mark.parametrize(
    ("declared", "seen", "sentences"),
    [
        ({}, {}, []),
        ({}, {"critical_alerts": None}, ["Prometheus does not answer"]),
        ({}, {"critical_alerts": ["Down"]}, ["Critical alerts fire: Down"]),
        ({"evidence": {"quiet": False}}, {"critical_alerts": None}, []),
        ({"window": WINDOW}, {}, ["opens at 2026-11-24 16:00 UTC"]),
        ({"window": WINDOW, "expectedSeconds": 7201}, {}, ["does not fit in the window"]),
        ({"window": WINDOW, "hotfix": {"reason": "down"}}, {}, []),
        (
            {"approvals": [{"role": "Lead engineer"}]},
            {},
            ['approve --stack prod --system shop --role "Lead engineer"`'],
        ),
        ({"approvals": [{"role": "Lead"}]}, {"words": [word("Lead")]}, []),
        ({"approvals": [{"role": "Lead"}]}, {"words": [word("Lead", "go-live")]}, ["Approval by Lead"]),
        ({"approvals": [{"role": "Lead"}]}, {"words": [word("CTO")]}, ["Approval by Lead"]),
        ({"approvals": [{"role": "A or B", "anyOf": ["A", "B"]}]}, {"words": [word("B")]}, []),
        ({"approvals": [{"role": "A", "when": "go-live"}]}, {}, []),
        ({"approvals": [{"role": "A", "when": "migration"}]}, {}, []),
        (
            {"approvals": [{"role": "A", "when": "migration"}], "migrations": [{"name": "m", "job": "j"}]},
            {},
            ["--when migration"],
        ),
        ({"approvals": [{"role": "A"}, {"role": "B", "when": "hotfix"}]}, {}, ["Approval by A"]),
        (
            {"approvals": [{"role": "A"}, {"role": "B", "when": "hotfix"}], "hotfix": {"reason": "r"}},
            {},
            ["--when hotfix"],
        ),
        ({"approvals": [{"role": "A"}], "hotfix": {"reason": "r"}}, {}, ["Approval by A"]),
        ({"attestations": [FORMS]}, {}, ["attest --stack prod --system shop --name forms --link URL"]),
        ({"attestations": [FORMS]}, {"words": [CHECKED]}, []),
        ({"attestations": [FORMS | {"maximumAgeSeconds": 3599}]}, {"words": [CHECKED]}, ["not older than 60 min"]),
        ({"attestations": [FORMS | {"name": "pages"}]}, {"words": [CHECKED]}, ["pages by QA"]),
        ({"attestations": [FORMS | {"when": "after"}]}, {}, []),
        (
            {"evidence": EVIDENCE},
            {"backups": None, "restores": None, "images": None},
            ["has a verified backup is unknown", "restore test is unknown", "registry does not answer", "on staging"],
        ),
        (
            {"evidence": EVIDENCE},
            {"backups": {}, "restores": {}, "images": {"shop:2": "is not in the registry"}},
            [
                "has no verified backup",
                "has no successful restore test",
                "shop:2: is not in the registry",
                "on staging",
            ],
        ),
        ({"evidence": EVIDENCE}, {**RESTORED, "words": [STAGED]}, []),
        (
            {"evidence": EVIDENCE | {"backupSeconds": 3599}},
            {**RESTORED, "words": [STAGED]},
            ["newest verified backup of shop is of 2026-11-24 14:00 UTC, older than 60 min"],
        ),
        (
            {"evidence": EVIDENCE},
            {**RESTORED, "backups": {"shop": START + HOUR}, "words": [STAGED]},
            ["newest verified backup"],
        ),
    ],
)
def test_each_missing_gate_is_a_sentence(declared: dict[str, Any], seen: dict[str, Any], sentences: list[str]) -> None:
    """Each names the command that supplies it; unknown is missing."""
    usual: dict[str, Any] = {"critical_alerts": ()}
    observed = Observed(**(usual | seen))
    found = list(missing(Draft(spec(**declared), active_blue(), observed, START)))
    assert len(found) == len(sentences), found
    for sentence, text in zip(found, sentences, strict=True):
        assert text in sentence


def test_a_first_release_needs_no_backups() -> None:
    """Its databases are made by the same update; people, the other stack and images are asked for all the same."""
    observed = Observed(critical_alerts=(), backups={}, restores={}, images={})
    (sentence,) = missing(Draft(spec(evidence=EVIDENCE), Status(), observed, START))
    assert "must be released on staging first" in sentence


def test_a_release_waits_for_an_approval_and_is_admitted() -> None:
    """People are asked once, and the command that approves is in `waiting`."""
    world = World(spec(approvals=[{"role": "Lead"}]))
    for _ in range(5):
        world.look()
    assert world.status.phase == "Waiting"
    assert world.status.waiting == [
        "Approval by Lead: `slipway release approve --stack prod --system shop --role Lead`."
    ]
    assert [each.key for each in world.sent] == ["asked/admit"]
    world.seen["words"] = [word("Lead")]
    world.until("Promoted")


def test_a_window_that_opens_soon_is_waited_for() -> None:
    """An `up` that is a little early waits; messages go out when they are due ahead of the opening."""
    ahead = [
        {"when": "before", "aheadSeconds": 600, "audience": "users", "channels": ["email"]},
        {"when": "before", "aheadSeconds": 86_400, "audience": "team", "channels": ["chat"]},
    ]
    world = World(spec(window=WINDOW | {"start": "15:30"}, announcements=ahead))
    world.until(lambda each: len(each.sent) == 3, looks=1300)
    assert [each.key for each in world.sent] == ["before/1", "asked/admit", "before/0"]
    assert world.now == START + timedelta(minutes=20)
    assert world.status.expected_start == START + timedelta(minutes=30)
    world.until("Admitted")
    assert world.now == START + timedelta(minutes=30)


def test_a_window_that_opens_late_refuses_at_once() -> None:
    """Waiting for it would only make the `up` hang; the next one may ask again."""
    world = World(spec(window=WINDOW | {"start": "17:00"})).until("Refused", looks=3)
    assert "opens at 2026-11-24 17:00 UTC" in (world.status.reason or "")
    assert world.status.gate == "uid-1"
    world.look()
    assert world.status.phase == "Refused"
    world.now += 2 * HOUR
    world.seen["admit_gate"] = "uid-2"
    world.until("Promoted")


def test_what_stays_missing_refuses() -> None:
    """After `progressSeconds` the reason names what was missing."""
    world = World(spec(approvals=[{"role": "Lead"}], progressSeconds=60)).until("Refused", looks=70)
    assert "Missing: Approval by Lead" in (world.status.reason or "")
    assert world.status.open_gates == []


def test_validations_run_last_and_refuse() -> None:
    """A validation of admission runs once everything else is there, and its failure refuses the release."""
    declared: dict[str, Any] = {"approvals": [{"role": "A"}], "jobs": [{"name": "data", "when": ["before"], "job": {}}]}
    world = World(spec(**declared), failing={"job/data/before": "3 rows differ"})
    world.look()
    world.look()
    assert world.tasks == []
    world.seen["words"] = [word("A")]
    world.until("Refused")
    assert world.status.reason == "job/data/before failed: 3 rows differ."
    world.failing = {}
    world.seen["admit_gate"] = "uid-2"
    world.until("Promoted")
    assert world.tasks == ["job/data/before", "job/data/before", "smoke"]


def test_nothing_is_admitted_that_nobody_waits_for() -> None:
    """If the `up` was cancelled, the release is not begun behind its back."""
    world = World(spec(approvals=[{"role": "A"}], progressSeconds=60))
    world.look()
    world.look()
    world.asked, world.seen["words"] = False, [word("A")]
    world.until("Refused", looks=70)
    assert "A `pulumi up` asks" in (world.status.reason or "")
    world.look()
    world.asked = True
    world.until("Promoted")
