"""Receivers by alert: Alertmanager's configuration of several settings, on amtool."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from components.cluster.monitoring.manifests.alerting import maintenance, system_alerts
from components.cluster.monitoring.manifests.alerting.routing import SEVERITIES
from slipway.settings.cluster_services import RECEIVERS, Alerting, Controllers
from tests.alerting import alertmanager_routes, programs, rules

EVERYBODY = (*rules.SYSTEMS, "cluster")
LATER = {
    "expenses": ["expenses-level-2", "expenses-level-3"],
    "fleet": ["fleet-level-2"],
    "kingstons": ["kingstons-level-2", "kingstons-level-3"],
    "marketplace": ["marketplace-level-2"],
    "smartwallet": ["smartwallet-level-2"],
    "cluster": [],
}
"""Levels of escalation that have an address, by the contacts in system.yaml; on-call, the first, is paged."""
SETTINGS = {
    "silent": alertmanager_routes.SILENT,
    "loud": alertmanager_routes.LOUD,
    "chat only": Alerting(slack=True),
    "mail only": Alerting(smtp="smtp.example.com:587", email="ops@example.com"),
    "pager only": Alerting(pagerduty=True),
    "dead man only": Alerting(dead_man_switch=True),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_alertmanager_accepts_the_configuration(name: str, tmp_path: Path) -> None:
    file = alertmanager_routes.write(alertmanager_routes.configuration(SETTINGS[name]), tmp_path)
    done = programs.run(programs.amtool(), "check-config", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_amtool_refuses_what_is_no_configuration(tmp_path: Path) -> None:
    """Or the test above would prove nothing."""
    broken = alertmanager_routes.configuration(alertmanager_routes.LOUD) | {"receivers": []}
    assert programs.run(programs.amtool(), "check-config", alertmanager_routes.write(broken, tmp_path)).returncode != 0


@pytest.mark.parametrize("system", EVERYBODY)
def test_each_severity_reaches_its_receivers(system: str, tmp_path: Path) -> None:
    """Critical alerts go to all levels, each in its time, and page; warnings are sent; the rest is only recorded."""
    file = alertmanager_routes.write(alertmanager_routes.configuration(alertmanager_routes.LOUD), tmp_path)
    expected = {
        "critical": [*LATER[system], f"{system}-critical"],
        "warning": [f"{system}-warning"],
        "info": ["nobody"],
    }
    assert expected.keys() == set(SEVERITIES)
    for severity, receivers in expected.items():
        assert alertmanager_routes.receivers(file, alertname="Any", system=system, severity=severity) == receivers


@pytest.mark.parametrize("system", EVERYBODY)
def test_without_a_way_to_reach_somebody_nobody_else_is_asked(system: str, tmp_path: Path) -> None:
    """Routes are the same, so that `amtool` names who would be notified; receivers do nothing, and no level is left."""
    config = alertmanager_routes.configuration(alertmanager_routes.SILENT)
    file = alertmanager_routes.write(config, tmp_path)
    assert alertmanager_routes.receivers(file, alertname="Any", system=system, severity="critical") == [
        f"{system}-critical"
    ]
    assert alertmanager_routes.receivers(file, alertname="Any", system=system, severity="warning") == [
        f"{system}-warning"
    ]
    assert all(set(each) == {"name"} for each in config["receivers"])


@pytest.mark.parametrize(
    ("settings", "expected"), [(alertmanager_routes.LOUD, "dead-man"), (alertmanager_routes.SILENT, "nobody")]
)
def test_the_alert_that_always_fires_goes_to_who_watches_from_outside(
    settings: Alerting, expected: str, tmp_path: Path
) -> None:
    file = alertmanager_routes.write(alertmanager_routes.configuration(settings), tmp_path)
    watchdog = {"alertname": "Watchdog", "severity": "none", "system": "cluster"}
    assert alertmanager_routes.receivers(file, **watchdog) == [expected]


def test_an_alert_of_nobody_is_kept_only(tmp_path: Path) -> None:
    file = alertmanager_routes.write(alertmanager_routes.configuration(alertmanager_routes.LOUD), tmp_path)
    assert alertmanager_routes.receivers(file, alertname="Any", severity="critical") == ["nobody"]
    assert alertmanager_routes.receivers(file, alertname="Any", severity="critical", system="other") == ["nobody"]


# --- maintenance ------------------------------------------------------------------------------------------------------

DATA = ("ForbiddenLinesInLogs", "MigrationFailed", "BackupTooOld", "RestoreTestFailed", "DatabaseDown")


CLOSED = {"alertname": maintenance.NAME, "severity": "info", "system": "fleet"}


@pytest.mark.parametrize("name", ["ServiceDown", "ErrorBudgetBurn", "PageDown", "DatabaseReplicationLag"])
def test_in_maintenance_nobody_is_woken(name: str, tmp_path: Path) -> None:
    """By the system's own alert, which tells nobody: who has the cluster need not know."""
    assert inhibited(CLOSED, _alert(name, "critical"))
    assert not inhibited(CLOSED, {**_alert(name, "critical"), "system": "expenses"})
    assert not inhibited({**CLOSED, "alertname": "Other"}, _alert(name, "critical"))
    file = alertmanager_routes.write(alertmanager_routes.configuration(alertmanager_routes.LOUD), tmp_path)
    assert alertmanager_routes.receivers(file, **CLOSED) == ["nobody"]


@pytest.mark.parametrize("name", [*DATA, "VolumeBackupTooOld", maintenance.NAME])
def test_in_maintenance_alerts_on_data_are_sent_as_usual(name: str) -> None:
    """Nor does the alert keep itself back, so that it is seen in Alertmanager."""
    assert not inhibited(CLOSED, _alert(name, "critical"))


def test_the_alert_fires_while_the_stack_closes_the_system() -> None:
    """Without a controller of releases it is not there otherwise, since nothing would ever tell."""
    deployed = rules.deployed_systems()["fleet"]
    for closed, there in ((alertmanager_routes.in_maintenance(deployed), True), (deployed, False)):
        groups = system_alerts.prometheus_rule(closed, rules.BOOKS, Controllers(releases="absent"))["groups"]
        found = [rule for group in groups for rule in group["rules"] if rule.get("alert") == maintenance.NAME]
        assert [(rule["expr"], rule["labels"]["system"]) for rule in found] == [("vector(1)", "fleet")] * there


def test_maintenance_knows_alerts_by_names_that_exist() -> None:
    """A renamed alert would be silenced unseen."""
    names = {rule.name for deployed in rules.deployed_systems().values() for rule in rules.alerts(deployed)}
    assert set(DATA) <= names


# --- escalation -------------------------------------------------------------------------------------------------------


def _routes(system: str) -> list[dict]:
    every = alertmanager_routes.configuration(alertmanager_routes.LOUD)["route"]["routes"]
    return next(each["routes"] for each in every if each["matchers"] == [f'system = "{system}"'])


def test_levels_are_reached_one_after_the_other() -> None:
    """Each waits longer than the one before, and the next receivers are notified too."""
    levels = _routes("kingstons")[:2]
    assert [(each["receiver"], each["group_wait"], each["continue"]) for each in levels] == [
        ("kingstons-level-2", "1800s", True),
        ("kingstons-level-3", "3600s", True),
    ]


def test_a_critical_alert_is_sent_at_once() -> None:
    critical = next(each for each in _routes("fleet") if each["receiver"] == "fleet-critical")
    assert (critical["group_wait"], critical["repeat_interval"]) == ("0s", "1h")


def test_levels_are_reached_by_mail_and_the_first_by_the_pager() -> None:
    receivers = {
        each["name"]: each for each in alertmanager_routes.configuration(alertmanager_routes.LOUD)["receivers"]
    }
    assert [each["to"] for each in receivers["fleet-level-2"]["email_configs"]] == ["manager@fleet.example.com"]
    assert set(receivers["fleet-critical"]) == {"name", "slack_configs", "email_configs", "pagerduty_configs"}
    assert set(receivers["fleet-warning"]) == {"name", "slack_configs", "email_configs"}


def test_the_first_level_is_mailed_at_once() -> None:
    """Beside the owner's own mailbox, of critical alerts only."""
    receivers = {
        each["name"]: each for each in alertmanager_routes.configuration(alertmanager_routes.LOUD)["receivers"]
    }
    to = [each["to"] for each in receivers["expenses-critical"]["email_configs"]]
    assert to == ["expenses@expenses.example.com", "devops@expenses.example.com"]
    assert [each["to"] for each in receivers["expenses-warning"]["email_configs"]] == to[:1]


def test_without_escalation_the_owner_alone_is_notified() -> None:
    """As on staging, where nobody has to get up."""
    quiet = alertmanager_routes.LOUD.model_copy(update={"escalation": False})
    receivers = {each["name"]: each for each in alertmanager_routes.configuration(quiet)["receivers"]}
    assert not any("-level-" in name for name in receivers)
    assert [each["to"] for each in receivers["expenses-critical"]["email_configs"]] == ["expenses@expenses.example.com"]


def test_a_message_says_which_cluster_it_is_of() -> None:
    """Two stacks have the same systems, and may share a channel."""
    receivers = {
        each["name"]: each for each in alertmanager_routes.configuration(alertmanager_routes.LOUD)["receivers"]
    }
    assert receivers["fleet-warning"]["slack_configs"][0]["title"].startswith("[{{ .CommonLabels.cluster }}] ")


def test_each_owner_is_notified_in_its_own_channel() -> None:
    """A team without a channel is notified in the cluster's."""
    receivers = {
        each["name"]: each for each in alertmanager_routes.configuration(alertmanager_routes.LOUD)["receivers"]
    }
    channels = {name: receivers[f"{name}-warning"]["slack_configs"][0]["channel"] for name in EVERYBODY}
    assert channels == {
        "expenses": "#deployment-expense-accounts",
        "fleet": "#alerts",
        "kingstons": "#deployments",
        "marketplace": "#alerts",
        "smartwallet": "#alerts",
        "cluster": "#alerts",
    }


# --- inhibition -------------------------------------------------------------------------------------------------------


def inhibited(source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Whether `target` is not sent while `source` fires, by Alertmanager's rules of inhibition."""
    return any(
        alertmanager_routes.matches(rule["source_matchers"], source)
        and alertmanager_routes.matches(rule["target_matchers"], target)
        and all(source.get(label, "") == target.get(label, "") for label in rule["equal"])
        for rule in alertmanager_routes.configuration(alertmanager_routes.LOUD)["inhibit_rules"]
    )


def _alert(name: str, severity: str, **labels: str) -> dict[str, str]:
    return {"alertname": name, "severity": severity, "system": "fleet", **labels}


def test_the_same_alert_is_sent_with_its_worst_severity_only() -> None:
    critical = _alert("ErrorBudgetBurn", "critical", service="fleet-api", window="1h")
    warning = _alert("ErrorBudgetBurn", "warning", service="fleet-api", window="1d")
    assert inhibited(critical, warning)
    assert not inhibited(warning, critical)
    assert not inhibited(critical, {**warning, "service": "fleet-frontend"})
    assert not inhibited(critical, {**warning, "system": "expenses"})
    assert not inhibited(critical, {**warning, "alertname": "LatencyBudgetBurn"})


def test_a_database_that_is_down_is_not_called_slow_too() -> None:
    """Another database of the system still is."""
    down = _alert("DatabaseDown", "critical", database="fleet_db", namespace="fleet")
    for name in ("DatabaseConnectionsHigh", "DatabaseSlowQueries", "DatabaseLatencyHigh", "DatabaseReplicationLag"):
        assert inhibited(down, _alert(name, "warning", database="fleet_db"))
        assert not inhibited(down, _alert(name, "warning", database="other"))
    assert not inhibited(down, _alert("BackupTooOld", "critical", database="fleet_db"))


def test_a_service_that_is_down_is_not_called_slow_too() -> None:
    """Another service of the system still is."""
    down = _alert("ServiceDown", "critical", service="fleet-api", slot="blue", deployment="fleet-api-blue")
    for name in ("PodCrashLooping", "LatencyBudgetBurn", "AverageLatencyHigh"):
        assert inhibited(down, _alert(name, "warning", service="fleet-api"))
        assert not inhibited(down, _alert(name, "warning", service="fleet-frontend"))
    assert not inhibited(down, _alert("ErrorBudgetBurn", "critical", service="fleet-api"))


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_the_configuration() -> None:
    """Every key that could hold one is read from a file, and each file is one of the secrets that are asked for."""
    config = alertmanager_routes.configuration(alertmanager_routes.LOUD)
    named = {
        key
        for key in alertmanager_routes.keys(config)
        if any(word in key for word in ("url", "key", "password", "token"))
    }
    assert named == {"slack_api_url_file", "smtp_auth_password_file", "routing_key_file", "url_file"}
    hooks = [hook for each in config["receivers"] for hook in each.get("webhook_configs", [])]
    pagers = [pager for each in config["receivers"] for pager in each.get("pagerduty_configs", [])]
    files = {config["global"]["slack_api_url_file"], config["global"]["smtp_auth_password_file"]}
    files |= {each["url_file"] for each in hooks} | {each["routing_key_file"] for each in pagers}
    assert {Path(each).name for each in files} == set(RECEIVERS)
