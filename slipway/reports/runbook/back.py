"""The way back: what triggers it, what the controller does, and what people do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slipway.release.objects import Analysis, Queries
from slipway.release.returning import PEOPLE_TIMEOUT
from slipway.release.sequential_tests import CRITICAL_FACTOR, ORDINARY_SAMPLES
from slipway.reports.runbook import command_lines
from slipway.reports.runbook.before import given
from slipway.reports.runbook.blocks import Block, Code, Commands, Items, Line, Paragraph, Section, Table, line
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import BY_ITSELF, BY_PEOPLE


def back(facts: Facts) -> Section:
    """Return the section on rollbacks."""
    return Section(
        "Rollback",
        list(_times(facts)),
        [
            Section("Triggers", list(_triggers(facts))),
            Section(BY_ITSELF, [Items(list(_itself(facts)), numbered=True)]),
            Section(BY_PEOPLE, list(_people(facts))),
        ],
    )


def _times(facts: Facts) -> Iterator[Block]:
    expected = facts.release.rollback.expected_duration
    measured = f" The owner measured {expected} for the whole rollback." if expected else ""
    if facts.is_first:
        yield Paragraph("There is no version before this one: a rollback closes the system to visitors." + measured)
    elif facts.is_closed:
        yield Paragraph(f"Visitors see the maintenance page until the way back is complete.{measured}")
    else:
        yield Paragraph(f"Visitors are back on slot {facts.former} within seconds of the decision.{measured}")


def _triggers(facts: Facts) -> Iterator[Block]:
    rollback = facts.release.rollback
    yield Paragraph("By itself, per slot, from the gateway's figures; a breach counts once chance is ruled out:")
    yield Table(("trigger", "threshold"), list(_thresholds(facts)))
    yield Paragraph(
        "During the watch only what is at once, a crash loop, an alert or a forbidden line rolls back by itself, and not "
        "over an incompatible migration, whose rows since then would be lost: people are asked."
    )
    if rollback.on:
        yield Paragraph(line("A person aborts the release if one of these is seen:"))
        yield Items(rollback.on)
    if rollback.consider:
        yield Paragraph("A rollback or a fix is considered, by those who are on the release, if:")
        yield Items(rollback.consider)


def _thresholds(facts: Facts) -> Iterator[Sequence[Line]]:
    objectives, declared = facts.definition.objectives, facts.release.rollback.error_percent
    critical = objectives.error_percent * CRITICAL_FACTOR if declared is None else declared
    interval = Queries.model_fields["interval_seconds"].default
    yield "errors, at once", f"{critical:g} % of requests or more, from the first sample of {interval} s on"
    several = f"from {ORDINARY_SAMPLES} samples on"
    yield "errors", f"above {objectives.error_percent:g} %, {several}"
    yield "response time", f"95th percentile above {objectives.p95}, {several}"
    if objectives.latency_regression_percent is not None:
        slower = f"more than {objectives.latency_regression_percent} % slower than the version before, {several}"
        yield "regression", slower
    minimum = Analysis.model_fields["minimum_requests"].default
    silence = f"no figures, or fewer than {minimum} requests in a step: it is held, then rolled back; never promoted"
    yield "silence", silence
    yield "checks", "a smoke test, a load test or a validation fails; a pod of the candidate crashes again and again"
    yield "migration", "one that blocks fails, or one of its checks"
    yield "alerts", "a critical alert of the system begins after the release has begun"
    if facts.definition.logs.forbidden:
        yield "logs", "a forbidden line appears (Monitoring)"


def _itself(facts: Facts) -> Iterator[Line]:
    incompatible = [each for each in facts.migrations if not each.compatible]
    if facts.is_first:
        yield "Visitors see the maintenance page: there is no version to return to."
    elif facts.is_closed or incompatible:
        yield "The maintenance page stays up, or is put up again."
    else:
        yield f"All visitors are back on slot {facts.former}; queue consumers and schedules run there only."
    asked = any(each.when == "rollback" for each in facts.release.approvals)
    if incompatible and asked:
        yield f"It waits {PEOPLE_TIMEOUT // 3600} h at most for the approval of the rollback of the database."
    for each in reversed(incompatible):
        way = (
            (" is rolled back by ", Code(each.rollback), ", and checked")
            if each.rollback
            else " has no way back by itself"
        )
        yield line(Code(each.name), way, ".")
    kept = [each for each in facts.migrations if each.compatible]
    if kept and not facts.is_first:
        yield "Compatible migrations stay: the version before works with them."
    if not facts.is_first and (facts.is_closed or incompatible):
        yield f"Visitors are let in again, on slot {facts.former}."
    for each in facts.release.announcements:
        if each.when == "rolled-back":
            yield f"Announced: {each.audience} by {', '.join(each.channels)}."
    yield "Job, status and report give the reason: step, figure and threshold. The next update of this version is refused."


def _people(facts: Facts) -> Iterator[Block]:
    yield from given(facts, ("rollback",), ("rolled-back",))
    typed = [
        (
            command_lines.release(facts, "abort", reason="WHY"),
            "back to the version before, at any step and during the watch",
        ),
        (command_lines.release(facts, "revert"), "the change of the stack's file that says what runs again"),
    ]
    for each in facts.migrations:
        if each.rollback:
            typed.append(
                (
                    command_lines.rollback(facts, each.name),
                    "undo a migration that is regretted later; its rows are lost",
                )
            )
    for name in facts.restorable:
        typed.append(
            (command_lines.restore(facts, name), "a dump, next to the live database; --at TIME for an older one")
        )
    yield Commands(typed)
    again = ("To release the version again after a rollback, increase ", Code("attempt"), " in the stack's file.")
    yield Paragraph(again)
