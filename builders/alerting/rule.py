"""An alert, and how it stands in a PrometheusRule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

from builders.alerting import labels

API_VERSION = "monitoring.coreos.com/v1"
KIND = "PrometheusRule"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`expr` is true while something is wrong, and its labels tell of what. `meaning` and `steps` are for the page that
    the alert links to."""

    name: str
    expr: str
    summary: str
    meaning: str
    steps: tuple[str, ...]
    severity: OneOf["critical", "warning", "info"] = "warning"
    lasting: str = "5m"
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Owned:
    """To whom alerts belong: `page` and `dashboard` are a system's, or the cluster's."""

    system: str
    team: str
    runbooks: str

    def alert(self, rule: Rule) -> dict[str, Any]:
        return {
            "alert": rule.name,
            "expr": rule.expr,
            "for": rule.lasting,
            "labels": {**rule.labels, "severity": rule.severity, "team": self.team, "system": self.system},
            "annotations": {
                "summary": rule.summary,
                "description": rule.meaning,
                "runbook_url": labels.runbook(self.runbooks, self.system, rule.name),
                "dashboard": labels.dashboard(self.system),
            },
        }


def recording(name: str, expr: str, **more: str) -> dict[str, Any]:
    """A series that others are computed from."""
    return {"record": name, "expr": expr, **({"labels": more} if more else {})}


def group(name: str, rules: list[dict[str, Any]], interval: str = "30s") -> dict[str, Any]:
    return {"name": name, "interval": interval, "rules": rules}
