"""Panels: each has a title, a unit, a description and its queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, text, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as query_model
from grafana_foundation_sdk.models import text as text_model

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The Prometheus data source chosen at the top of each dashboard."""
SLOTS = ("blue", "green")
HALF, QUARTER = 12, 6
"""Of the 24 columns."""
TALL, LOW = 8, 4
"""Heights of panels, in rows of Grafana's grid. Chosen: a graph and a single number."""

Panel = timeseries.Panel | stat.Panel | table.Panel | text.Panel


@dataclass(frozen=True)
class Query:
    """A query; `legend` names each series by its labels, and Grafana chooses a name without it."""

    expr: str
    legend: str = "__auto"


def series(
    title: str, unit: str, description: str, *queries: Query, limit: float | None = None, target: float | None = None
) -> timeseries.Panel:
    """Returns lines over time. A red line marks the `limit` not to exceed, a green one the target to reach."""
    panel = (
        timeseries.Panel()
        .title(title)
        .unit(unit)
        .description(description)
        .datasource(SOURCE)
        .span(HALF)
        .height(TALL)
        .axis_soft_min(0)
        .fill_opacity(5)
        .legend(_legend())
        .tooltip(options.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    )
    for name, query in _named(queries).items():
        panel.with_target(query.ref_id(name).range())
    for slot in SLOTS:
        panel.override_by_regexp(f"/(^|[ -]){slot}$/", [_shades_of(slot)])
    if limit is not None or target is not None:
        dashed = options.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        panel.thresholds(_steps(limit, target)).thresholds_style(dashed)
    return panel


def value(title: str, unit: str, description: str, query: Query, *, limit: float | None = None) -> stat.Panel:
    """Returns the newest value of each series, red from `limit` on."""
    panel = stat.Panel().title(title).unit(unit).description(description).datasource(SOURCE)
    panel.span(QUARTER).height(LOW).thresholds(_steps(limit, None, below="green"))
    panel.reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    return panel.with_target(_target(query).ref_id("A").instant())


def rows(title: str, unit: str, description: str, query: Query, *, named: str) -> table.Panel:
    """Returns the newest values as a table, largest first: a column for each label, and one for the value, titled
    `named`."""
    panel = table.Panel().title(title).unit(unit).description(description).datasource(SOURCE)
    panel.span(HALF).height(TALL)
    panel.with_target(_target(query).ref_id("A").instant().format(query_model.PromQueryFormat.TABLE))
    shown = {"excludeByName": {"Time": True}, "renameByName": {"Value": named}}
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=shown))
    return panel.sort_by([options.TableSortByFieldState().display_name(named).desc(True)])


def words(title: str, description: str, content: str) -> text.Panel:
    """Returns declared facts as Markdown."""
    panel = text.Panel().title(title).unit("none").description(description)
    return panel.span(HALF).height(TALL).mode(text_model.TextMode.MARKDOWN).content(content)


def _target(query: Query) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query.expr).legend_format(query.legend).datasource(SOURCE)


def _named(queries: tuple[Query, ...]) -> Mapping[str, prometheus.Dataquery]:
    """Assigns each query the letter that Grafana uses as its id."""
    return {chr(ord("A") + index): _target(query) for index, query in enumerate(queries)}


def _legend() -> options.VizLegendOptions:
    deployed = options.VizLegendOptions().display_mode(common.LegendDisplayMode.LIST)
    return deployed.placement(common.LegendPlacement.BOTTOM).show_legend(True)


def _shades_of(colour: str) -> model.DynamicConfigValue:
    """Returns overrides that give the series of a slot different shades of its colour."""
    return model.DynamicConfigValue(id_val="color", value={"mode": "shades", "fixedColor": colour})


def _steps(limit: float | None, target: float | None, below: str = "transparent") -> dashboard.ThresholdsConfig:
    steps = [model.Threshold(value=None, color=below)]
    steps += [model.Threshold(value=limit, color="red")] if limit is not None else []
    steps += [model.Threshold(value=target, color="green")] if target is not None else []
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)
