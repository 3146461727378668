"""An alert, and its form in a PrometheusRule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

from components.cluster.monitoring.manifests.alerting import labels

API_VERSION = "monitoring.coreos.com/v1"
KIND = "PrometheusRule"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An alert: `expr` returns series while the problem lasts, and its labels identify the object. `description` and
    `steps` are for the page that the alert links to."""

    name: str
    expr: str
    summary: str
    description: str
    steps: tuple[str, ...]
    severity: OneOf["critical", "warning", "info"] = "warning"
    for_: str = "5m"
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Owned:
    """The owner of alerts: the dashboard is that of a system or of the cluster, the page that of its definition."""

    system: str
    page: str
    team: str
    runbooks: str

    def alert(self, rule: Rule) -> dict[str, Any]:
        return {
            "alert": rule.name,
            "expr": rule.expr,
            "for": rule.for_,
            "labels": {**rule.labels, "severity": rule.severity, "team": self.team, "system": self.system},
            "annotations": {
                "summary": rule.summary,
                "description": rule.description,
                "runbook_url": labels.runbook(self.runbooks, self.page, rule.name),
                "dashboard": labels.dashboard(self.system),
            },
        }


def recording(name: str, expr: str, **more: str) -> dict[str, Any]:
    """Returns a recording rule."""
    return {"record": name, "expr": expr, **({"labels": more} if more else {})}


def group(name: str, rules: list[dict[str, Any]], interval: str = "30s") -> dict[str, Any]:
    return {"name": name, "interval": interval, "rules": rules}
