"""What is watched, and where a person looks."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.reports.runbook import command_lines
from slipway.reports.runbook.blocks import (
    Block,
    Code,
    Commands,
    Items,
    Line,
    Link,
    Paragraph,
    Section,
    Table,
    joined,
    line,
)
from slipway.reports.runbook.release_facts import Facts
from slipway.settings.operations import Alert, Objectives


def monitoring(facts: Facts) -> Section:
    """Return objectives, alerts, metrics and logs."""
    definition = facts.definition
    address = facts.cluster.settings.monitoring.alerting.runbooks.rstrip("/")
    dashboard = (Code(f"/d/slipway-{facts.system}"), " of Grafana has the releases, the objectives and the metrics. ")
    pages = (
        "Each alert has its own paragraph, with first steps: ",
        Link("alerts", f"{address}/{facts.system}.md"),
        ".",
    )
    parts = [
        Section(
            "Objectives",
            [Table(("objective", "value"), [[name, value] for name, value in _objectives(definition.objectives)])],
        ),
        Section("Alerts of the owner", list(_alerts(definition.alerts))),
        Section("Business metrics", list(_metrics(facts))),
        Section("Logs", list(_logs(facts))),
    ]
    return Section("Monitoring", [Paragraph(line("The dashboard ", dashboard, pages))], parts)


def _objectives(objectives: Objectives) -> Iterator[tuple[Line, Line]]:
    yield "availability", f"{objectives.availability_percent:g} %"
    yield "errors", f"{objectives.error_percent:g} % of requests at most"
    yield (
        "response time",
        f"95th percentile {objectives.p95}{f', mean {objectives.average}' if objectives.average else ''}",
    )
    if objectives.page_load:
        yield "page load", objectives.page_load
    if objectives.database_p95:
        yield "database queries", f"95th percentile {objectives.database_p95}"
    yield "saturation", f"CPU {objectives.cpu_percent} %, memory {objectives.memory_percent} % of what is requested"
    if objectives.latency_regression_percent is not None:
        yield "regression", f"{objectives.latency_regression_percent} % slower than the version before"


def _alerts(alerts: list[Alert]) -> Iterator[Block]:
    rows: list[list[Line]] = []
    for each in alerts:
        reads = [Code(each.metric or each.pattern or "the gateway's counts"), *(Code(path) for path in each.paths)]
        what = line(f"{each.kind} of ", joined(reads))
        rows.append(
            [each.name, each.summary, what, f"{each.above:g} over {each.window}, for {each.for_}", each.severity]
        )
    if rows:
        yield Table(("alert", "summary", "reads", "above", "severity"), rows)


def _metrics(facts: Facts) -> Iterator[Block]:
    rows: list[list[Line]] = [
        [each.name, Code(each.metric), each.unit, "" if each.target is None else f"{each.target:g}"]
        for each in facts.definition.metrics
    ]
    if rows:
        yield Table(("metric", "series", "unit", "target"), rows)


def _logs(facts: Facts) -> Iterator[Block]:
    logs, compliance = facts.definition.logs, facts.definition.compliance
    kept = f"Kept for {logs.retention_days} days"
    yield Paragraph(kept + (f"; the audit log for {logs.audit_retention_days} days." if compliance.audit_log else "."))
    if logs.forbidden:
        yield Paragraph("No such line may appear after a release:")
        yield Items([Code(each) for each in logs.forbidden])
    typed = [
        (command_lines.kubectl(facts, f"logs -l app.kubernetes.io/name={name} --tail=100"), "the newest lines")
        for name in facts.definition.services
    ]
    slow = [f"{name} {each.slow_query_ms} ms" for name, each in facts.definition.databases.items()]
    yield Commands([*typed, (command_lines.kubectl(facts, "top pods"), "CPU and memory of each pod")])
    if slow:
        yield Paragraph(f"Queries of a database that take longer are in its log: {', '.join(slow)}.")
