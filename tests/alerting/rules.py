"""Rules of the five systems as files, and promtool's unit tests of them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import yaml

from components.cluster.monitoring.manifests.alerting import system_alerts
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings.cluster_services import Controllers
from slipway.settings.load import load_stack
from slipway.settings.project import find_project
from slipway.settings.stacks import DeployedSystem
from tests.alerting import programs
from tests.alerting.scenarios import SCENARIOS, Samples, Scenario, fires, recovers

ROOT = Path(__file__).parents[2]
SYSTEMS = ("expenses", "fleet", "kingstons", "marketplace", "smartwallet")
BOOKS = "https://books.example.com"
_LABEL = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_VALUE = re.compile(r"\{\{ \$value[^}]*\}\}")


@cache
def deployed_systems() -> Mapping[str, DeployedSystem]:
    stack = load_stack(find_project(ROOT), "local")
    return {name: deployed for each in stack.clusters.values() for name, deployed in each.systems.items()}


def spec(deployed: DeployedSystem) -> dict[str, Any]:
    return system_alerts.prometheus_rule(deployed, BOOKS, Controllers(releases="installed"))


def write(deployed: DeployedSystem, folder: Path) -> Path:
    """A PrometheusRule's groups are a rules file."""
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump(spec(deployed), sort_keys=False))
    return file


def alerts(deployed: DeployedSystem) -> list[Rule]:
    return [rule for rules in system_alerts.of_system(deployed).values() for rule in rules]


def of_its_own(system: str) -> list[Rule]:
    """Alerts of a system, but for those that one of an earlier name has in the same form: those are proven there."""
    earlier = [deployed_systems()[name] for name in SYSTEMS[: SYSTEMS.index(system)]]
    known = {_form(deployed, rule) for deployed in earlier for rule in alerts(deployed)}
    deployed = deployed_systems()[system]
    return [rule for rule in alerts(deployed) if _form(deployed, rule) not in known]


def _form(deployed: DeployedSystem, rule: Rule) -> str:
    """All that is evaluated for an alert, whatever the system and its parts are called."""
    kept = ("alert", "record", "expr", "for", "labels")
    evaluated = [[each.get(key) for key in kept] for group in read_by(deployed, rule.name) for each in group["rules"]]
    definition = deployed.definition
    own = [deployed.name, deployed.namespace, definition.owner.team, *definition.services, *definition.databases]
    names = "|".join(sorted(map(re.escape, own), key=len, reverse=True))
    return re.sub(rf"(?<!\w)({names})(?!\w)", "ITS_OWN", json.dumps([rule.labels, evaluated], default=str))


@dataclass(frozen=True)
class Moment:
    """What is expected at a step: that the rule fires once, with these labels of its series, or not at all."""

    step: int
    rule: Rule
    own: Mapping[str, str] | None = None


def unit_test(
    deployed: DeployedSystem, series: Mapping[str, Samples], moments: Sequence[Moment], step: int = 60
) -> dict[str, Any]:
    return {
        "name": moments[0].rule.name,
        "interval": f"{step}s",
        "input_series": [{"series": each, "values": written(samples)} for each, samples in series.items()],
        "alert_rule_test": [_expected(deployed, moment, step) for moment in moments],
    }


def written(samples: Samples) -> str:
    """In promtool's notation; a series that ends is stale."""
    return " ".join("stale" if isnan(each) else f"{each:.15g}" for each in samples)


def _expected(deployed: DeployedSystem, moment: Moment, step: int) -> dict[str, Any]:
    rule, own = moment.rule, moment.own
    owner = {"system": deployed.name, "team": deployed.definition.owner.team, "severity": rule.severity}
    expected: list[dict[str, Any]] = []
    if own is not None:
        labels = {**own, **rule.labels, **owner}
        expected.append({"exp_labels": labels, "exp_annotations": _annotations(deployed, rule, own)})
    return {"eval_time": f"{moment.step * step}s", "alertname": rule.name, "exp_alerts": expected}


def _annotations(deployed: DeployedSystem, rule: Rule, own: Mapping[str, str]) -> dict[str, str]:
    """The annotations of the alert. A summary may use labels of its series only; any other would be empty."""
    return {
        "summary": _LABEL.sub(lambda found: own[found[1]], without_value(rule.summary)),
        "description": rule.description,
        "runbook_url": f"{BOOKS}/{deployed.name}.md#{rule.name.lower()}",
        "dashboard": f"/d/slipway-{deployed.name}",
    }


def without_value(summary: str) -> str:
    """promtool compares texts literally, and a value has many digits."""
    return _VALUE.sub("VALUE", summary)


def of_scenario(deployed: DeployedSystem, rule: Rule) -> dict[str, Any]:
    """Silent, then firing at its minute and not before; firing until all is well for long enough, then silent."""
    happens: Scenario = SCENARIOS[rule.name](deployed, rule)
    start, end = fires(happens, rule), recovers(happens, rule)
    moments = [
        Moment(start - 1, rule),
        Moment(start, rule, happens.labels),
        Moment(end - 1, rule, happens.labels),
        Moment(end, rule),
    ]
    return unit_test(deployed, happens.series, moments, happens.step)


def only(system: str, name: str, **labels: str) -> tuple[DeployedSystem, Rule]:
    """The alert of that name, and of these labels where there are several."""
    deployed = deployed_systems()[system]
    return deployed, next(
        rule for rule in alerts(deployed) if rule.name == name and labels.items() <= rule.labels.items()
    )


def passes(deployed: DeployedSystem, tests: Sequence[dict[str, Any]], folder: Path, *, own_form: bool = False) -> str:
    """What promtool has against the tests, in one run; empty when it has nothing. With `own_form` an alert's other forms,
    such as those of other windows, are not evaluated beside the one that is expected."""
    kinds = dict.fromkeys((test["name"], test["interval"]) for test in tests)
    files = [_test_file(deployed, name, step, tests, folder, own_form) for name, step in kinds]
    done = programs.run(programs.promtool(), "test", "rules", *files, folder=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _test_file(
    deployed: DeployedSystem, name: str, step: str, tests: Sequence[dict[str, Any]], folder: Path, own_form: bool
) -> Path:
    """All tests of an alert with the same step, which is the time between two evaluations too."""
    mine = [test for test in tests if (test["name"], test["interval"]) == (name, step)]
    groups = read_by(deployed, name, _expected_labels(mine) if own_form else None)
    rules, file = folder / f"{name}-{step}.rules.yaml", folder / f"{name}-{step}.test.yaml"
    rules.write_text(yaml.safe_dump({"groups": groups}))
    content = {
        "rule_files": [rules.name],
        "evaluation_interval": step,
        "group_eval_order": [each["name"] for each in groups],
        "tests": mine,
    }
    file.write_text(yaml.safe_dump(content))
    return file


def _expected_labels(tests: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Of each alert that fires in the tests."""
    moments = [moment for test in tests for moment in test["alert_rule_test"]]
    return [expected["exp_labels"] for moment in moments for expected in moment["exp_alerts"]]


def recorded(
    deployed: DeployedSystem, series: Mapping[str, Samples], expected: Mapping[str, float | None], folder: Path
) -> str:
    """What promtool has against these values of recorded series, at the seventh minute; None where there is none."""
    group = spec(deployed)["groups"][0]
    (folder / "recording.rules.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    asked = [
        {"expr": each.split("{")[0], "eval_time": "7m", "exp_samples": _samples(each, value)}
        for each, value in expected.items()
    ]
    given = [{"series": each, "values": written(samples)} for each, samples in series.items()]
    test = {"interval": "1m", "input_series": given, "promql_expr_test": asked}
    content = {"rule_files": ["recording.rules.yaml"], "evaluation_interval": "1m", "tests": [test]}
    (folder / "recording.test.yaml").write_text(yaml.safe_dump(content))
    done = programs.run(programs.promtool(), "test", "rules", "recording.test.yaml", folder=folder)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _samples(labels: str, value: float | None) -> list[dict[str, Any]]:
    return [] if value is None else [{"labels": labels, "value": value}]


def read_by(
    deployed: DeployedSystem, name: str, expected: Sequence[Mapping[str, str]] | None = None
) -> list[dict[str, Any]]:
    """Groups with the alert in all its forms, or in those that give the expected labels, and the series recorded for it;
    the rest would only take time."""
    groups = spec(deployed)["groups"]

    def is_meant(rule: dict[str, Any]) -> bool:
        if rule.get("alert") != name:
            return False
        return expected is None or any(rule["labels"].items() <= each.items() for each in expected)

    expressions = [rule["expr"] for group in groups for rule in group["rules"] if is_meant(rule)]

    def wanted(rule: dict[str, Any]) -> bool:
        recorded = rule.get("record")
        return is_meant(rule) or any(f"{recorded}{{" in each for each in expressions)

    kept = [{**group, "rules": [_bare(rule) for rule in group["rules"] if wanted(rule)]} for group in groups]
    return [group for group in kept if group["rules"]]


def _bare(rule: dict[str, Any]) -> dict[str, Any]:
    if "record" in rule:
        return rule
    texts = rule["annotations"]
    return {**rule, "annotations": {**texts, "summary": without_value(texts["summary"])}}
