"""What is looked up: known issues, recovery, costs, compliance, further documents."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.reports.runbook import command_lines
from slipway.reports.runbook.blocks import (
    Block,
    Code,
    Commands,
    Inline,
    Items,
    Line,
    Link,
    Paragraph,
    Section,
    Table,
    joined,
    line,
)
from slipway.reports.runbook.during import migrations_table
from slipway.reports.runbook.overview import parts
from slipway.reports.runbook.release_facts import Facts
from slipway.reports.runbook.wording import steps
from slipway.settings.operations import KnownIssue

DRILLS = {"restore": "the restore test, now; recorded as evidence", "failover": "the steps to the second region"}
"""Drills of `slipway release drill`, and what each does."""


def known_issues(facts: Facts) -> Section:
    """Return symptoms, their causes and steps."""
    return Section("Known issues", [], [_issue(each) for each in facts.definition.known_issues])


def operation(facts: Facts) -> Section:
    """Return the parts of the system, recovery objectives, costs, compliance and further documents."""
    earlier = [each for each in facts.definition.migrations if each not in facts.migrations]
    sections = [
        parts(facts),
        Section("Earlier migrations", [migrations_table(earlier)] if earlier else []),
        Section("Recovery", list(_recovery(facts))),
        Section("Costs", list(_costs(facts))),
        Section("Compliance", list(_compliance(facts))),
        Section("Cluster", list(_cluster(facts))),
        Section("Links", list(_links(facts))),
    ]
    return Section("Reference", [], sections)


def _issue(issue: KnownIssue) -> Section:
    return Section(issue.symptom, [Paragraph(line("Cause: ", issue.cause)), Items(steps(issue.steps), numbered=True)])


def _recovery(facts: Facts) -> Iterator[Block]:
    recovery = facts.definition.recovery
    if recovery is not None:
        yield Items(
            [
                f"It works again within {recovery.rto} (RTO); changes of {recovery.rpo} at most are lost (RPO).",
                f"The failover is tested every {recovery.drill}: its report is evidence.",
            ]
        )
        yield Commands([(command_lines.release(facts, "drill", kind=kind), about) for kind, about in DRILLS.items()])
    if facts.restorable:
        typed = [(command_lines.stack(facts, "slipway backups"), "the newest backup and restore test of each database")]
        yield Commands(
            [*typed, *((command_lines.restore(facts, name), "next to the live database") for name in facts.restorable)]
        )


def _costs(facts: Facts) -> Iterator[Block]:
    budget = facts.definition.budget
    if budget is not None:
        yield Paragraph(f"Budget: {budget.monthly:,} US dollars a month. Its owner is notified before it is used up.")
        if budget.expected:
            rows: list[list[Line]] = [[name, f"{value:,.10g}"] for name, value in budget.expected.items()]
            yield Table(
                ("part", "expected, US dollars a month"),
                [*rows, ["together", f"{sum(budget.expected.values()):,.10g}"]],
            )
        yield Commands([(command_lines.stack(facts, "slipway cost"), "what the plan costs at list prices")])


def _compliance(facts: Facts) -> Iterator[Block]:
    compliance = facts.definition.compliance
    found: list[Line] = []
    if compliance.regulations:
        found.append(f"Regulations: {', '.join(compliance.regulations)}.")
    if compliance.regions:
        found.append(f"Personal data stays in {', '.join(compliance.regions)}.")
    if compliance.audit_log:
        found.append("Audit logs are written.")
    if found:
        yield Items(found)


def _cluster(facts: Facts) -> Iterator[Block]:
    nodes = facts.definition.nodes
    if nodes is not None:
        yield Paragraph(f"At least {nodes.count} nodes of {nodes.cpu} CPU and {nodes.memory} GiB.")


def _links(facts: Facts) -> Iterator[Block]:
    rows: list[Line] = []
    for name, target in facts.definition.links.items():
        shown: Inline = Link(target, target) if target.startswith(("https://", "http://")) else Code(target)
        rows.append(joined([name, shown], ": "))
    if rows:
        yield Items(rows)
