"""Every alert of every system, on promtool: that it fires when it should, as it should, and stops."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

import pytest

from components.cluster.monitoring.manifests.alerting.labels import RESTORE_AGE, RESTORE_PASSED
from components.cluster.monitoring.manifests.alerting.rule import Rule
from tests.alerting import programs, rules
from tests.alerting.rules import Moment
from tests.alerting.scenarios import (
    REQUESTS,
    SCENARIOS,
    TIMES,
    Course,
    Labels,
    Samples,
    fires,
    of_application,
    of_gateway,
    of_kubernetes,
)


@pytest.mark.parametrize("system", rules.SYSTEMS)
def test_prometheus_accepts_the_rules(system: str, tmp_path: Path) -> None:
    done = programs.run(programs.promtool(), "check", "rules", rules.write(rules.deployed_systems()[system], tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_scenario() -> None:
    """A new alert needs one; a scenario without an alert proves nothing."""
    names = {rule.name for deployed in rules.deployed_systems().values() for rule in rules.alerts(deployed)}
    assert names == set(SCENARIOS)


@pytest.mark.parametrize("system", rules.SYSTEMS)
def test_every_alert_fires_and_recovers(system: str, tmp_path: Path) -> None:
    """Each form of an alert in one of the systems that have it."""
    deployed = rules.deployed_systems()[system]
    tests = [rules.of_scenario(deployed, rule) for rule in rules.of_its_own(system)]
    assert rules.passes(deployed, tests, tmp_path, own_form=True) == ""


def unit_test_of(
    system: str, rule: Rule, series: Mapping[str, Samples], own: Labels, *, silent: int, firing: int
) -> dict[str, Any]:
    moments = [Moment(silent, rule), Moment(firing, rule, own)]
    return rules.unit_test(rules.deployed_systems()[system], series, moments)


def test_promtool_would_find_a_wrong_minute(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    deployed, rule = rules.only("fleet", "DatabaseDown")
    happens = SCENARIOS[rule.name](deployed, rule)
    early = Moment(fires(happens, rule) - 1, rule, happens.labels)
    assert "FAILED" in rules.passes(deployed, [rules.unit_test(deployed, happens.series, [early])], tmp_path)


def test_promtool_would_find_a_wrong_label(tmp_path: Path) -> None:
    deployed, rule = rules.only("fleet", "DatabaseDown")
    happens = SCENARIOS[rule.name](deployed, rule)
    other = Moment(fires(happens, rule), rule, {**happens.labels, "database": "other"})
    assert "FAILED" in rules.passes(deployed, [rules.unit_test(deployed, happens.series, [other])], tmp_path)


def test_an_audit_log_that_nobody_counts_is_silent(tmp_path: Path) -> None:
    """Without agents there is no series: not known is not well."""
    deployed, rule = rules.only("smartwallet", "AuditLogSilent")
    series = {of_kubernetes("kube_node_info"): [1.0] * 70}
    test = rules.unit_test(deployed, series, [Moment(59, rule), Moment(60, rule, {})])
    assert rules.passes(deployed, [test], tmp_path) == ""


# --- traffic ----------------------------------------------------------------------------------------------------------


def test_when_every_request_fails_somebody_is_paged_within_three_minutes(tmp_path: Path) -> None:
    """1.44 percent of an hour are 52 seconds; then it must last for two minutes."""
    deployed, rule = rules.only("fleet", "ErrorBudgetBurn", window="1h")
    taken = Course(well=240, wrong=10)
    series = {
        of_gateway(REQUESTS, deployed.namespace, "fleet-api", envoy_response_code_class="2"): taken.counter(600, 0),
        of_gateway(REQUESTS, deployed.namespace, "fleet-api", envoy_response_code_class="5"): taken.counter(0, 600),
    }
    test = unit_test_of("fleet", rule, series, {"service": "fleet-api"}, silent=241, firing=242)
    assert rules.passes(deployed, [test], tmp_path) == ""


def test_a_short_burst_of_errors_burns_no_budget(tmp_path: Path) -> None:
    """Half of the requests of one minute: the short window is over its limit, the long one is not."""
    deployed, rule = rules.only("fleet", "ErrorBudgetBurn", window="1h")
    taken = Course(well=240, wrong=1, after=60)
    series = {
        of_gateway(REQUESTS, deployed.namespace, "fleet-api", envoy_response_code_class="2"): taken.counter(600, 300),
        of_gateway(REQUESTS, deployed.namespace, "fleet-api", envoy_response_code_class="5"): taken.counter(0, 300),
    }
    silent = [Moment(step, rule) for step in range(240, 260)]
    assert rules.passes(deployed, [rules.unit_test(deployed, series, silent)], tmp_path) == ""


def test_both_slots_count_as_one_service(tmp_path: Path) -> None:
    """A new version that fails for a few visitors only burns the budget of the service little."""
    deployed, rule = rules.only("expenses", "ErrorBudgetBurn", window="1h")
    taken = Course(well=240, wrong=60)
    own = {"namespace": deployed.namespace, "service": "expenses"}
    series = {
        of_gateway(REQUESTS, **own, slot="blue", envoy_response_code_class="2"): taken.counter(1000, 900),
        of_gateway(REQUESTS, **own, slot="green", envoy_response_code_class="5"): taken.counter(0, 100),
    }
    silent = [Moment(step, rule) for step in (245, 250, 252)]
    assert rules.passes(deployed, [rules.unit_test(deployed, series, silent)], tmp_path) == ""


def test_bounds_of_buckets_count_as_prometheus_3_writes_them(tmp_path: Path) -> None:
    """It makes 200.0 of Envoy's 200."""
    deployed, rule = rules.only("fleet", "LatencyBudgetBurn", window="1h")
    happens = SCENARIOS[rule.name](deployed, rule)
    series = {name.replace('le="200"', 'le="200.0"'): samples for name, samples in happens.series.items()}
    assert series.keys() != happens.series.keys()
    start = fires(happens, rule)
    test = unit_test_of("fleet", rule, series, happens.labels, silent=start - 1, firing=start)
    assert rules.passes(deployed, [test], tmp_path) == ""


def test_what_is_recorded_by_slot(tmp_path: Path) -> None:
    """Requests a second by class, and the p95, which dashboards and releases read."""
    deployed = rules.deployed_systems()["fleet"]
    taken, own = Course(well=10, wrong=0), {"namespace": deployed.namespace, "service": "fleet-api", "slot": "green"}
    series: dict[str, Samples] = {of_gateway(REQUESTS, **own, envoy_response_code_class="2"): taken.counter(600, 600)}
    for le, growth in (("100", 0), ("200", 1200), ("+Inf", 1200)):
        for proxy in ("proxy-1", "proxy-2"):
            series[of_gateway(f"{TIMES}_bucket", **own, proxy=proxy, le=le)] = taken.counter(growth, growth)
    labels = '{service="fleet-api", slot="green", system="fleet"'
    expected = {
        f'slipway:requests:rate5m{labels}, class="2"}}': 10,
        f"slipway:latency_milliseconds:p95_5m{labels}}}": 195,
    }
    assert rules.recorded(deployed, series, expected, tmp_path) == ""


# --- what Kubernetes and the broker tell ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["ServiceDown", "AutoscalerAtMaximum", "BackupTooOld", "RestoreTestFailed", "MigrationFailed"]
)
def test_a_restart_of_the_exporter_makes_no_new_alert(name: str, tmp_path: Path) -> None:
    """kube-state-metrics gets another address while the alert waits and while it fires."""
    deployed, rule = rules.only("fleet", name)
    happens = SCENARIOS[name](deployed, rule)
    start = fires(happens, rule)
    series: dict[str, Samples] = {}
    for each, samples in happens.series.items():
        for instance, (begin, end) in {
            "a": (0, start - 1),
            "b": (start - 1, start + 1),
            "c": (start + 1, None),
        }.items():
            cut = [value if begin <= at < (end or len(samples)) else nan for at, value in enumerate(samples)]
            series[each.replace("10.20.1.7:8080", instance)] = cut
    told_at = [Moment(step, rule, happens.labels) for step in range(start, start + 4)]
    assert (
        rules.passes(deployed, [rules.unit_test(deployed, series, [Moment(start - 1, rule), *told_at])], tmp_path) == ""
    )


RESTORE_TEST = {"namespace": "fleet", "cronjob": "fleet-db-restore-test"}
DUE, SUCCEEDED, ACTIVE, CREATED = (
    of_kubernetes(f"kube_cronjob_{name}", **RESTORE_TEST)
    for name in ("status_last_schedule_time", "status_last_successful_time", "status_active", "created")
)


def test_a_first_restore_test_that_fails_is_reported(tmp_path: Path) -> None:
    """None ever succeeded, so there is no time to compare with."""
    _, rule = rules.only("fleet", "RestoreTestFailed")
    taken = Course(well=20, wrong=20)
    series: dict[str, Samples] = {
        CREATED: [-600.0] * taken.length,
        DUE: [nan] * 17 + [17 * 60.0] * (taken.length - 17),
        ACTIVE: [float(17 <= step < 20) for step in range(taken.length)],
    }
    test = unit_test_of("fleet", rule, series, RESTORE_TEST, silent=24, firing=25)
    assert rules.passes(rules.deployed_systems()["fleet"], [test], tmp_path) == ""


def test_a_restore_test_made_by_hand_ends_the_alert(tmp_path: Path) -> None:
    """Kubernetes takes it for a success of the CronJob, which was due before."""
    deployed, rule = rules.only("fleet", "RestoreTestFailed")
    taken = Course(well=0, wrong=20)
    series = {
        CREATED: [-9e5] * taken.length,
        DUE: [-300.0] * taken.length,
        SUCCEEDED: [-9e4] * 20 + [20 * 60.0] * 30,
        ACTIVE: [0.0] * taken.length,
    }
    moments = [Moment(19, rule, RESTORE_TEST), Moment(20, rule)]
    assert rules.passes(deployed, [rules.unit_test(deployed, series, moments)], tmp_path) == ""


def test_nothing_is_left_of_a_restore_test_that_nobody_makes_any_more(tmp_path: Path) -> None:
    """What is recorded does not live on by itself when the CronJob goes, not even in the middle of a run."""
    deployed, rule = rules.only("fleet", "RestoreTestFailed")
    taken = Course(well=0, wrong=20)
    series = {
        DUE: [-300.0] * 20 + [nan] * 30,
        ACTIVE: [0.0] * 18 + [1.0] * 2 + [nan] * 30,
    }
    moments = [Moment(19, rule, RESTORE_TEST), Moment(20, rule)]
    assert len(series[DUE]) == taken.length
    assert rules.passes(deployed, [rules.unit_test(deployed, series, moments)], tmp_path) == ""


@pytest.mark.parametrize(
    ("due", "succeeded", "expected"),
    [(-600.0, -540.0, (1, 960)), (-600.0, -9000.0, (0, 9420)), (nan, -540.0, (1, 960)), (nan, nan, (None, 9420))],
    ids=["passed", "failed", "by hand only", "none yet"],
)
def test_results_of_restore_tests_are_metrics(
    due: float, succeeded: float, expected: tuple[float | None, float], tmp_path: Path
) -> None:
    """Whether the last one passed, and how long ago one did."""
    deployed, steps = rules.deployed_systems()["fleet"], 8
    series = {CREATED: [-9000.0] * steps, DUE: [due] * steps, SUCCEEDED: [succeeded] * steps, ACTIVE: [0.0] * steps}
    labels = '{cronjob="fleet-db-restore-test", database="fleet_db", namespace="fleet", system="fleet"}'
    passed, age = expected
    wanted = {f"{RESTORE_PASSED}{labels}": passed, f"{RESTORE_AGE}{labels}": age}
    assert rules.recorded(deployed, series, wanted, tmp_path) == ""


def test_a_broker_without_any_node_is_reported(tmp_path: Path) -> None:
    deployed, rule = rules.only("marketplace", "BrokerNodeDown")
    happens = SCENARIOS[rule.name](deployed, rule)
    gone = Course(well=20, wrong=20).gauge(1, nan)
    series = {each: gone if "identity" in each else samples for each, samples in happens.series.items()}
    test = unit_test_of("marketplace", rule, series, happens.labels, silent=24, firing=25)
    assert rules.passes(deployed, [test], tmp_path) == ""


def test_messages_that_were_never_taken_are_too_old(tmp_path: Path) -> None:
    """RabbitMQ counts what is taken from the first time on only."""
    deployed, rule = rules.only("marketplace", "QueueTooOld")
    happens = SCENARIOS[rule.name](deployed, rule)
    waiting = Course(well=20, wrong=20).gauge(0, 1)
    series = {each: waiting for each in happens.series if "ready" in each}
    test = unit_test_of("marketplace", rule, series, happens.labels, silent=29, firing=30)
    assert rules.passes(deployed, [test], tmp_path) == ""


# --- the owner's three: what the seed wrote, and the two corrections --------------------------------------------------


def test_the_owners_alerts_are_as_the_seed_wrote_them() -> None:
    """By name, time, limit and text."""
    found = {rule.name: rule for rule in rules.alerts(rules.deployed_systems()["fleet"])}
    expected = {
        "PersonalUseAPIHighErrorRate": ("> 0.01", "High error rate on Personal Use API endpoints"),
        "PersonalUseAPISlowResponse": ("> 0.2", "Personal Use API response time > 200ms"),
        "PersonalUseDatabaseConnectionErrors": ("> 0", "Database connection errors detected"),
    }
    for name, (limit, summary) in expected.items():
        assert found[name].expr.endswith(limit)
        assert (found[name].for_, found[name].summary) == ("5m", summary)


def test_errors_are_compared_with_all_requests(tmp_path: Path) -> None:
    """100 errors a second of 100000 requests are a tenth of a percent; as the seed wrote it, one in 100 seconds fired."""
    deployed, rule = rules.only("fleet", "PersonalUseAPIHighErrorRate")
    taken = Course(well=30, wrong=0)
    path = "/api/trip-usage"
    series = {
        of_application("http_requests_total", deployed, path=path, status="200"): taken.counter(99900 * 60, 0),
        of_application("http_requests_total", deployed, path=path, status="500"): taken.counter(100 * 60, 0),
    }
    silent = [Moment(step, rule) for step in range(30)]
    assert rules.passes(deployed, [rules.unit_test(deployed, series, silent)], tmp_path) == ""


@pytest.mark.parametrize(("few", "fires_"), [(10, False), (100, True)])
def test_buckets_of_all_pods_are_summed(few: int, fires_: bool, tmp_path: Path) -> None:
    """One pod is slow. While it answers 1 of 100 requests, users are well; when it answers 1 of 10, they are not."""
    deployed, rule = rules.only("fleet", "PersonalUseAPISlowResponse")
    taken, path = Course(well=30, wrong=0), "/api/personal-use-charges"
    series: dict[str, Samples] = {}
    for le, slow, fast in (("0.2", 0, 1000 - few), ("1", few, 1000 - few), ("+Inf", few, 1000 - few)):
        for pod, growth in ((1, slow), (2, fast)):
            name = of_application("http_request_duration_seconds_bucket", deployed, pod, path=path, le=le)
            series[name] = taken.counter(growth, growth)
    last = Moment(20, rule, {} if fires_ else None)
    assert rules.passes(deployed, [rules.unit_test(deployed, series, [last])], tmp_path) == ""
