"""Before the release: what the controller collects, and what people give it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.reports.runbook import command_lines
from slipway.reports.runbook.blocks import Block, Code, Commands, Items, Line, Paragraph, Section, Task, line
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import BY_ITSELF, BY_PEOPLE, approver, one_of, steps
from slipway.settings.operations import Attestation
from slipway.settings.releases import Approval

ADMITTING = ("before", "migration", "hotfix")
"""Approvals that admission waits for."""
APPROVES = {
    "before": "approves the release",
    "migration": "approves the migrations",
    "go-live": "approves the first visitor",
    "rollback": "approves a rollback that includes the database",
    "hotfix": "approves a hotfix, instead of the release: the stack gives its reason, and it waits for no window",
    "sign-off": "signs off",
}
"""What an approval is about, by its `when`."""


def before(facts: Facts) -> Section:
    """Return the checklist before the release."""
    typed = [
        (
            command_lines.release(facts, "hand-over", version="VERSION"),
            "sets the next version in the stack's file, for a pull request",
        ),
        (
            command_lines.stack(facts, "slipway preview"),
            "what the change does, costs and breaks, without a cloud account",
        ),
        (command_lines.stack(facts, "slipway secrets list"), "which supplied secrets are set, and how old they are"),
        (command_lines.stack(facts, "slipway backups"), "the newest backup and restore test of each database"),
        (command_lines.release(facts, "plan"), "what the next update would do, with clock times"),
    ]
    return Section(
        "Before",
        [Commands(typed)],
        [Section(BY_ITSELF, [Items(list(_itself(facts)))]), Section(BY_PEOPLE, list(_people(facts)))],
    )


def _itself(facts: Facts) -> Iterator[Line]:
    definition, release = facts.definition, facts.release
    yield "The pull request is previewed and checked by the policy pack; a mandatory violation blocks it."
    window = release.window
    if window:
        yield (
            f"Admission waits for the window: {one_of([day.capitalize() for day in window.days])}, {window.start} {window.time_zone}, for "
            f"{window.duration}. A release that would not end in it does not start."
        )
    if facts.restorable:
        names = ", ".join(facts.restorable)
        yield f"Evidence: the newest verified backup and restore test of {names} are young enough."
    yield "Evidence: no critical alert of the system fires, and each image of the version is in its registry."
    if release.scan:
        yield f"Evidence: the registry's scan of each image has no finding of severity {release.scan} or above."
    if release.released_on and release.released_on != facts.stack.name:
        yield f"Evidence: {facts.version} was released on {release.released_on}."
    for each in definition.validations:
        where = {"staging": "on staging", "before": "here"}
        if found := [words for when, words in where.items() if when in each.when]:
            yield line("The validation ", Code(each.name), f" passes {' and '.join(found)}.")
    yield "The lock of the system is free: two releases of one system never run together."
    for each in release.announcements:
        if each.when == "before":
            yield f"{each.ahead or 'at once'} before the start: {each.audience} by {', '.join(each.channels)}."


def _people(facts: Facts) -> Iterator[Block]:
    yield Paragraph("The release waits for each of these; the API server records who gave it, and when.")
    yield from given(facts, ADMITTING, ("before",))
    for each in facts.migrations:
        if each.backed_up_by:
            yield Task(line(f"Backup before {each.name}: {each.backed_up_by}"))
    yield Commands(
        [(command_lines.stack(facts, "pulumi up"), "starts the release; its gates wait for all of the above")]
    )


def given(facts: Facts, approvals: Sequence[str], attestations: Sequence[str]) -> Iterator[Block]:
    """Yield what people give at these moments, and the commands that record it."""
    approved = [each for each in facts.release.approvals if each.when in approvals]
    attested = [each for each in facts.definition.attestations if each.when in attestations]
    yield from (Task(f"{approver(each)} {APPROVES[each.when]}") for each in approved)
    yield from (_attestation(each) for each in attested)
    typed = [(_approve(facts, each), "") for each in approved]
    for each in attested:
        typed.append((command_lines.release(facts, "attest", name=each.name, role=each.role, link="URL"), ""))
    if typed:
        yield Commands(typed)


def _approve(facts: Facts, each: Approval) -> str:
    options = {"role": each.role} | ({} if each.when == "before" else {"when": each.when})
    return command_lines.release(facts, "approve", **options)


def _attestation(each: Attestation) -> Task:
    age = f"; evidence is at most {each.maximum_age} old" if each.when == "before" else ""
    return Task(line(Code(each.name), f" ({each.role}){age}"), steps(each.steps))
