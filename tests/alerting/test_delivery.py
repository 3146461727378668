"""An alert on its way: from a counter over Prometheus and Alertmanager to whoever hears of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerting import programs, routes, rules, site
from tests.alerting.site import Site
from tests.processes import HOST, answers, asked, free_port, running, until

LASTING = 5
"""Seconds for which an alert must last in the copy of the rules: minutes would be too long for a test."""


def rules_file(folder: Path, *impatient: str) -> Path:
    """The rules of fleet, with expressions as they are, looked at each second; those of `impatient` with a short `for`."""
    groups = rules.spec(rules.deployed_systems()["fleet"])["groups"]
    for group in groups:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule |= {"for": f"{LASTING}s"} if rule.get("alert") in impatient else {}
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}))
    return file


def routes_file(folder: Path, hooks: int) -> Path:
    """Routes and names of receivers as they are; each receiver is an address here, and groups are told anew each second
    and not each minute."""
    config = routes.for_this_version(routes.configuration(routes.LOUD))
    config["global"] = {"resolve_timeout": "5m"}
    config["receivers"] = [
        {"name": each["name"], "webhook_configs": [{"url": f"http://{HOST}:{hooks}/{each['name']}"}]}
        for each in config["receivers"]
    ]
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
    with running(command, folder / "alertmanager.log"):
        until(lambda: answers(f"http://{HOST}:{port}/-/ready"), "Alertmanager answers")
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
    with running(command, folder / "prometheus.log"):
        until(lambda: answers(f"http://{HOST}:{port}/-/ready"), "Prometheus answers")
        yield port


@pytest.fixture
def envoy() -> Iterator[Site]:
    with site.served() as served:
        yield served


def test_an_alert_reaches_its_receiver_and_so_does_its_end(envoy: Site, tmp_path: Path) -> None:
    """Requests fail, fleet's on-call hears of it at once and nobody else does, and hears when they succeed again."""
    with alertmanager(tmp_path, envoy.port) as alerts, prometheus(tmp_path, envoy.port, alerts):
        until(lambda: envoy.scrapes > 5, "a few scrapes")
        assert envoy.told == []
        envoy.state = "failing"
        firing = until(lambda: envoy.heard("fleet-critical", "firing"), "the alert is told")
        first = firing["alerts"][0]
        labels = {"alertname": "ErrorBudgetBurn", "service": "fleet-api", "severity": "critical", "system": "fleet"}
        assert labels.items() <= first["labels"].items()
        assert first["labels"]["team"] == "fleet"
        assert first["annotations"]["summary"].startswith("fleet-api: ")
        assert first["annotations"]["summary"].endswith("% of requests fail")
        assert first["annotations"]["runbook_url"] == f"{rules.BOOKS}/fleet.md#errorbudgetburn"
        assert first["annotations"]["dashboard"] == "/d/slipway-fleet"
        envoy.state = "mended"
        resolved = until(lambda: envoy.heard("fleet-critical", "resolved"), "the end is told")
        assert {each["status"] for each in resolved["alerts"]} == {"resolved"}
    assert {receiver for receiver, _ in envoy.told} == {"fleet-critical"}


def test_alertmanager_keeps_quiet_what_follows_from_something_worse(envoy: Site, tmp_path: Path) -> None:
    """A database that is down is not called slow; another one that is slow is."""

    def alert(name: str, severity: str, database: str) -> dict[str, Any]:
        labels = {"alertname": name, "severity": severity, "system": "fleet", "database": database}
        ends = datetime.now(UTC) + timedelta(days=1)
        return {"labels": labels, "endsAt": ends.isoformat()}

    posted = [
        alert("DatabaseDown", "critical", "fleet_db"),
        alert("DatabaseReplicationLag", "warning", "fleet_db"),
        alert("DatabaseReplicationLag", "warning", "other"),
    ]
    with alertmanager(tmp_path, envoy.port) as port:
        address = f"http://{HOST}:{port}/api/v2/alerts"
        asked(address, posted)

        # Alertmanager tells a new alert "active" until its inhibitor has read the one that inhibits it.
        def settled() -> bool:
            return {
                (each["labels"]["alertname"], each["labels"]["database"]): each["status"]["state"]
                for each in asked(address)
            } == {
                ("DatabaseDown", "fleet_db"): "active",
                ("DatabaseReplicationLag", "fleet_db"): "suppressed",
                ("DatabaseReplicationLag", "other"): "active",
            }

        until(settled, "only what follows from the worse alert is suppressed")
        until(lambda: envoy.heard("fleet-critical", "firing"), "the database that is down is told of")
    assert "DatabaseReplicationLag" not in json.dumps(envoy.told)
