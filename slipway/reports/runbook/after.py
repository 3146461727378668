"""After promotion: the watch, what people check and sign, and the reviews."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.reports import clocks
from slipway.reports.runbook import command_lines
from slipway.reports.runbook.before import given
from slipway.reports.runbook.blocks import Block, Code, Commands, Items, Line, Section, Task, line
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import BY_ITSELF, BY_PEOPLE, moment, steps
from slipway.settings.fields import seconds
from slipway.settings.releases import Review


def after(facts: Facts) -> Section:
    """Return what follows promotion."""
    return Section(
        "After",
        [],
        [
            Section(BY_ITSELF, [Items(list(_itself(facts)))]),
            Section(BY_PEOPLE, list(_people(facts))),
            Section("Reviews", [_review(facts, each) for each in facts.release.reviews]),
        ],
    )


def _itself(facts: Facts) -> Iterator[Line]:
    watch = facts.release.watch
    ends = clocks.at_offset(facts.start, facts.promoted + seconds(watch.duration))
    yield f"The version before stays ready, at its size, for {watch.duration}: until {moment(ends)} at the earliest."
    if watch.verify_after:
        times = ", ".join(watch.verify_after)
        names = [each.name for each in facts.migrations if each.is_verified_again]
        names += [each.name for each in facts.definition.validations if "watch" in each.when]
        for name in names:
            yield line("After ", times, " ", Code(name), " is verified again; a failure is an alarm for people.")
    yield "A critical breach during the watch rolls back at once (Rollback)."
    yield "Reviews are sent as calendar entries. The change that retires the version before is opened as a pull request."
    for each in facts.release.announcements:
        if each.when == "done":
            yield f"Announced: {each.audience} by {', '.join(each.channels)}."


def _people(facts: Facts) -> Iterator[Block]:
    yield from given(facts, ("sign-off",), ("after",))
    yield Commands(
        [
            (command_lines.release(facts, "report"), "steps, evidence, decisions, figures and who, for the record"),
            (command_lines.release(facts, "history"), "the releases before"),
            (command_lines.release(facts, "retire"), "the change of the stack's file that retires the version before"),
        ]
    )


def _review(facts: Facts, review: Review) -> Task:
    first = review.after or review.every
    at = moment(clocks.at_offset(facts.start, facts.promoted + (seconds(first) if first else 0.0)))
    when = [f"first {at}" + (f", {review.after} after promotion" if review.after else "")]
    when += [f"every {review.every}"] if review.every else []
    when += [f"until {review.until} after it"] if review.until else []
    role = f" ({review.role})" if review.role else ""
    return Task(line(f"{review.name}{role}: {', '.join(when)}"), steps(review.agenda))
