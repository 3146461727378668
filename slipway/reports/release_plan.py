"""What a release would do and when: what it waits for, who is asked and told, and each moment from its start.

Previews, `slipway release plan` and the runbook show the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slipway.reports import clocks
from slipway.reports.clocks import Timed
from slipway.reports.words import many
from slipway.settings.fields import seconds
from slipway.settings.releases import Announcement, Approval, Migration, Release
from slipway.settings.stacks import DeployedSystem

GATES = ("before", "migration", "go-live")
"""Approvals that a release waits for before it is complete."""


@dataclass(frozen=True, kw_only=True)
class ReleaseTimes:
    """A release with clock times, as if it were asked for at `start` or the window opened then."""

    system: str
    version: str
    gates: tuple[str, ...]
    by_hand: bool
    """Whether no controller carries it out."""
    start: datetime
    moments: tuple[Timed, ...]
    refused: str | None = None
    """Why the next `up` refuses it, if it does."""

    def to_json(self) -> dict[str, Any]:
        return {
            "system": self.system,
            "version": self.version,
            "gates": list(self.gates),
            "byHand": self.by_hand,
            "refused": self.refused,
            "start": self.start.isoformat(),
            "moments": [
                {"at": clocks.at_offset(self.start, each.offset).isoformat(), "offset": each.offset, "text": each.text}
                for each in self.moments
            ],
        }


def times(
    deployed: DeployedSystem,
    migrations: Sequence[Migration],
    at: datetime,
    *,
    by_hand: bool = False,
    refused: str | None = None,
) -> ReleaseTimes:
    """Return the release of a system's target that begins at `at`, or when its window opens next."""
    deployment = deployed.deployment
    start = clocks.start(deployed, at)
    return ReleaseTimes(
        system=deployed.name,
        version=f"{deployment.slot(deployment.active).version or 'no version'} in {deployment.active}",
        gates=tuple(gates(deployed)),
        by_hand=by_hand,
        start=start,
        moments=tuple(moments(deployed, migrations)),
        refused=refused,
    )


def gates(deployed: DeployedSystem) -> Iterator[str]:
    """Yield what the release waits for."""
    release, hotfix = deployed.definition.release, deployed.deployment.hotfix
    window = release.window
    if hotfix:
        yield f"is a hotfix, which need not wait for a window: {hotfix.reason}"
    elif window:
        yield f"begins {', '.join(window.days)} from {window.start} {window.time_zone}, within {window.duration}"
    for each in release.approvals:
        if each.when in _moments(release, hotfix=hotfix is not None):
            yield f"{_who(each)} approves ({each.when})"
    for attestation in deployed.definition.attestations:
        if attestation.when == "before":
            yield f"{attestation.role} attests '{attestation.name}', at most {attestation.maximum_age} ago"


def _moments(release: Release, *, hotfix: bool) -> tuple[str, ...]:
    """Return the moments whose approvals are waited for; those of a hotfix take the place of the ordinary ones."""
    instead = hotfix and any(each.when == "hotfix" for each in release.approvals)
    return ("hotfix", *GATES[1:]) if instead else GATES


def moments(deployed: DeployedSystem, migrations: Sequence[Migration]) -> list[Timed]:
    """Return what happens at which time; entries of the same time are in this order."""
    definition = deployed.definition
    release = definition.release
    closed = deployed.deployment.maintenance or release.maintenance
    tested = sum(seconds(each.expected_duration) for each in migrations if each.expected_duration)
    found = [Timed(at, _announcing(each)) for at, each in clocks.notices(release)]
    found += [Timed(0, _announcing(each)) for each in release.announcements if each.when == "start"]
    found += _closed(release) if closed else []
    found += _timetable(release)
    found += _migrated(migrations)
    steps = [] if closed else clocks.steps(release)
    checks = len(definition.checks) + len(release.load)
    if checks and steps:
        found.append(Timed(tested, f"{many(checks, 'check')} of the candidate, before its first visitor"))
    found += [Timed(tested + each.offset, each.text) for each in steps]
    promoted = tested + (0.0 if closed else clocks.held(release))
    if closed and release.expected_duration:
        promoted = max(promoted, seconds(release.expected_duration))
    if found and (promoted or closed):
        found += _watched(release, promoted, verified=any(each.is_verified_again for each in migrations))
    return sorted(found, key=lambda each: each.offset)


def _who(approval: Approval) -> str:
    return " or ".join(approval.any_of) or approval.role


def _announcing(announcement: Announcement) -> str:
    return f"tells {announcement.audience} by {', '.join(announcement.channels)}"


def _closed(release: Release) -> Iterator[Timed]:
    yield Timed(0, "closed for maintenance")
    if release.expected_duration:
        yield Timed(seconds(release.expected_duration), "expected to be open again")


def _timetable(release: Release) -> Iterator[Timed]:
    for each in release.timetable:
        role = f" ({each.role})" if each.role else ""
        text = f"{each.name}{role}{f', {each.duration}' if each.duration else ''}"
        yield Timed(clocks.offset_of(each.at), text)


def _migrated(migrations: Sequence[Migration]) -> Iterator[Timed]:
    begins = 0.0
    for each in migrations:
        expected = f", expected: {each.expected_duration}" if each.expected_duration else ""
        yield Timed(begins, f"migrates {each.database}: {each.name}{expected}")
        begins += seconds(each.expected_duration) if each.expected_duration else 0.0


def _watched(release: Release, promoted: float, *, verified: bool) -> Iterator[Timed]:
    """Yield what happens from the moment on at which all visitors have the candidate."""
    yield Timed(promoted, f"done; the old version stays ready for {release.watch.duration}")
    yield from (Timed(promoted, _announcing(each)) for each in release.announcements if each.when == "done")
    for approval in release.approvals:
        if approval.when == "sign-off":
            yield Timed(promoted, f"{_who(approval)} is asked to sign off")
    for after in release.watch.verify_after if verified else ():
        yield Timed(promoted + seconds(after), "verifies the migrations again")
    for review in release.reviews:
        role = f" ({review.role})" if review.role else ""
        every = f", every {review.every}" if review.every else ""
        yield Timed(promoted + (seconds(review.after) if review.after else 0), f"review: {review.name}{role}{every}")
    yield Timed(promoted + seconds(release.watch.duration), "end of the watch: the old version can be retired")
