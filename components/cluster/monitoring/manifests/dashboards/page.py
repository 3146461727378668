"""A whole dashboard: its sections of panels, and the settings that all dashboards share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from components.cluster.monitoring.manifests.dashboards.panels import SOURCE, Panel

TAG = "slipway"
PREFIX = "slipway-"
"""Prefix of all dashboard ids; components/cluster/monitoring/manifests/alerting/labels.py links to them."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A dashboard: `uid` is part of its URL, dashboards with the same `group` link to each other, and `alerts` selects
    the alerts that are marked on the time line."""

    uid: str
    title: str
    description: str
    group: str
    alerts: str
    sections: Mapping[str, Sequence[Panel]]
    since: str = "now-6h"

    @property
    def text(self) -> str:
        """Returns the dashboard's JSON, identical for the same settings, so that a difference always means a change of
        settings."""
        return json.dumps(_board(self).build(), cls=JSONEncoder, sort_keys=True, indent=1) + "\n"


def _board(page: Page) -> dashboard.Dashboard:
    board = dashboard.Dashboard(page.title).uid(page.uid).description(page.description).tags([TAG, page.group])
    board.readonly().timezone("browser").time(page.since, "now").refresh("30s")
    board.tooltip(model.DashboardCursorSync.CROSSHAIR)
    board.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    board.annotation(_marks(page.alerts)).link(_neighbours(page.group))
    number = 0
    for title, panels in page.sections.items():
        if not panels:
            continue
        number += 1
        board.with_row(dashboard.Row(title).id(number))
        for panel in panels:
            number += 1
            board.with_panel(panel.id(number))
    return board


def _neighbours(group: str) -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("More of this").type(model.DashboardLinkType.DASHBOARDS).tags([group])
    return link.as_dropdown(False).keep_time(True).include_vars(True)


class _Mark(model.AnnotationQuery):
    """Adds titles to Prometheus' annotations, which the library does not support."""

    def to_json(self) -> dict[str, object]:
        return {**super().to_json(), "step": "60s", "titleFormat": "{{alertname}}", "textFormat": "{{service}}"}


class _Marks(dashboard.AnnotationQuery):
    def __init__(self) -> None:
        self._internal = _Mark()


def _marks(alerts: str) -> dashboard.AnnotationQuery:
    return _Marks().name("Alerts").datasource(SOURCE).enable(True).icon_color("red").expr(alerts)
