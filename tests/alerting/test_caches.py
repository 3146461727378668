"""Alerts on caches in the cluster, on promtool: each fires at its own limit, for its own server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from components.cluster.monitoring.manifests.alerting import cache_alerts, system_alerts
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.settings.caches import Cache
from slipway.settings.stacks import DeployedSystem
from tests.alerting import rules
from tests.alerting.rules import Moment
from tests.alerting.scenarios import Course, course, labelled, of_kubernetes

CACHES = {
    "sessions": Cache.model_validate({"eviction": "noeviction"}),
    "pages": Cache.model_validate({"slots": "own", "alerts": {"evictions": 50, "loadPercent": 70}}),
}
OWN = {"namespace": "fleet", "cache": "pages-blue-cache"}
SESSIONS = {**OWN, "cache": "sessions-cache"}


@cache
def fleet() -> DeployedSystem:
    deployed = rules.deployed_systems()["fleet"]
    return replace(deployed, definition=deployed.definition.model_copy(update={"caches": CACHES}))


def rule(name: str, server: str) -> Rule:
    (found,) = [each for each in cache_alerts.alerts(fleet()) if each.name == name and each.labels["cache"] == server]
    return found


def of_cache(metric: str, labels: Mapping[str, str] = OWN) -> str:
    return labelled(metric, job="fleet/cache", pod=f"{labels['cache']}-0", instance="10.20.1.40:9121", **labels)


def evictions(taken: Course) -> dict[str, list[float]]:
    """A minute adds ten keys, or eleven; another server drops many more."""
    return {
        of_cache("redis_evicted_keys_total"): taken.counter(10, 11),
        of_cache("redis_evicted_keys_total", SESSIONS): taken.counter(900, 900),
    }


def busy(taken: Course) -> dict[str, list[float]]:
    """Of a minute 41 seconds, or 43."""
    return {
        of_cache("redis_cpu_user_main_thread_seconds_total"): taken.counter(40, 42),
        of_cache("redis_cpu_sys_main_thread_seconds_total"): taken.counter(1, 1),
    }


def full(taken: Course) -> dict[str, list[float]]:
    return {
        of_cache("redis_memory_used_bytes", SESSIONS): taken.gauge(90, 91),
        of_cache("redis_memory_max_bytes", SESSIONS): taken.gauge(100, 100),
    }


CASES = {
    "CacheEvictions": (evictions, OWN, 5),
    "CacheBusy": (busy, OWN, 5),
    "CacheAlmostFull": (full, SESSIONS, 0),
}
"""Series, labels of the one that is meant, and the steps of the window after which an average has followed."""


@pytest.mark.parametrize("name", CASES)
def test_a_server_above_its_limit_is_reported(name: str, tmp_path: Path) -> None:
    """After the time that the rule waits, and no more once all is well."""
    made, own, window = CASES[name]
    fired = rule(name, own["cache"])
    taken = course(fired)
    waits = 15
    moments = [
        Moment(taken.well + waits - 1, fired),
        Moment(taken.well + window + waits, fired, own),
        Moment(taken.well + taken.wrong + window + 1, fired),
    ]
    assert rules.passes(fleet(), [rules.unit_test(fleet(), made(taken), moments)], tmp_path, own_form=True) == ""


def test_a_pod_that_does_not_serve_is_reported(tmp_path: Path) -> None:
    """Whose exporter says nothing; that of another cache is well."""
    (down,) = [each for each in cache_alerts.alerts(fleet()) if each.name == "CacheDown"]
    taken, metric = course(down), "kube_statefulset_status_replicas_ready"
    series = {
        of_kubernetes(metric, namespace="fleet", statefulset="pages-blue-cache"): taken.gauge(1, 0),
        of_kubernetes(metric, namespace="fleet", statefulset="sessions-cache"): taken.gauge(1, 1),
        of_kubernetes(metric, namespace="fleet", statefulset="other-cache"): taken.gauge(0, 0),
    }
    own = {**OWN, "statefulset": "pages-blue-cache"}
    moments = [
        Moment(taken.well + 2, down),
        Moment(taken.well + 3, down, own),
        Moment(taken.well + taken.wrong, down),
    ]
    assert rules.passes(fleet(), [rules.unit_test(fleet(), series, moments)], tmp_path) == ""


def test_each_server_has_the_limits_of_its_cache() -> None:
    """One that drops nothing may be full, and one that drops keys is always full."""
    found = {(each.name, each.labels.get("cache")) for each in cache_alerts.alerts(fleet())}
    own = {(name, f"pages-{slot}-cache") for name in ("CacheEvictions", "CacheBusy") for slot in ("blue", "green")}
    assert found == own | {("CacheAlmostFull", "sessions-cache"), ("CacheBusy", "sessions-cache"), ("CacheDown", None)}
    assert rule("CacheBusy", "sessions-cache").expr.endswith("> 0.9")


def test_caches_of_a_cloud_are_left_to_it() -> None:
    """Nothing exports their series to Prometheus."""
    spec = system_alerts.prometheus_rule(fleet(), "https://books", caches_scraped=False)
    assert "redis_" not in str(spec)
    assert not any(
        each["alert"].startswith("Cache") for group in spec["groups"] for each in group["rules"] if "alert" in each
    )
