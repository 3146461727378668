"""When what happens, and who does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from slipway.reports import clocks
from slipway.reports.clocks import Timed
from slipway.reports.runbook.blocks import Line, Paragraph, Section, Table
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import approver, moment
from slipway.reports.words import many
from slipway.settings.fields import seconds
from slipway.settings.releases import Migration

ITSELF = "by itself"
MIGRATING = ("before", "migration")
"""When approvals are asked for that admission waits for, besides those of a hotfix."""


@dataclass(frozen=True)
class Entry(Timed):
    """Something that happens, and who does it: the controller, or a role."""

    who: str = ITSELF


def timeline(facts: Facts) -> Section:
    """Return the timeline with clock times, and the owner's timetable."""
    about = Paragraph(
        f"The start here is {moment(facts.start)}. Times after it are the earliest ones: each phase begins when the "
        "one before has ended, and a phase without a declared duration counts as none."
    )
    rows: list[list[Line]] = [
        [clocks.clock(each.offset), _time(facts, each.offset), each.text, each.who] for each in entries(facts)
    ]
    table = Table(("time", "clock", "what", "who"), rows)
    return Section("Timeline", [about, table], list(_timetable(facts)))


def entries(facts: Facts) -> list[Entry]:
    """Return everything of the release by time; entries of the same time are in their order."""
    every = [*_before(facts), *_until_promotion(facts), *_after(facts)]
    return sorted(every, key=lambda each: each.offset)


def _before(facts: Facts) -> Iterator[Entry]:
    for offset, each in clocks.notices(facts.release):
        yield Entry(offset, f"{each.audience} are notified by {', '.join(each.channels)}")
    approvals = [approver(each) for each in facts.release.approvals if each.when in MIGRATING]
    attesters = [each.role for each in facts.definition.attestations if each.when == "before"]
    if approvals or attesters:
        yield Entry(0, f"admission waits for {_given(approvals, attesters)} (Before)", _roles(approvals, attesters))


def _until_promotion(facts: Facts) -> Iterator[Entry]:
    yield Entry(0, "admitted: window, approvals, attestations, evidence and the system's lock are there")
    if facts.is_closed:
        yield Entry(
            0, "visitors see the maintenance page, which is proven from inside the cluster before anything else"
        )
    for name in facts.dumped:
        yield Entry(0, f"{name} is dumped, and the dump restored into a scratch database")
    now = 0.0
    for each in facts.migrations:
        yield Entry(now, _migrates(each))
        now += seconds(each.expected_duration) if each.expected_duration else 0.0
    yield Entry(now, f"{facts.version} starts in slot {facts.candidate}, service after service")
    yield from (Entry(now, text, who) for text, who in _tested(facts))
    if not (facts.is_closed or facts.is_first):
        yield from (Entry(now + each.offset, each.text) for each in clocks.steps(facts.release))
    opened = "promoted: all visitors have it" + ("; the maintenance page is gone" if facts.is_closed else "")
    yield Entry(facts.promoted, opened)


def _migrates(migration: Migration) -> str:
    how = [
        f"expected {migration.expected_duration}" if migration.expected_duration else "",
        f"{migration.timeout} at most",
        f"waits {migration.lock_timeout} for a lock, then retries" if migration.command is None else "",
    ]
    return f"{migration.database} is migrated: {migration.name}, {', '.join(filter(None, how))}"


def _tested(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield what happens to the candidate before its first visitor, and who does it."""
    definition = facts.definition
    if definition.checks:
        yield f"{many(len(definition.checks), 'smoke test')} of the candidate, which has no visitor yet", ITSELF
    for each in definition.validations:
        if "after" in each.when:
            yield f"validates: {each.name}", ITSELF
    for each in facts.release.load:
        yield f"load: {each.requests} requests to {each.path}, {each.concurrency} at once", ITSELF
    for each in facts.release.approvals:
        if each.when == "go-live":
            yield "approves the first visitor", approver(each)


def _after(facts: Facts) -> Iterator[Entry]:
    release, promoted = facts.release, facts.promoted
    approvals = [approver(each) for each in release.approvals if each.when == "sign-off"]
    attesters = [each.role for each in facts.definition.attestations if each.when == "after"]
    if approvals or attesters:
        yield Entry(promoted, f"due: {_given(approvals, attesters, 'sign-off')} (After)", _roles(approvals, attesters))
    verified = any(each.is_verified_again for each in facts.migrations)
    validated = any("watch" in each.when for each in facts.definition.validations)
    again = [*(["migrations"] if verified else []), *(["data"] if validated else [])]
    for after in release.watch.verify_after if again else ():
        text = f"{' and '.join(again)} are verified again, {after} after promotion"
        yield Entry(promoted + seconds(after), text)
    for each in release.reviews:
        first = each.after or each.every
        until = f", until {each.until}" if each.until else ""
        repeated = f", then every {each.every}{until}" if each.every else ""
        yield Entry(
            promoted + (seconds(first) if first else 0.0), f"reviews: {each.name}{repeated}", each.role or "all"
        )
    watched = release.watch.duration
    yield Entry(promoted + seconds(watched), f"the watch ends after {watched}: the version before may be retired")


def _given(approvals: Sequence[str], attesters: Sequence[str], approval: str = "approval") -> str:
    counted = [(approvals, approval), (attesters, "attestation")]
    return " and ".join(many(len(roles), one) for roles, one in counted if roles)


def _roles(*roles: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(role for group in roles for role in group))


def _timetable(facts: Facts) -> Iterator[Section]:
    if facts.release.timetable:
        about = Paragraph("The owner's plan for the participants; what the timeline does by itself, nobody types.")
        rows: list[list[Line]] = []
        for each in sorted(facts.release.timetable, key=lambda each: clocks.offset_of(each.at)):
            offset = clocks.offset_of(each.at)
            rows.append([clocks.clock(offset), _time(facts, offset), each.name, each.duration or "", each.role or ""])
        table = Table(("time", "clock", "activity", "duration", "responsible"), rows)
        yield Section("Timetable of the participants", [about, table])


def _time(facts: Facts, offset: float) -> str:
    return f"{clocks.at_offset(facts.start, offset):%a %Y-%m-%d %H:%M}"
