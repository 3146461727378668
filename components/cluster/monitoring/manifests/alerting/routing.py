"""Alertmanager's configuration: routes and receivers. It contains no secrets: webhooks and keys are read from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from components.cluster.monitoring.manifests.alerting import maintenance
from components.cluster.monitoring.manifests.alerting.labels import CLUSTER_TEAM
from slipway.settings.cluster_services import Alerting
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem, StackCluster

SECRETS = "/etc/alertmanager/receivers"
"""Directory in which Alertmanager reads the secrets of receivers."""
DEAD_MAN = "Watchdog"
"""The alert of kube-prometheus-stack that always fires."""
SEVERITIES = ("critical", "warning", "info")
_COUNT = "{{ if gt (len .Alerts) 1 }} ({{ len .Alerts }}){{ end }}"
_TITLE = "[{{ .CommonLabels.cluster }}] {{ .CommonLabels.system }}: {{ .CommonLabels.alertname }}" + _COUNT
"""Includes the cluster, because systems of different stacks have the same names."""
_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n"
    "<{{ .Annotations.runbook_url }}|what to do> · {{ .Labels.severity }}\n{{ end }}"
)


@dataclass(frozen=True)
class Audience:
    """The receivers of one system's alerts."""

    system: str
    team: str
    channel: str
    email: str | None
    escalation: Sequence[tuple[str, str]]
    """Addresses from level 2 on, in order, each with the time without an answer after which it is notified."""
    first: Sequence[str]
    """Addresses of level 1, which are notified at once."""


def of_cluster(cluster: StackCluster) -> str:
    """Returns Alertmanager's configuration for all systems on a cluster."""
    alerting = cluster.settings.monitoring.alerting
    return configuration(alerting, [audience(deployed, alerting) for deployed in cluster.served.values()])


def audience(deployed: DeployedSystem, settings: Alerting) -> Audience:
    definition = deployed.definition
    contacts = definition.contacts if settings.escalation else []
    levels = sorted((each for each in contacts if each.level), key=lambda each: each.level or 0)
    return Audience(
        system=deployed.name,
        team=definition.owner.team,
        channel=definition.owner.chat or settings.slack_channel,
        email=definition.owner.email or settings.email,
        escalation=[(each.email, each.after or "30m") for each in levels if each.email and (each.level or 1) > 1],
        first=[each.email for each in levels if each.email and each.level == 1],
    )


def configuration(settings: Alerting, audiences: Sequence[Audience]) -> str:
    """Returns `alertmanager.yaml`. An alert goes to the first matching route; critical alerts are sent at once."""
    cluster = Audience("cluster", CLUSTER_TEAM, settings.slack_channel, settings.email, (), ())
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
            "smtp_auth_username": settings.smtp_user or settings.sender,
            "smtp_auth_password_file": f"{SECRETS}/SMTP_PASSWORD",
            "smtp_require_tls": True,
        }
    if settings.slack:
        found["slack_api_url_file"] = f"{SECRETS}/SLACK_URL"
    return found


def _dead_man(settings: Alerting) -> dict[str, Any]:
    """Returns the route of the dead man's switch, which always fires; an external service raises the alarm when it
    stops."""
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
    """Returns routes by severity: critical alerts page and escalate, warnings notify, all others are only recorded."""
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
    return {"receiver": "nobody", "matchers": [system], "routes": routes}


def _reached(audience: Audience, settings: Alerting) -> list[tuple[str, str]]:
    """Returns the later levels, each with the total time until it is notified; empty if email is not configured."""
    if settings.smtp is None:
        return []
    waited, found = 0.0, []
    for email, after in audience.escalation:
        waited += seconds(after)
        found.append((email, f"{max(1, round(waited))}s"))
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
    addresses = [audience.email, *(audience.first if severity == "critical" else ())]
    if settings.smtp is not None and any(addresses):
        found["email_configs"] = [_email(address) for address in dict.fromkeys(addresses) if address]
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
    """Returns inhibition rules: an alert is suppressed while a more severe cause fires, or the system is closed."""
    return [
        maintenance.inhibition(),
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
