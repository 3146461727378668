"""The oddest definitions become plans that every target takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vrl_python
import yaml

from components.cluster.monitoring.manifests.alerting import routing
from components.cluster.monitoring.manifests.dashboards import system_dashboards
from tests.alerting import programs
from tests.limits import odd
from tests.limits.checker import of_object, refusals
from tests.rehearsed import Rehearsed, rehearsed_alone

CLUSTER = "c" * 40


def planned(cloud: str) -> Rehearsed:
    """The longest and the shortest on one cluster."""
    files = {**odd.Odd().files(), **odd.EMPTY}
    systems: dict[str, Any] = {odd.LONG: odd.SLOTS, "e": {"blue": {"version": "1"}}}
    if cloud != "local":
        files |= odd.queues()
        systems[odd.QUEUES] = {"blue": {"version": "1"}}
    text = odd.stack(cloud, CLUSTER, odd.CLOUDS[cloud], systems)
    return rehearsed_alone(text, files)


@pytest.mark.parametrize("cloud", odd.CLOUDS)
def test_no_target_refuses_an_odd_definition(cloud: str) -> None:
    """Names, labels, sizes and numbers of every object are within the limits of what it is sent to."""
    assert refusals(planned(cloud).plan) == []


def rules() -> list[dict[str, Any]]:
    steps = planned("local").plan.steps
    return [dict(step.inputs["spec"]) for step in steps if step.inputs.get("kind") == "PrometheusRule"]


def test_prometheus_compiles_the_rules(tmp_path: Path) -> None:
    """By its own tool: odd names, patterns and texts of one system do not lose the rules of all."""
    for number, spec in enumerate(rules()):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(spec, allow_unicode=True))
    files = sorted(map(str, tmp_path.iterdir()))
    output = programs.run(programs.promtool(), "check", "rules", *files)
    assert len(files) > 1
    assert output.returncode == 0, output.stdout + output.stderr


def test_vector_compiles_the_programs() -> None:
    """By its own compiler: a pattern of one system does not stop the agents of all."""
    (agent,) = (
        step.inputs["values"]
        for step in planned("local").plan.steps
        if step.inputs.get("chart") == "vector" or step.inputs.get("name") == "vector"
    )
    transforms = agent["customConfig"]["transforms"]
    programs = {name: each["source"] for name, each in transforms.items() if each["type"] == "remap"}
    assert len(programs) > 2
    for name, source in programs.items():
        written = source.replace("{{`{{`}}", "{{").replace("$$", "$")
        assert vrl_python.VRLRuntime.check_syntax(written) is None, name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "x" * 64}, "has 64 letters"),
        ({"name": "x-"}, "is not of the form"),
        ({"labels": {"a": "x" * 64}}, "has 64 letters"),
        ({"annotations": {"a": "x" * 300_000}}, "too large annotations"),
    ],
)
def test_what_is_beyond_a_limit_is_found(change: dict[str, Any], message: str) -> None:
    found = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x", **change}}
    assert any(message in each for each in of_object(found))
    assert list(of_object({**found, "metadata": {"name": "x"}})) == []


def test_a_long_name_of_a_port_is_found() -> None:
    pod = {"containers": [{"name": "x", "ports": [{"name": "evaluation-green", "containerPort": 1}]}]}
    found = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}
    assert list(of_object(found)) == ["Pod x: port: evaluation-green has 16 letters, and kubernetes port takes 15"]


def test_a_prefix_that_a_rule_of_several_matches_replaces_is_found() -> None:
    """The API server refuses it, by a rule that recorded schemas do not have."""
    path = {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}
    rule = {"matches": [{}, {}], "filters": [{"type": "URLRewrite", "urlRewrite": path}]}
    route = {"apiVersion": "none/v1", "kind": "HTTPRoute", "metadata": {"name": "x"}, "spec": {"rules": [rule]}}
    assert list(of_object(route)) == ["HTTPRoute x replaces a prefix in a rule of 2 matches"]


def test_a_folder_of_grafana_stays_below_its_own() -> None:
    """Whatever a system is called."""
    assert [system_dashboards.folder(each) for each in ("Shop", "../a/b", "..", "x" * 99)] == [
        "Shop",
        "-a-b",
        "system",
        "x" * 60,
    ]


def test_times_of_escalation_are_whole_seconds() -> None:
    """Alertmanager reads no exponents, as a long time would be written with."""
    contacts = [{"role": "r", "email": "a@example.com", "level": level, "after": "3650d"} for level in (1, 2, 3)]
    definition = yaml.safe_dump({**yaml.safe_load(odd.EMPTY["systems/e/system.yaml"]), "contacts": contacts})
    settings = {"monitoring": {"alerting": {"smtp": "smtp.example.com:587"}}}
    text = odd.stack("local", "main", settings, {"e": {"blue": {"version": "1"}}})
    cluster = rehearsed_alone(text, {"systems/e/system.yaml": definition}).stack.clusters["main"]
    alerting = cluster.settings.monitoring.alerting
    config = routing.configuration(alerting, [routing.audience(cluster.systems["e"], alerting)])
    assert "group_wait: 315360000s" in config
    assert "e+0" not in config
