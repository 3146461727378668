"""Alertmanager's configuration: who hears of what. Nothing in it is secret: webhooks and keys are read from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from builders.alerting.labels import CLUSTER_TEAM
from settings.cluster_services import Alerting
from settings.fields import seconds
from settings.stacks import PlacedSystem

SECRETS = "/etc/alertmanager/receivers"
"""Where Alertmanager finds what its receivers need."""
DEAD_MAN = "Watchdog"
"""The alert of kube-prometheus-stack that always fires."""
SEVERITIES = ("critical", "warning", "info")
_TITLE = (
    "{{ .CommonLabels.system }}: {{ .CommonLabels.alertname }}{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}"
)
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n"
    "<{{ .Annotations.runbook_url }}|what to do> · {{ .Labels.severity }}\n{{ end }}"
)


@dataclass(frozen=True)
class Audience:
    """Whom alerts of one system reach."""

    system: str
    team: str
    channel: str
    email: str | None
    escalation: Sequence[tuple[str, str]]
    """Addresses by level, the first ones first, each with the time without an answer until it is reached."""
    closed: bool
    """Whether the system is in maintenance, when its users see a page and nobody has to be woken."""


def audience(placed: PlacedSystem, settings: Alerting) -> Audience:
    definition = placed.definition
    levels = sorted((each for each in definition.contacts if each.level), key=lambda each: each.level or 0)
    return Audience(
        system=placed.name,
        team=definition.owner.team,
        channel=definition.owner.chat or settings.slack_channel,
        email=definition.owner.email or settings.email,
        escalation=[(each.email, each.after or "30m") for each in levels if each.email and (each.level or 1) > 1],
        closed=placed.placement.maintenance,
    )


def configuration(settings: Alerting, audiences: Sequence[Audience]) -> str:
    """`alertmanager.yaml`. An alert reaches the first route that fits; critical ones are told at once."""
    cluster = Audience("cluster", CLUSTER_TEAM, settings.slack_channel, settings.email, (), False)
    everybody = [*audiences, cluster]
    config: dict[str, Any] = {
        "global": _global(settings),
        "route": {
            "receiver": "nobody",
            "group_by": ["system", "alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": settings.repeat,
            "routes": [_dead_man(settings), *(_route(each, settings) for each in everybody)],
        },
        "inhibit_rules": _inhibitions(),
        "receivers": [
            {"name": "nobody"},
            *_dead_man_receivers(settings),
            *(receiver for each in everybody for receiver in _receivers(each, settings)),
        ],
    }
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=120)


def _global(settings: Alerting) -> dict[str, Any]:
    found: dict[str, Any] = {"resolve_timeout": "5m"}
    if settings.smtp is not None:
        found |= {
            "smtp_smarthost": settings.smtp,
            "smtp_from": settings.sender,
            "smtp_auth_username": settings.sender,
            "smtp_auth_password_file": f"{SECRETS}/SMTP_PASSWORD",
            "smtp_require_tls": True,
        }
    if settings.slack:
        found["slack_api_url_file"] = f"{SECRETS}/SLACK_URL"
    return found


def _dead_man(settings: Alerting) -> dict[str, Any]:
    """Always told, whatever else is wrong; who listens raises the alarm when it stops."""
    receiver = "dead-man" if settings.dead_man_switch else "nobody"
    return {
        "receiver": receiver,
        "matchers": [f'alertname = "{DEAD_MAN}"'],
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": "1m",
    }


def _dead_man_receivers(settings: Alerting) -> list[dict[str, Any]]:
    if not settings.dead_man_switch:
        return []
    hook = {"url_file": f"{SECRETS}/DEAD_MAN_URL", "send_resolved": False}
    return [{"name": "dead-man", "webhook_configs": [hook]}]


def _route(audience: Audience, settings: Alerting) -> dict[str, Any]:
    """By severity: critical pages and escalates, warnings are told, the rest is only kept. In maintenance nothing is
    told but what concerns the data: a failed migration or backup."""
    system = f'system = "{audience.system}"'
    levels = [
        {
            "receiver": f"{audience.system}-level-{level}",
            "matchers": ['severity = "critical"'],
            "group_wait": after,
            "continue": True,
        }
        for level, (_, after) in enumerate(_reached(audience, settings), 2)
    ]
    routes: list[dict[str, Any]] = [
        *levels,
        {
            "receiver": f"{audience.system}-critical",
            "matchers": ['severity = "critical"'],
            "group_wait": "0s",
            "group_interval": "1m",
            "repeat_interval": "1h",
        },
        {"receiver": f"{audience.system}-warning", "matchers": ['severity = "warning"']},
    ]
    if audience.closed:
        silent = {
            "receiver": "nobody",
            "matchers": ['alertname !~ "MigrationFailed|Backup.*|RestoreTest.*|DatabaseDown"'],
        }
        routes.insert(0, silent)
    return {"receiver": "nobody", "matchers": [system], "routes": routes}


def _reached(audience: Audience, settings: Alerting) -> list[tuple[str, str]]:
    """Later levels, when there is a way to reach them; the time grows from one to the next."""
    if settings.smtp is None:
        return []
    waited, found = 0.0, []
    for email, after in audience.escalation:
        waited += seconds(after)
        found.append((email, f"{waited:g}s"))
    return found


def _receivers(audience: Audience, settings: Alerting) -> list[dict[str, Any]]:
    later = [
        {"name": f"{audience.system}-level-{level}", "email_configs": [_email(email)]}
        for level, (email, _) in enumerate(_reached(audience, settings), 2)
    ]
    return [_receiver(audience, settings, "critical"), _receiver(audience, settings, "warning"), *later]


def _receiver(audience: Audience, settings: Alerting, severity: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"{audience.system}-{severity}"}
    if settings.slack:
        slack = {"channel": audience.channel, "send_resolved": True, "title": _TITLE, "text": _TEXT}
        found["slack_configs"] = [slack]
    if settings.smtp is not None and audience.email:
        found["email_configs"] = [_email(audience.email)]
    if settings.pagerduty and severity == "critical":
        pager = {
            "routing_key_file": f"{SECRETS}/PAGERDUTY_KEY",
            "severity": severity,
            "description": _TITLE,
            "details": {"team": audience.team, "runbook": "{{ (index .Alerts 0).Annotations.runbook_url }}"},
        }
        found["pagerduty_configs"] = [pager]
    return found


def _email(address: str) -> dict[str, Any]:
    return {"to": address, "send_resolved": True, "headers": {"Subject": _TITLE}}


def _inhibitions() -> list[dict[str, Any]]:
    """What follows from something worse is not told beside it."""
    return [
        {
            "source_matchers": ['severity = "critical"'],
            "target_matchers": ['severity = "warning"'],
            "equal": ["system", "alertname", "service"],
        },
        {
            "source_matchers": ['alertname = "DatabaseDown"'],
            "target_matchers": ['alertname =~ "Database(ConnectionsHigh|SlowQueries|LatencyHigh|ReplicationLag)"'],
            "equal": ["system", "database"],
        },
        {
            "source_matchers": ['alertname = "ServiceDown"'],
            "target_matchers": ['alertname =~ "PodCrashLooping|LatencyBudgetBurn|AverageLatencyHigh"'],
            "equal": ["system", "service"],
        },
    ]
