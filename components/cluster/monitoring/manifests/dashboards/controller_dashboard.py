"""The dashboard of the controller of releases: where each system's release is, and whether the controller works."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import selector
from components.cluster.monitoring.manifests.dashboards.page import PREFIX, Page
from components.cluster.monitoring.manifests.dashboards.panels import Panel, Query, rows, series, value


def releases() -> dict[str, str]:
    """Returns the text of the dashboard by file name."""
    page = Page(
        uid=f"{PREFIX}controller",
        title="Releases",
        description="All systems' releases, and the controller that carries them out.",
        group="cluster",
        alerts=selector("ALERTS", 'alertname=~"Release.+"', alertstate="firing"),
        since="now-3h",
        sections={
            "Systems": [_phases(), _weights(), _late(), _samples()],
            "Controller": [_leaders(), _paused(), _looks(), _messages()],
        },
    )
    return {"controller.json": page.text}


def _phases() -> Panel:
    return rows(
        "Phases",
        "short",
        "Where each system's release is.",
        Query("max by (system, stack, phase) (slipway_release_phase) == 1"),
        named="is",
    )


def _weights() -> Panel:
    return series(
        "Visitors in green",
        "percent",
        "Percent of visitors that shall have green; 0 while a system is closed.",
        Query('max by (system) (slipway_release_weight_percent{slot="green"})', "{{system}}"),
    )


def _late() -> Panel:
    return series(
        "Past the deadline",
        "s",
        "Time by which a release in progress is late; then it is rolled back.",
        Query("max by (system) (slipway_release_overdue_seconds)", "{{system}}"),
    )


def _samples() -> Panel:
    return series(
        "Errors in the newest sample",
        "short",
        "Failed requests of each slot in the last sample that the controller judged.",
        Query("max by (system, slot) (slipway_release_sample_errors)", "{{system}} {{slot}}"),
    )


def _leaders() -> Panel:
    return value(
        "Leaders", "short", "Replicas that lead; one, or nobody decides.", Query("sum(slipway_release_leader)")
    )


def _paused() -> Panel:
    return value("Paused", "short", "Releases that a person paused.", Query("sum(slipway_release_paused) or vector(0)"))


def _looks() -> Panel:
    return series(
        "Looks a second",
        "short",
        "How often the controller looks at releases, by result.",
        Query("sum by (result) (rate(slipway_release_looks_total[5m]))", "{{result}}"),
    )


def _messages() -> Panel:
    return series(
        "Messages",
        "short",
        "Messages in a quarter of an hour, by result.",
        Query("sum by (result) (increase(slipway_release_messages_total[15m]))", "{{result}}"),
    )
