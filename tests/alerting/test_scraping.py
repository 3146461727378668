"""An alert has data: what the plan says is scraped by a real Prometheus from a real process, and makes it fire."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models.prometheus import Dataquery

from components.cluster.monitoring.manifests.dashboards.business import panels
from slipway.rehearsal import Step
from tests.alerting import programs, rules
from tests.loopback import serving
from tests.processes import HOST, answers, free_port, request_json, running, until
from tests.rehearsed import rehearsed

OWN = ("PersonalUseAPIHighErrorRate", "PersonalUseAPISlowResponse", "PersonalUseDatabaseConnectionErrors")
"""What the fleet's runbook asks for by name."""
WATCHED = {"expenses": "expenses", "fleet": "fleet-api", "smartwallet": "smartwallet-api"}
"""Services whose own metrics their systems name."""


class Program:
    """A service as it exports: of ten requests to trips one fails and five are slow, and connections to the database do."""

    def __init__(self, path: str) -> None:
        self.path, self.port, self._scrapes, self._lock = path, 0, 0, Lock()

    def text(self) -> str:
        with self._lock:
            self._scrapes += 1
            n = self._scrapes
        to = 'path="/api/trip-usage"'
        return "\n".join(
            [
                f'http_requests_total{{{to},status="200"}} {9 * n}',
                f'http_requests_total{{{to},status="503"}} {n}',
                f'http_request_duration_seconds_bucket{{{to},le="0.2"}} {5 * n}',
                f'http_request_duration_seconds_bucket{{{to},le="0.5"}} {10 * n}',
                f'http_request_duration_seconds_bucket{{{to},le="+Inf"}} {10 * n}',
                f"database_connection_errors_total {n}",
                "active_user_sessions 42",
                "",
            ]
        )

    def handler(self) -> type[BaseHTTPRequestHandler]:
        program = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = self.path == program.path
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(program.text().encode() if found else b"")

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler


def one(kind: str, name: str) -> Step:
    (found,) = [s for s in rehearsed("local").plan.steps if s.type.endswith(f":{kind}") and s.name == name]
    return found


def ports(system: str, service: str) -> dict[str, int]:
    (container,) = one("Deployment", f"{system}/{service}-blue").inputs["spec"]["template"]["spec"]["containers"]
    return {port["name"]: port["containerPort"] for port in container["ports"]}


def monitor(system: str, service: str) -> dict[str, Any]:
    (endpoint,) = one("PodMonitor", f"{system}/{service}").inputs["spec"]["podMetricsEndpoints"]
    return endpoint


@pytest.mark.parametrize(("system", "service"), WATCHED.items())
def test_a_monitor_asks_at_a_port_that_the_pods_have(system: str, service: str) -> None:
    """By the port's name, which the operator looks for in the pod; the network lets Prometheus in there."""
    port = ports(system, service)[monitor(system, service)["port"]]
    selector = one("PodMonitor", f"{system}/{service}").inputs["spec"]["selector"]["matchLabels"]
    labels = one("Deployment", f"{system}/{service}-blue").inputs["spec"]["template"]["metadata"]["labels"]
    assert selector.items() <= labels.items()
    ingress = one("NetworkPolicy", f"{system}/{service}-blue").inputs["spec"]["ingress"]
    let_in = [rule for rule in ingress if "monitoring" in str(rule["from"])]
    assert [each["port"] for rule in let_in for each in rule["ports"]] == [port]


def scrape_config(program: Program) -> dict[str, Any]:
    """What the operator makes of the monitor, with the labels that it adds, and a fixed address in place of pods."""
    endpoint = monitor("fleet", "fleet-api")
    fixed = {each["targetLabel"]: each["replacement"] for each in endpoint["relabelings"] if "replacement" in each}
    pod = {"namespace": "fleet", "pod": "fleet-api-blue-5d9c7b6f8-abc1x", "container": "fleet-api", "slot": "blue"}
    return {
        "job_name": "fleet/fleet-api",
        "metrics_path": endpoint["path"],
        "static_configs": [{"targets": [f"{HOST}:{program.port}"], "labels": {**pod, **fixed}}],
    }


def impatient_rules(folder: Path) -> Path:
    """Expressions as they are, looked at each second and believed after two."""
    groups = rules.spec(rules.deployed_systems()["fleet"])["groups"]
    for group in groups:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule |= {"for": "2s"} if "alert" in rule else {}
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": groups}))
    return file


@contextmanager
def prometheus(folder: Path, program: Program) -> Iterator[str]:
    """Its address."""
    port, config = free_port(), folder / "prometheus.yaml"
    content = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(impatient_rules(folder))],
        "scrape_configs": [scrape_config(program)],
    }
    config.write_text(yaml.safe_dump(content))
    command = [
        programs.prometheus(),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={HOST}:{port}",
    ]
    with running(command, folder / "prometheus.log") as process:
        address = f"http://{HOST}:{port}"
        until(lambda: answers(f"{address}/-/ready"), "Prometheus answers", of=process)
        yield address


def query(address: str, expression: str) -> list[dict[str, Any]]:
    return request_json(f"{address}/api/v1/query?query={urllib.parse.quote(expression)}")["data"]["result"]


def firing_on_data(address: str) -> bool:
    """Whether the three fire and none says that it has no data, which is so while a scrape takes too long."""
    found = firing(address)
    return found >= set(OWN) and not {"MetricsMissing", "AlertWithoutData"} & found


def firing(address: str) -> set[str]:
    return {each["metric"]["alertname"] for each in query(address, 'ALERTS{alertstate="firing"}')}


def test_the_three_alerts_of_the_fleet_fire_on_what_a_process_exports(tmp_path: Path) -> None:
    """And say so when it exports no more. Panels of the owner's numbers show something."""
    program = Program(monitor("fleet", "fleet-api")["path"])
    with serving(program.handler()) as program.port, prometheus(tmp_path, program) as address:
        until(lambda: firing_on_data(address), f"{', '.join(OWN)} fire, and no other")
        for panel in panels(rules.deployed_systems()["fleet"]):
            for target in panel.build().targets or []:
                assert isinstance(target, Dataquery)
                expression, title = target.expr, panel.build().title
                until(lambda expression=expression: query(address, expression), f"{title} shows something")
        program.path = "/elsewhere"
        until(lambda: "MetricsMissing" in firing(address), "the loss of the metrics is reported")
