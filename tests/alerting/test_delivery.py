"""An alert on its way: from a counter over Prometheus and Alertmanager to its receivers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerting import alertmanager_routes, programs, rules, site
from tests.alerting.site import Site
from tests.processes import HOST, answers, free_port, request_json, running, until

LASTING = 5
"""Seconds for which an alert must last in the copy of the rules: minutes would be too long for a test."""
CANARY = "DatabaseSlowQueries"
"""An alert without a receiver for its severity, inhibited by DatabaseDown like others."""


def rules_file(folder: Path, impatient: str) -> Path:
    """The rules of fleet, with expressions as they are, looked at each second; the critical ones called `impatient` with
    a short `for`. The others, which wait for minutes or longer, wait for a day: no machine is so slow that they fire."""
    groups = rules.spec(rules.deployed_systems()["fleet"])["groups"]
    for group in groups:
        group["interval"] = "1s"
        for rule in (each for each in group["rules"] if "alert" in each):
            is_impatient = rule["alert"] == impatient and rule["labels"]["severity"] == "critical"
            rule["for"] = f"{LASTING}s" if is_impatient else "1d"
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}))
    return file


def routes_file(folder: Path, hooks: int) -> Path:
    """Routes and names of receivers as they are; each receiver is an address here, and groups are told after a second
    and again each second, not after half a minute and each minute."""
    config = alertmanager_routes.for_this_version(alertmanager_routes.configuration(alertmanager_routes.LOUD))
    config["global"] = {"resolve_timeout": "5m"}
    config["receivers"] = [
        {"name": each["name"], "webhook_configs": [{"url": f"http://{HOST}:{hooks}/{each['name']}"}]}
        for each in config["receivers"]
    ]
    config["route"]["group_wait"] = "1s"
    for route in _every(config["route"]):
        if "group_interval" in route:
            route["group_interval"] = "1s"
    file = folder / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(config))
    return file


def _every(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield route
    for each in route.get("routes", []):
        yield from _every(each)


@contextmanager
def alertmanager(folder: Path, hooks: int) -> Iterator[int]:
    """The port of one without peers."""
    port = free_port()
    command = [
        programs.alertmanager(),
        f"--config.file={routes_file(folder, hooks)}",
        f"--storage.path={folder / 'alerts'}",
        f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, folder / "alertmanager.log") as process:
        until(lambda: answers(f"http://{HOST}:{port}/-/ready"), "Alertmanager answers", of=process)
        yield port


@contextmanager
def prometheus(folder: Path, scraped: int, alerts: int) -> Iterator[int]:
    port, config = free_port(), folder / "prometheus.yaml"
    content = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules_file(folder, "ErrorBudgetBurn"))],
        "scrape_configs": [{"job_name": "envoy", "static_configs": [{"targets": [f"{HOST}:{scraped}"]}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{alerts}"]}]}]},
    }
    config.write_text(yaml.safe_dump(content))
    command = [
        programs.prometheus(),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={HOST}:{port}",
    ]
    with running(command, folder / "prometheus.log") as process:
        until(lambda: answers(f"http://{HOST}:{port}/-/ready"), "Prometheus answers", of=process)
        yield port


@pytest.fixture
def envoy() -> Iterator[Site]:
    with site.served() as served:
        yield served


def test_an_alert_reaches_its_receiver_and_so_does_its_end(envoy: Site, tmp_path: Path) -> None:
    """Requests fail, fleet's on-call is notified at once and nobody else is, and again when they succeed."""
    with alertmanager(tmp_path, envoy.port) as alerts, prometheus(tmp_path, envoy.port, alerts):
        until(lambda: envoy.scrapes > 5, "a few scrapes")
        assert envoy.sent == []
        envoy.state = "failing"
        firing = until(lambda: envoy.first_received("fleet-critical", "firing"), "the alert is sent")
        first = firing["alerts"][0]
        labels = {"alertname": "ErrorBudgetBurn", "service": "fleet-api", "severity": "critical", "system": "fleet"}
        assert labels.items() <= first["labels"].items()
        assert first["labels"]["team"] == "fleet"
        assert first["annotations"]["summary"].startswith("fleet-api: ")
        assert first["annotations"]["summary"].endswith("% of requests fail")
        assert first["annotations"]["runbook_url"] == f"{rules.BOOKS}/fleet.md#errorbudgetburn"
        assert first["annotations"]["dashboard"] == "/d/slipway-fleet"
        envoy.state = "fixed"
        resolved = until(lambda: envoy.first_received("fleet-critical", "resolved"), "the end is sent")
        assert {each["status"] for each in resolved["alerts"]} == {"resolved"}
    assert {receiver for receiver, _ in envoy.sent} == {"fleet-critical"}


def test_alertmanager_keeps_quiet_what_follows_from_something_worse(envoy: Site, tmp_path: Path) -> None:
    """A database that is down is not called slow; another one that is slow is."""

    def alert(name: str, severity: str, database: str) -> dict[str, Any]:
        labels = {"alertname": name, "severity": severity, "system": "fleet", "database": database}
        return {"labels": labels, "endsAt": "2200-01-01T00:00:00Z"}

    with alertmanager(tmp_path, envoy.port) as port:
        address = f"http://{HOST}:{port}/api/v2/alerts"

        def suppressed() -> set[tuple[str, str]]:
            found = [each for each in request_json(address) if each["status"]["state"] == "suppressed"]
            return {(each["labels"]["alertname"], each["labels"]["database"]) for each in found}

        # Alertmanager tells what follows from an alert until its inhibitor has read that one, some time after it was posted.
        request_json(address, [alert("DatabaseDown", "critical", "fleet_db"), alert(CANARY, "none", "fleet_db")])
        until(lambda: (CANARY, "fleet_db") in suppressed(), "the inhibitor has read that the database is down")
        lag = "DatabaseReplicationLag"
        request_json(address, [alert(lag, "warning", "fleet_db"), alert(lag, "warning", "other")])
        warning = until(
            lambda: envoy.first_received("fleet-warning", "firing"), "the alert on the other database is sent"
        )
        until(
            lambda: envoy.first_received("fleet-critical", "firing"), "the alert on the database that is down is sent"
        )
        assert suppressed() == {(CANARY, "fleet_db"), (lag, "fleet_db")}
    assert [each["labels"]["database"] for each in warning["alerts"]] == ["other"]
    notified = {
        (receiver, each["labels"]["database"]) for receiver, message in envoy.sent for each in message["alerts"]
    }
    assert notified == {("fleet-critical", "fleet_db"), ("fleet-warning", "other")}
