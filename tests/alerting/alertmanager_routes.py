"""Alertmanager's configuration of several settings, and what amtool says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from components.cluster.monitoring.manifests.alerting import routing
from slipway.settings.cluster_services import Alerting
from slipway.settings.stacks import DeployedSystem
from tests.alerting import programs, rules

SILENT = Alerting()
LOUD = Alerting(slack=True, email="ops@example.com", smtp="smtp.example.com:587", pagerduty=True, dead_man_switch=True)


def in_maintenance(deployed: DeployedSystem) -> DeployedSystem:
    return replace(deployed, deployment=deployed.deployment.model_copy(update={"maintenance": True}))


def configuration(settings: Alerting) -> dict[str, Any]:
    """Of all five systems."""
    deployed = rules.deployed_systems().values()
    return yaml.safe_load(routing.configuration(settings, [routing.audience(each, settings) for each in deployed]))


def for_this_version(config: Mapping[str, Any]) -> dict[str, Any]:
    """Alertmanager 0.25 does not know `url_file` of a webhook, which came with 0.26: a copy has an address instead."""
    copy = deepcopy(dict(config))
    for receiver in copy["receivers"]:
        for hook in receiver.get("webhook_configs", []):
            if hook.pop("url_file", None) is not None:
                hook["url"] = "http://127.0.0.1:9/dead-man"
    return copy


def write(config: Mapping[str, Any], folder: Path) -> Path:
    file = folder / "alertmanager.yaml"
    file.write_text(yaml.safe_dump(for_this_version(config), sort_keys=False))
    return file


def receivers(file: Path, **labels: str) -> list[str]:
    """The receivers of an alert with these labels, in the order of the routes."""
    words = [f"{key}={value}" for key, value in labels.items()]
    done = programs.run(programs.amtool(), "config", "routes", "test", f"--config.file={file}", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().split(",")


def keys(node: Any) -> set[str]:
    """Every key of the configuration, however deep."""
    if isinstance(node, Mapping):
        return set(node) | {key for each in node.values() for key in keys(each)}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return {key for each in node for key in keys(each)}
    return set()


def matches(matchers: Sequence[str], labels: Mapping[str, str]) -> bool:
    """As Alertmanager compares labels; one that is missing is empty."""
    return all(_matches(each, labels) for each in matchers)


def _matches(matcher: str, labels: Mapping[str, str]) -> bool:
    found = re.fullmatch(r'(\w+) (=|!=|=~|!~) "(.*)"', matcher)
    assert found, matcher
    value, pattern = labels.get(found[1], ""), found[3]
    same = value == pattern if found[2] in ("=", "!=") else re.fullmatch(pattern, value) is not None
    return same if found[2].startswith("=") else not same
