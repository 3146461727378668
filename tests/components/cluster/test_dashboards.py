"""Dashboards of the five systems: that every query is PromQL, asks for something that exists, and is the system's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cluster.monitoring.manifests import monitors
from components.cluster.monitoring.manifests.alerting import labels
from components.cluster.monitoring.manifests.alerting import system_alerts as alerting
from components.cluster.monitoring.manifests.alerting.operations import LOG_LINES
from components.cluster.monitoring.manifests.dashboards import system_dashboards
from components.cluster.monitoring.manifests.dashboards.business import unit
from components.cluster.monitoring.manifests.dashboards.cluster_dashboard import cluster
from components.cluster.monitoring.manifests.dashboards.queries import queries
from slipway.settings.load import load_stack
from slipway.settings.operations import BusinessMetric
from slipway.settings.project import find_project
from slipway.settings.stacks import DeployedSystem, Slot, SystemDeployment
from slipway.settings.system import System
from tests.alerting import programs

ROOT = Path(__file__).parents[3]
SYSTEMS = ("expenses", "fleet", "kingstons", "marketplace", "smartwallet")
SHOP = {
    "title": "Shop",
    "owner": {"team": "shop"},
    "namespace": "shop-namespace",
    "services": {"api": {"image": "api", "port": 3000}},
}

TOKEN = re.compile(
    r"""
    (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<matchers>\{(?:"(?:\\.|[^"\\])*"|[^{}"])*\})
    |(?P<range>\[[^\]]*\])
    |(?P<labels>\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\))
    |(?P<number>\d[\w.]*)
    |(?P<word>[A-Za-z_:][\w:]*)(?P<call>\s*\()?
    """,
    re.VERBOSE,
)
KEYWORDS = {"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}


def selectors(expression: str) -> Iterator[tuple[str, str]]:
    """Each metric that the expression reads, with its matchers: no strings, functions, labels, words of the language."""
    named = None
    for token in TOKEN.finditer(_without_labels(expression)):
        if token["matchers"] and named:
            yield named, token["matchers"]
            named = None
            continue
        if named:
            yield named, ""
        word = token["word"]
        named = word if word and not token["call"] and word.lower() not in KEYWORDS else None
    if named:
        yield named, ""


def _without_labels(expression: str) -> str:
    """`sum by (a) (b)` as `sum (b)`, so that a word before a bracket is a function."""
    return TOKEN.sub(lambda token: " " if token["labels"] else token[0], expression)


@cache
def deployed_systems() -> Mapping[str, DeployedSystem]:
    stack = load_stack(find_project(ROOT), "local")
    return {name: deployed for each in stack.clusters.values() for name, deployed in each.systems.items()}


@cache
def known() -> Mapping[str, frozenset[str]]:
    """Names of metrics by who gives them."""
    text = (Path(__file__).parent / "known_metrics.yaml").read_text()
    return {giver: frozenset(each["metrics"]) for giver, each in yaml.safe_load(text).items()}


def rules(deployed: DeployedSystem) -> list[dict[str, Any]]:
    return [rule for group in alerting.prometheus_rule(deployed, "https://books")["groups"] for rule in group["rules"]]


def declared(deployed: DeployedSystem) -> set[str]:
    """What a query about the system may read."""
    own = {each.metric for each in deployed.definition.metrics}
    own |= {each.metric for each in deployed.definition.alerts if each.metric}
    recorded = {rule["record"] for rule in rules(deployed) if "record" in rule}
    return own | recorded | {LOG_LINES} | {name for names in known().values() for name in names}


def unknown(expressions: list[str], names: set[str]) -> set[str]:
    """Metrics that nobody gives."""
    return {metric for each in expressions for metric, _ in selectors(each)} - names


def refused(expressions: list[str], folder: Path) -> str:
    """What promtool has against the expressions, each made a recording rule; empty when it accepts them all."""
    numbered = [{"record": f"expression:{number}", "expr": each} for number, each in enumerate(expressions)]
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "expressions", "rules": numbered}]}))
    done = programs.run(programs.promtool(), "check", "rules", file)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def all_queries(dashboards: Mapping[str, str]) -> list[str]:
    return [each for text in dashboards.values() for each in queries(text)]


def panels(text: str) -> list[dict[str, Any]]:
    return [each for each in json.loads(text)["panels"] if each["type"] != "row"]


def panel(text: str, title: str) -> dict[str, Any]:
    return next(each for each in panels(text) if each["title"] == title)


def every_dashboard() -> dict[str, str]:
    systems = deployed_systems()
    found = {
        name: text for deployed in systems.values() for name, text in system_dashboards.of_system(deployed).items()
    }
    return found | cluster(list(systems.values()))


def shop(**more: Any) -> DeployedSystem:
    deployment = SystemDeployment(
        active="blue", blue=Slot(version="1.0.0", weight=90), green=Slot(version="2.0.0", weight=10)
    )
    return DeployedSystem("shop", System.model_validate(SHOP | more), deployment)


def test_all_five_systems_are_looked_at() -> None:
    assert set(deployed_systems()) == set(SYSTEMS)


def test_ids_are_unique_and_alerts_link_to_one() -> None:
    uids = [json.loads(text)["uid"] for text in every_dashboard().values()]
    assert len(uids) == len(set(uids))
    assert all(len(uid) <= 40 for uid in uids), "the most that Grafana takes"
    assert {labels.dashboard(system) for system in SYSTEMS} <= {f"/d/{uid}" for uid in uids}


def test_the_same_settings_make_the_same_text() -> None:
    assert every_dashboard() == every_dashboard()


@pytest.mark.parametrize("system", SYSTEMS)
def test_prometheus_accepts_every_query_and_rule(system: str, tmp_path: Path) -> None:
    deployed = deployed_systems()[system]
    expressions = all_queries(system_dashboards.of_system(deployed)) + [rule["expr"] for rule in rules(deployed)]
    assert len(expressions) > 20
    assert refused(expressions, tmp_path) == ""


def test_prometheus_accepts_the_clusters_queries(tmp_path: Path) -> None:
    assert refused(all_queries(cluster(list(deployed_systems().values()))), tmp_path) == ""


def test_promtool_refuses_what_is_no_promql(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    assert "parse error" in refused(["up == 1", "rate(up)"], tmp_path)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_metric_exists(system: str) -> None:
    """On dashboards, in alerts, and in what these are computed from."""
    deployed = deployed_systems()[system]
    assert unknown(all_queries(system_dashboards.of_system(deployed)), declared(deployed)) == set()
    assert unknown([rule["expr"] for rule in rules(deployed)], declared(deployed)) == set()


def test_every_metric_of_the_cluster_exists() -> None:
    every = {name for names in known().values() for name in names}
    assert unknown(all_queries(cluster(list(deployed_systems().values()))), every) == set()


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_unknown_metric_is_found_wherever_it_stands(system: str) -> None:
    """Each metric of each query and rule in turn is made an unknown one."""
    deployed = deployed_systems()[system]
    expressions = all_queries(system_dashboards.of_system(deployed)) + [rule["expr"] for rule in rules(deployed)]
    names = declared(deployed)
    for expression in expressions:
        for metric in {metric for metric, _ in selectors(expression)}:
            wrong = re.sub(rf"(?<![\w:]){re.escape(metric)}(?![\w:])", f"{metric}_x", expression)
            assert unknown([wrong], names) == {f"{metric}_x"}, wrong


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('sum by (pod, le) (rate(a_total{b=~"c{2}|d"}[5m])) / on (e) group_left (f) g', {"a_total", "g"}),
        ('label_replace(a, "b", "$1", "c", "(d)") or vector(0)', {"a"}),
        ("a and b unless c offset 5m", {"a", "b", "c"}),
        ("topk(10, max without (a) (b:c:d)) > bool 1e3", {"b:c:d"}),
        ("time() - max(a) by (b) > 2 * 86400", {"a"}),
    ],
)
def test_metrics_are_distinguished_from_the_rest_of_promql(expression: str, expected: set[str]) -> None:
    assert {metric for metric, _ in selectors(expression)} == expected


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_systems_queries_read_nothing_of_another(system: str) -> None:
    """Each metric is selected by the system or by its namespace."""
    deployed = deployed_systems()[system]
    read = [each for expression in all_queries(system_dashboards.of_system(deployed)) for each in selectors(expression)]
    assert read
    for metric, matchers in read:
        ours = {f'system="{deployed.name}"', f'namespace="{deployed.namespace}"'}
        assert any(each in matchers for each in ours), f"{metric}{{{matchers}}}"


def test_the_gateway_keeps_what_is_read_of_it() -> None:
    """The list of metrics and the filter of the gateway's PodMonitor say the same."""
    kept = monitors.gateway()["podMetricsEndpoints"][0]["metricRelabelings"][0]["regex"]
    assert [metric for metric in known()["envoy"] if not re.fullmatch(kept, metric)] == []


def test_every_panel_says_what_it_shows() -> None:
    """By a title, a unit and one sentence; its queries go to the Prometheus that is chosen at the top."""
    for name, text in every_dashboard().items():
        assert [each["name"] for each in json.loads(text)["templating"]["list"]] == ["datasource"], name
        for each in panels(text):
            assert each["title"], name
            assert each["fieldConfig"]["defaults"]["unit"], each["title"]
            assert each["description"].endswith("."), each["title"]
            assert ". " not in each["description"], each["title"]
            if each["type"] != "text":
                assert each["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, each["title"]


def test_panels_lie_beside_each_other() -> None:
    """Within 24 columns, none over another, each with a number of its own."""
    for name, text in every_dashboard().items():
        board, taken = json.loads(text), set()
        assert len({each["id"] for each in board["panels"]}) == len(board["panels"]), name
        for at in (each["gridPos"] for each in board["panels"]):
            cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
            assert max(x for x, _ in cells) < 24, name
            assert not cells & taken, name
            taken |= cells


def test_objectives_are_lines() -> None:
    """Of failed requests, of times, of CPU and memory."""
    deployed = shop(objectives={"errorPercent": 2, "p95": "300ms", "cpuPercent": 60, "memoryPercent": 75})
    text = system_dashboards.of_system(deployed)["shop.json"]
    expected = {
        "Failed requests": 0.02,
        "Time to answer (p95)": 300,
        "CPU of what is requested": 0.6,
        "Memory of what is requested": 0.75,
    }
    for title, limit in expected.items():
        defaults = panel(text, title)["fieldConfig"]["defaults"]
        assert defaults["thresholds"]["steps"][-1] == {"color": "red", "value": limit}
        assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}


def test_business_metrics_have_a_panel_each() -> None:
    """A counter is shown as what it grows in an hour, anything else as it is, the aim as a green line."""
    sold = {"name": "Sold", "metric": "shop_sold_total"}
    rating = {"name": "Rating", "metric": "shop_rating", "target": 4.5}
    text = system_dashboards.of_system(shop(metrics=[sold, rating]))["shop.json"]
    assert "increase(shop_sold_total{" in panel(text, "Sold")["targets"][0]["expr"]
    assert "[1h]" in panel(text, "Sold")["targets"][0]["expr"]
    assert "increase" not in panel(text, "Rating")["targets"][0]["expr"]
    steps = panel(text, "Rating")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[-1] == {"color": "green", "value": 4.5}


@pytest.mark.parametrize(("written", "shown"), [("1", "short"), ("USD", "currencyUSD"), ("s", "s")])
def test_units_are_written_as_grafana_knows_them(written: str, shown: str) -> None:
    assert unit(BusinessMetric.model_validate({"name": "a", "metric": "a", "unit": written})) == shown


def test_what_a_system_has_not_is_not_shown() -> None:
    """No page without a domain, no queue without a broker of its own, no file without a database."""
    plain = system_dashboards.of_system(shop())
    assert set(plain) == {"shop.json", "shop-releases.json"}
    assert "probe_success" not in plain["shop.json"]
    assert "rabbitmq" not in plain["shop.json"]
    assert "kube_job_status" not in plain["shop-releases.json"]
    rich = system_dashboards.of_system(
        shop(domains={"web": "shop.example.com"}, queue={"vhost": "shop"}, databases={"db": {}})
    )
    assert set(rich) == {"shop.json", "shop-releases.json", "shop-databases.json"}
    assert "probe_success" in rich["shop.json"]
    assert "rabbitmq_queue_messages_ready" in rich["shop.json"]
    bought = system_dashboards.of_system(shop(queue={"vhost": "shop", "hosting": "managed"}))
    assert "rabbitmq" not in bought["shop.json"]


def test_backups_are_shown_where_there_are_some() -> None:
    def of(**settings: Any) -> str:
        return system_dashboards.of_system(shop(databases={"main_db": settings}))["shop-databases.json"]

    assert "main-db-dump" in of()
    assert "main-db-restore-test" in of()
    assert "main-db-restore-test" not in of(restoreTest="none")
    assert "main-db-dump" not in of(backup="none", restoreTest="none")


def test_the_split_of_visitors_is_shown_as_declared_and_as_seen() -> None:
    """Versions and weights are the placement's, each slot has its colour."""
    text = system_dashboards.of_system(shop())["shop-releases.json"]
    content = panel(text, "Declared")["options"]["content"]
    assert "| blue | 1.0.0 | 90 % | active |" in content
    assert "| green | 2.0.0 | 10 % |  |" in content
    overrides = panel(text, "Observed share of requests")["fieldConfig"]["overrides"]
    assert [each["properties"][0]["value"]["fixedColor"] for each in overrides] == ["blue", "green"]


def test_alerts_are_marked_on_the_time_line() -> None:
    marks = json.loads(system_dashboards.of_system(shop())["shop-releases.json"])["annotations"]["list"]
    assert [each["expr"] for each in marks] == ['ALERTS{alertstate="firing", system="shop"}']
    assert marks[0]["titleFormat"] == "{{alertname}}"


def test_a_cluster_without_systems_still_has_a_dashboard() -> None:
    assert set(cluster([])) == {"cluster.json"}


@pytest.mark.parametrize(("resource", "recorded"), [("CPU", labels.POD_CPU), ("Memory", labels.POD_MEMORY)])
def test_a_week_of_use_is_read_from_recorded_series(resource: str, recorded: str) -> None:
    """Of one pod, by service and slot, as the request that it is divided by; a week of raw series would be too slow to read."""
    deployed = shop()
    (rule,) = [each for each in rules(deployed) if each.get("record") == recorded]
    assert rule["expr"].startswith("max by (service, slot) (")
    text = system_dashboards.of_system(deployed)["shop.json"]
    (target,) = panel(text, f"{resource} of a week over the request")["targets"]
    used, _, asked = target["expr"].partition(" / ")
    assert f'{recorded}{{system="shop"}}[7d]' in used
    assert asked.startswith("max by (service, slot) (")
    assert "kube_pod_container_resource_requests" in asked
