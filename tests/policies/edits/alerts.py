"""Alerts that would not fire, not be received, or not in time; Alertmanager's routes, mutes and inhibitions."""

from __future__ import annotations

from dataclasses import dataclass

from tests.policies.plan_under_test import Edit, Replaced

RULES, ROUTES = ("v1:PrometheusRule", "fleet/fleet"), ("core/v1:Secret", "fleet/alertmanager-routes")
GROUPS, DATA = ("spec", "groups"), ("spec", "groups", 3, "rules", 0)
FACT = ("metadata", "annotations")
CONFIG = ("stringData", "alertmanager.yaml")


def expression(text: str) -> Edit:
    """Of an alert that no rule asks for."""
    return Edit(*RULES, (*GROUPS, "+"), {"name": "own", "rules": [rule(text)]})


def rule(text: str, severity: str = "warning", lasts: str = "5m") -> dict[str, object]:
    annotations = {"summary": "s", "description": "d", "runbook_url": "https://example.com/own"}
    return {"alert": "Own", "expr": text, "for": lasts, "labels": labels(severity), "annotations": annotations}


def labels(severity: str) -> dict[str, str]:
    return {"severity": severity, "system": "fleet"}


def waits(severity: str, lasts: str) -> Edit:
    return Edit(*RULES, (*GROUPS, "+"), {"name": "own", "rules": [rule("own_total > 5", severity, lasts)]})


def routes(old: str, new: str) -> Edit:
    return Edit(*ROUTES, CONFIG, Replaced(old, new))


def muted(interval: str, how: str = "mute") -> Edit:
    """The branch of critical alerts is silent at some time."""
    critical = 'severity = "critical"\n'
    return Edit(*ROUTES, CONFIG, _Muted(critical, f"{critical}      {how}_time_intervals: [now]\n", interval))


@dataclass(frozen=True)
class _Muted(Replaced):
    """With the interval that the branch names."""

    interval: str

    def __call__(self, text: str) -> str:
        named = f"time_intervals: [{{name: now, time_intervals: [{self.interval}]}}]\ninhibit_rules:"
        return super().__call__(text).replace("inhibit_rules:", named)


def keeps_back(rule: str) -> Edit:
    return routes("inhibit_rules:\n", f"inhibit_rules:\n- {rule}\n")


def first(branch: str) -> Edit:
    """Before all other branches of the root."""
    return routes("\n  routes:\n", f"\n  routes:\n  - {branch}\n")


def burns(number: int, old: str, new: str) -> Edit:
    """The threshold of an alert on the errors that are left."""
    return Edit(*RULES, (*GROUPS, 1, "rules", number, "expr"), Replaced(old, new))


UNDECLARED = (
    Edit(*RULES, (*FACT, "slipway.dev/objective-errors")),
    burns(0, "0.0144", "0.864"),
    burns(1, "0.006", "0.36"),
    burns(2, "0.003", "0.18"),
    burns(3, "0.001", "0.06"),
)
"""Alerts that agree with each other, and with an objective of 94 percent that nobody has declared."""

CAUGHT = {
    "alert-burn-rates": {
        "prod": [
            UNDECLARED,
            burns(0, "0.0144", "0.144"),
            burns(3, "0.001", "0.01"),
            burns(4, "0.72", "0.9"),
            burns(0, "rate5m", "rate1h"),
        ]
    },
    "alert-expressions": {
        "prod": [
            expression("vector(0) > 1"),
            expression("max by (database) (pg_up) == 0 and vector(0)"),
            expression("max by (database) (pg_up) == 0 and on () (vector(0) > 0)"),
            expression("max by (database) (pg_up) == 0 unless on () vector(1)"),
            expression("own_total > 5 unless own_total"),
            expression("own_total > 1e12"),
            expression("own_total > 5 and own_total < 3"),
            expression("own_total > own_total"),
            expression("own_total * 0 > 1"),
            expression("count(own_total) < 0"),
            expression("own_total > bool 5"),
            expression("own_total @ 0 > 5"),
            expression("max(pg_up) == 2"),
            expression("sum(pg_stat_activity_count) / max(pg_settings_max_connections) > 1.5"),
            expression("sum(rabbitmq_queue_messages_ready) > 1e9"),
            expression("max(pg_replication_lag_seconds) > 86400"),
            Edit(*RULES, (*DATA, "expr"), Replaced("== 0", "== 2")),
            waits("critical", "3h"),
            waits("warning", "30d"),
            Edit(*RULES, (*GROUPS, 3, "interval"), "1d"),
        ]
    },
    "alert-objectives": {
        "prod": [
            Edit(*RULES, (*FACT, "slipway.dev/objective-availability"), "100"),
        ]
    },
    "alert-receivers": {
        "prod": [
            muted("{}"),
            muted("{times: [{start_time: '02:00', end_time: '03:00'}]}"),
            muted("{weekdays: ['saturday', 'sunday']}"),
            muted("{days_of_month: ['-1']}"),
            muted("{weekdays: ['monday:friday']}", "active"),
            muted("{times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Berlin}", "active"),
            routes("repeat_interval: 4h", "repeat_interval: 30d"),
            routes("group_wait: 0s", "group_wait: 2h"),
            first("{receiver: nobody}"),
            first("{receiver: nobody, matchers: ['alertname =~ \".*\"']}"),
            first("{receiver: nobody, matchers: ['severity =~ \"critical|warning\"']}"),
            keeps_back("{target_matchers: ['severity = \"critical\"']}"),
            keeps_back("{source_matchers: ['alertname = \"SystemClosed\"'], target_matchers: ['severity = \"critical\"']}"),
            keeps_back("{source_matchers: ['alertname = \"Watchdog\"'], target_matchers: ['severity = \"critical\"'], equal: [x]}"),
            keeps_back("{source_matchers: ['severity = \"warning\"'], target_matchers: ['severity = \"critical\"'], equal: [system]}"),
            keeps_back("{source_matchers: ['severity = \"critical\"'], target_matchers: ['severity = \"warning\"']}"),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        expression("own_total > 100"),
        expression("rate(own_errors_total[5m]) / rate(own_total[5m]) > 0.05"),
        expression("absent(own_total)"),
        expression("own_total > 5 and on (service) own_requests > 10"),
        expression("own_total > 5 unless on (service) own_maintenance == 1"),
        expression("own_total - own_total offset 1h < 0"),
        waits("critical", "10m"),
        routes("repeat_interval: 1h", "repeat_interval: 2h"),
        keeps_back(
            "{source_matchers: ['alertname = \"ServiceDown\"'], target_matchers: ['alertname = \"PageDown\"'], equal: [system]}"
        ),
        Edit(*RULES, (*GROUPS, 3, "interval"), "1m"),
    ]
}
