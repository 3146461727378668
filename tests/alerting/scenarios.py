"""What goes wrong, as Prometheus sees it: for each alert the series that make it fire, and that let it recover.

A series is a list of samples, one a step. Labels are those that the real givers have, with what a scrape adds. When the
alert's expression is true is worked out here from the system's settings and the samples alone, not from the expression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from components.cluster.monitoring.manifests.alerting.rule import Rule
from components.manifests import names
from components.manifests.environment import broker
from slipway.release.objects import SLOTS
from slipway.settings.fields import seconds
from slipway.settings.stacks import DeployedSystem

MINUTE = 60
WELL = 20
"""Steps for which all is well at first."""
Samples = Sequence[float]
"""Not a number where the series ends."""
Labels = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`wrong` says of each step whether the alert's expression is true; `labels` are those that the alert gets from the
    series; `step` is in seconds."""

    series: Mapping[str, Samples]
    wrong: Sequence[bool]
    labels: Labels = field(default_factory=dict)
    step: int = MINUTE


@dataclass(frozen=True)
class Course:
    """Well for a while, then wrong until the alert has fired for some steps, then well again."""

    well: int
    wrong: int
    after: int = 30

    @property
    def length(self) -> int:
        return self.well + self.wrong + self.after

    def is_wrong(self, step: int) -> bool:
        return self.well <= step < self.well + self.wrong

    def gauge(self, well: float, wrong: float) -> list[float]:
        return [wrong if self.is_wrong(step) else well for step in range(self.length)]

    def counter(self, well: float, wrong: float) -> list[float]:
        """What is added at each step."""
        total, found = 0.0, []
        for step in range(self.length):
            total += wrong if self.is_wrong(step) else well
            found.append(total)
        return found


Builder = Callable[[DeployedSystem, Rule], Scenario]


def labelled(metric: str, **labels: str) -> str:
    return metric + "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def fires(scenario: Scenario, rule: Rule) -> int:
    """The step from which the alert fires: true for as long as the rule's `for`."""
    first = scenario.wrong.index(True)
    return first + ceil(seconds(rule.for_) / scenario.step)


def recovers(scenario: Scenario, rule: Rule) -> int:
    """The first step after it fired at which it does not any more."""
    return scenario.wrong.index(False, fires(scenario, rule))


def course(rule: Rule, *, reaction: int = 6, step: int = MINUTE, well: int = WELL) -> Course:
    """Wrong for as long as the alert waits, and for `reaction` steps more, until an average over time has followed."""
    return Course(well=well, wrong=ceil(seconds(rule.for_) / step) + reaction)


def increase(samples: Samples, step: int, window: int) -> float:
    return samples[step] - samples[max(step - window, 0)]


# --- what a scrape adds -----------------------------------------------------------------------------------------------

_STATE = {"job": "kube-state-metrics", "endpoint": "http", "service": "metrics-kube-state-metrics"}
_STATE_POD = {"container": "kube-state-metrics", "pod": "metrics-kube-state-metrics-7d4b9c5f6-x2x7k"}


def of_kubernetes(metric: str, instance: str = "10.20.1.7:8080", /, **labels: str) -> str:
    """As kube-state-metrics gives it: what the metric has not itself is the exporter's own."""
    return labelled(metric, **{**_STATE, **_STATE_POD, "instance": instance, **labels})


def of_container(metric: str, deployed: DeployedSystem, pod: str, container: str) -> str:
    own = {"namespace": deployed.namespace, "pod": pod, "container": container}
    return labelled(metric, job="kubelet", metrics_path="/metrics/cadvisor", node="node-1", **own)


def of_gateway(
    metric: str, namespace: str, service: str, proxy: str = "proxy-1", slot: str = "blue", **own: str
) -> str:
    """As Envoy gives it: namespace and route, and the numbers of rule and backend."""
    number = next(number for number, each in enumerate(SLOTS) if each == slot)
    cluster = f"httproute/{namespace}/{service}-web/rule/1/backend/{number}"
    return labelled(metric, namespace="envoy-gateway-system", pod=proxy, envoy_cluster_name=cluster, **own)


def of_database(metric: str, deployed: DeployedSystem, **own: str) -> str:
    database = next(name for name, each in deployed.definition.databases.items() if each.engine == "postgres")
    where = {"namespace": deployed.namespace, "database": database}
    return labelled(metric, job="exporter", pod=f"{database}-exporter-1", instance="10.20.1.9:9187", **where, **own)


def database_labels(deployed: DeployedSystem) -> Labels:
    database = next(name for name, each in deployed.definition.databases.items() if each.engine == "postgres")
    return {"namespace": deployed.namespace, "database": database}


def of_broker(metric: str, deployed: DeployedSystem, node: int = 0, /, **own: str) -> str:
    pod = f"{broker(deployed.name)}-server-{node}"
    return labelled(metric, namespace=deployed.namespace, pod=pod, instance=f"10.20.1.{30 + node}:15691", **own)


def of_page(metric: str, deployed: DeployedSystem) -> str:
    return labelled(metric, job=f"{deployed.name}-pages", **page_labels(deployed))


def page_labels(deployed: DeployedSystem) -> Labels:
    return {"instance": f"https://{next(iter(deployed.definition.domains.values()))}", "system": deployed.name}


def of_agent(deployed: DeployedSystem, kind: str, node: int = 1) -> str:
    service = first_service(deployed)
    own = {"system": deployed.name, "service": service, "slot": "blue", "kind": kind}
    return labelled("slipway_log_lines_total", namespace="logging", pod=f"agent-{node}", **own)


def first_service(deployed: DeployedSystem) -> str:
    return next(iter(deployed.definition.services))


def first_pod(deployed: DeployedSystem, number: int = 1) -> str:
    return f"{first_service(deployed)}-blue-5d9c7b6f8-abc{number}x"


def in_slot(deployed: DeployedSystem) -> Labels:
    return {"service": first_service(deployed), "slot": "blue"}


# --- traffic ----------------------------------------------------------------------------------------------------------

REQUESTS = "envoy_cluster_upstream_rq_xx"
TIMES = "envoy_cluster_upstream_rq_time"
RATE = 100
"""Requests a second."""
OVER = 1.1
"""How far above the burn rate a scenario stays: not so far that an alert of a higher one fires too."""


@dataclass(frozen=True, kw_only=True)
class Burn:
    """One of the four: budget burnt `factor` times too fast over the long and the short window, in minutes. Before it,
    all is well for `history`, so that no longer window fires first."""

    factor: float
    long: int
    short: int
    step: int
    history: int

    def steps(self, minutes: int) -> int:
        return minutes * 60 // self.step


DAY = 24 * 60
BURNS = {
    "1h": Burn(factor=14.4, long=60, short=5, step=60, history=4 * 60),
    "6h": Burn(factor=6, long=6 * 60, short=30, step=300, history=36 * 60),
    "1d": Burn(factor=3, long=DAY, short=2 * 60, step=900, history=3 * DAY),
    "3d": Burn(factor=1, long=3 * DAY, short=6 * 60, step=3600, history=3 * DAY),
}
"""By the label `window`: the table of the SRE workbook, written down once more."""


def _burnt(burn: Burn, rule: Rule, budget: float) -> tuple[Course, Samples, Sequence[bool]]:
    """The share of bad requests goes from none to just above what the alert allows."""
    share, every = budget * burn.factor * OVER, RATE * burn.step
    until = ceil(burn.steps(burn.long) / OVER) + 1 + ceil(seconds(rule.for_) / burn.step)
    taken = Course(well=burn.steps(burn.history), wrong=until, after=12)
    bad = taken.counter(0, share * every)

    def over(step: int, minutes: int) -> bool:
        window = min(burn.steps(minutes), step)
        return window > 0 and increase(bad, step, window) / (every * window) > budget * burn.factor

    wrong = [over(step, burn.long) and over(step, burn.short) for step in range(taken.length)]
    return taken, bad, wrong


def error_budget_burn(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Two proxies count; a service of somebody else fails all the time, which is none of ours."""
    burn, service = BURNS[rule.labels["window"]], first_service(deployed)
    taken, bad, wrong = _burnt(burn, rule, deployed.definition.objectives.error_percent / 100)
    every = taken.counter(RATE * burn.step, RATE * burn.step)
    good = [all_ - failed for all_, failed in zip(every, bad, strict=True)]
    series: dict[str, Samples] = {}
    for proxy in ("proxy-1", "proxy-2"):
        for code, samples in (("2", good), ("5", bad)):
            own = {"proxy": proxy, "envoy_response_code_class": code}
            series[of_gateway(REQUESTS, deployed.namespace, service, **own)] = samples
    series[of_gateway(REQUESTS, "somebody", "else", envoy_response_code_class="5")] = every
    return Scenario(series=series, wrong=wrong, labels={"service": service}, step=burn.step)


def latency_budget_burn(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Of 100 requests 5 may take longer than the p95. Proxies share the requests unevenly."""
    burn, service = BURNS[rule.labels["window"]], first_service(deployed)
    taken, slow, wrong = _burnt(burn, rule, 0.05)
    every = taken.counter(RATE * burn.step, RATE * burn.step)
    fast = [all_ - late for all_, late in zip(every, slow, strict=True)]
    series: dict[str, Samples] = {}
    for proxy, part in (("proxy-1", 1), ("proxy-2", 3)):
        for le, samples in ((bound(deployed), fast), ("30000", every), ("+Inf", every)):
            name = of_gateway(f"{TIMES}_bucket", deployed.namespace, service, proxy, le=le)
            series[name] = [each * part for each in samples]
        count = of_gateway(f"{TIMES}_count", deployed.namespace, service, proxy)
        series[count] = [each * part for each in every]
    return Scenario(series=series, wrong=wrong, labels={"service": service}, step=burn.step)


def bound(deployed: DeployedSystem) -> str:
    """The p95 as a bound of Envoy's buckets, in milliseconds."""
    return f"{seconds(deployed.definition.objectives.p95) * 1000:g}"


def average_latency_high(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """The mean over five minutes doubles what the owner promises."""
    limit = seconds(deployed.definition.objectives.average or "0s") * 1000
    taken, service = course(rule), first_service(deployed)
    spent = taken.counter(limit / 2 * 600, limit * 2 * 600)
    every = taken.counter(600, 600)
    series = {
        of_gateway(f"{TIMES}_sum", deployed.namespace, service): spent,
        of_gateway(f"{TIMES}_count", deployed.namespace, service): every,
    }
    wrong = [step >= 5 and increase(spent, step, 5) / (600 * 5) > limit for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels={"service": service})


def errors_above_rollback(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """A fifth more of the requests fail than the owner bears, at a pace that burns the budget of a month too slowly for
    the burn alerts to report it soon."""
    limit, taken = (deployed.definition.release.rollback.error_percent or 0) / 100, course(rule, reaction=8)
    service, every = first_service(deployed), 60 * RATE
    bad = taken.counter(0, limit * 1.2 * every)
    good = [every * (step + 1) - failed for step, failed in enumerate(bad)]
    series = {
        of_gateway(REQUESTS, deployed.namespace, service, envoy_response_code_class=code): samples
        for code, samples in (("2", good), ("5", bad))
    }
    wrong = [step >= 5 and increase(bad, step, 5) / (every * 5) > limit for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels={"service": service})


def latency_regression(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Answers took up to 100 ms for a day, and take up to 250 ms now."""
    taken, service, every = course(rule, well=25 * 60, reaction=20), first_service(deployed), 600
    fast = taken.counter(every, 0)
    series = {
        of_gateway(f"{TIMES}_bucket", deployed.namespace, service, le=le): samples
        for le, samples in (("100", fast), ("250", taken.counter(every, every)), ("+Inf", taken.counter(every, every)))
    }

    def p95(step: int) -> float:
        quick, all_ = increase(fast, step, 5), every * 5
        if quick >= 0.95 * all_:
            return 100 * 0.95 * all_ / quick
        return 100 + 150 * (0.95 * all_ - quick) / (all_ - quick)

    percent = deployed.definition.objectives.latency_regression_percent or 0
    seen = [p95(step) if step >= 5 else 95.0 for step in range(taken.length)]
    wrong = [sum(seen[max(step - 15, 0) : step + 1]) / 16 > 95 * (1 + percent / 100) for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels={"service": service, "slot": "blue"})


# --- workloads --------------------------------------------------------------------------------------------------------


def _while_wrong(taken: Course) -> list[bool]:
    return [taken.is_wrong(step) for step in range(taken.length)]


def service_down(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """The slot that visitors use loses all of its pods; one that is scaled to nothing and one of no service are well."""
    taken, namespace = course(rule), deployed.namespace
    ours = f"{first_service(deployed)}-blue"
    unused, other = f"{first_service(deployed)}-green", "exporter"
    wanted, there = "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"
    series = {
        of_kubernetes(wanted, namespace=namespace, deployment=ours): taken.gauge(2, 2),
        of_kubernetes(there, namespace=namespace, deployment=ours): taken.gauge(2, 0),
        of_kubernetes(wanted, namespace=namespace, deployment=unused): taken.gauge(0, 0),
        of_kubernetes(there, namespace=namespace, deployment=unused): taken.gauge(0, 0),
        of_kubernetes(wanted, namespace=namespace, deployment=other): taken.gauge(1, 1),
        of_kubernetes(there, namespace=namespace, deployment=other): taken.gauge(0, 0),
    }
    labels = {"namespace": namespace, "deployment": ours, **in_slot(deployed)}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=labels)


def metrics_missing(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Both pods answer no scrape; those of the system's other services do."""
    taken = course(rule)
    series: dict[str, Samples] = {}
    for name, service in deployed.definition.services.items():
        for pod in (f"{name}-blue-1", f"{name}-blue-2") if service.metrics else ():
            up = labelled("up", namespace=deployed.namespace, pod=pod, service=name, slot="blue")
            series[up] = taken.gauge(1, 0) if name == rule.labels["service"] else taken.gauge(1, 1)
    return Scenario(series=series, wrong=_while_wrong(taken))


def pod_crash_looping(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Kubernetes reports the waiting container only while it waits: the series is gone in between."""
    taken, namespace, pod = course(rule), deployed.namespace, first_pod(deployed)
    waiting = "kube_pod_container_status_waiting_reason"
    own = {"namespace": namespace, "pod": pod, "container": first_service(deployed)}
    seen = [float(taken.is_wrong(step) and step % 2 == 0) for step in range(taken.length)]
    series = {of_kubernetes(waiting, reason="CrashLoopBackOff", **own): seen}
    wrong = [any(seen[max(step - 5, 0) : step + 1]) for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels={**own, **in_slot(deployed)})


def cpu_saturated(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Two pods of one slot; the sidecar of one counts as well."""
    taken, limit = course(rule), deployed.definition.objectives.cpu_percent / 100
    used = taken.counter(0.2 * limit * MINUTE, 1.5 * limit * MINUTE)
    wrong = [step >= 5 and increase(used, step, 5) / (5 * MINUTE) > limit for step in range(taken.length)]
    series = _usage(deployed, "container_cpu_usage_seconds_total", "cpu", used, taken)
    return Scenario(series=series, wrong=wrong, labels=in_slot(deployed))


def memory_saturated(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """As soon as the working set is above the share of what is requested."""
    taken, limit = course(rule), deployed.definition.objectives.memory_percent / 100
    used = taken.gauge(limit - 0.01, limit + 0.01)
    series = _usage(deployed, "container_memory_working_set_bytes", "memory", used, taken)
    return Scenario(series=series, wrong=_while_wrong(taken), labels=in_slot(deployed))


def _usage(deployed: DeployedSystem, metric: str, resource: str, used: Samples, taken: Course) -> dict[str, Samples]:
    """Each pod asks for 1 core or byte; a database's pod, and the sum that the kubelet gives of each pod, do not count."""
    series: dict[str, Samples] = {}
    service, asked = first_service(deployed), "kube_pod_container_resource_requests"
    for number in (1, 2):
        pod = first_pod(deployed, number)
        own = {"namespace": deployed.namespace, "pod": pod, "resource": resource}
        for container, part in ((service, 0.75), ("proxy", 0.25)):
            series[of_container(metric, deployed, pod, container)] = [each * part for each in used]
            series[of_kubernetes(asked, container=container, **own)] = taken.gauge(part, part)
        series[of_container(metric, deployed, pod, "")] = [each * 10 for each in used]
    series[of_container(metric, deployed, "postgres-0", "postgres")] = [each * 10 for each in used]
    return series


def autoscaler_at_maximum(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """An autoscaler that may have one pod only is always at its maximum, and well."""
    taken, namespace = course(rule), deployed.namespace
    now = "kube_horizontalpodautoscaler_status_current_replicas"
    most = "kube_horizontalpodautoscaler_spec_max_replicas"
    ours, single = f"{first_service(deployed)}-blue", f"{first_service(deployed)}-green"
    series = {
        of_kubernetes(now, namespace=namespace, horizontalpodautoscaler=ours): taken.gauge(9, 10),
        of_kubernetes(most, namespace=namespace, horizontalpodautoscaler=ours): taken.gauge(10, 10),
        of_kubernetes(now, namespace=namespace, horizontalpodautoscaler=single): taken.gauge(1, 1),
        of_kubernetes(most, namespace=namespace, horizontalpodautoscaler=single): taken.gauge(1, 1),
    }
    labels = {"namespace": namespace, "horizontalpodautoscaler": ours}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=labels)


# --- databases --------------------------------------------------------------------------------------------------------


def database_down(deployed: DeployedSystem, rule: Rule) -> Scenario:
    taken = course(rule)
    series = {of_database("pg_up", deployed): taken.gauge(1, 0)}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=database_labels(deployed))


def database_connections_high(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Connections are counted by state: only their sum is too much."""
    taken = course(rule)
    series = {
        of_database("pg_stat_activity_count", deployed, state="active", datname="a"): taken.gauge(40, 41),
        of_database("pg_stat_activity_count", deployed, state="idle", datname="a"): taken.gauge(40, 40),
        of_database("pg_settings_max_connections", deployed, server="localhost:5432"): taken.gauge(100, 100),
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=database_labels(deployed))


def database_slow_queries(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """A connection that is idle for hours is well."""
    taken, longest = course(rule), "pg_stat_activity_max_tx_duration"
    slowest = max(each.slow_query_ms for each in deployed.definition.databases.values() if each.engine == "postgres")
    limit = max(slowest / 1000 * 30, 30)
    series = {
        of_database(longest, deployed, state="active"): taken.gauge(1, 1),
        of_database(longest, deployed, state="idle in transaction"): taken.gauge(limit, limit + 1),
        of_database(longest, deployed, state="idle"): taken.gauge(9000, 9000),
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=database_labels(deployed))


def database_latency_high(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """The mean over all statements, which each have a series of their own."""
    limit = seconds(deployed.definition.objectives.database_p95 or "0s")
    taken = course(rule)
    spent = taken.counter(limit * 500, limit * 1500)
    series: dict[str, Samples] = {}
    for query, part in (("1", 0.9), ("2", 0.1)):
        series[of_database("pg_stat_statements_seconds_total", deployed, queryid=query)] = [
            each * part for each in spent
        ]
        series[of_database("pg_stat_statements_calls_total", deployed, queryid=query)] = taken.counter(500, 500)
    wrong = [step >= 5 and increase(spent, step, 5) / (1000 * 5) > limit for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels=database_labels(deployed))


def database_replication_lag(deployed: DeployedSystem, rule: Rule) -> Scenario:
    taken = course(rule)
    series = {of_database("pg_replication_lag_seconds", deployed): taken.gauge(30, 31)}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=database_labels(deployed))


def backup_too_old(deployed: DeployedSystem, rule: Rule) -> Scenario:
    return _stale(deployed, rule, names.dump(rule.labels["database"]), 26)


def restore_test_overdue(deployed: DeployedSystem, rule: Rule) -> Scenario:
    return _stale(deployed, rule, names.restore_test(rule.labels["database"]), 8 * 24)


def _stale(deployed: DeployedSystem, rule: Rule, job: str, hours: int) -> Scenario:
    """Time begins at 0: the last success was before. It counts more than when the CronJob was made."""
    taken = course(rule)
    own = {"namespace": deployed.namespace, "cronjob": job}
    long_ago = WELL * MINUTE - hours * 3600 - 1
    series = {
        of_kubernetes("kube_cronjob_status_last_successful_time", **own): [
            long_ago if step < taken.well + taken.wrong else step * MINUTE for step in range(taken.length)
        ],
        of_kubernetes("kube_cronjob_created", **own): [-9e9] * taken.length,
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=own)


def restore_test_failed(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """A run fails, and the next one passes; each takes three steps, in which the last result holds. The failed Job stays
    in the history, which does not count."""
    taken, job = course(rule), names.restore_test(rule.labels["database"])
    failed, passed, took = taken.well, taken.well + taken.wrong, 3
    runs = {failed - took: failed, passed - took: passed}
    long_ago = -86400.0

    def latest(begins: Sequence[int]) -> list[float]:
        return [
            max((begin * MINUTE for begin in begins if begin <= step), default=long_ago) for step in range(taken.length)
        ]

    running = [float(any(begin <= step < end for begin, end in runs.items())) for step in range(taken.length)]
    own = {"namespace": deployed.namespace, "cronjob": job}
    history = {"namespace": deployed.namespace, "job_name": f"{job}-29123456", "reason": "BackoffLimitExceeded"}
    series = {
        of_kubernetes("kube_cronjob_created", **own): [-9e9] * taken.length,
        of_kubernetes("kube_cronjob_status_last_schedule_time", **own): latest(list(runs)),
        of_kubernetes("kube_cronjob_status_last_successful_time", **own): latest([passed]),
        of_kubernetes("kube_cronjob_status_active", **own): running,
        of_kubernetes("kube_job_status_failed", **history): [float(step >= failed) for step in range(taken.length)],
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=own)


def _job(deployed: DeployedSystem, rule: Rule, job: str) -> Scenario:
    """Kubernetes tells each reason by itself. A Job of another name fails all the time."""
    taken = course(rule)
    failed, own = "kube_job_status_failed", {"namespace": deployed.namespace, "job_name": job}
    series = {
        of_kubernetes(failed, reason="BackoffLimitExceeded", **own): taken.gauge(0, 1),
        of_kubernetes(failed, reason="DeadlineExceeded", **own): taken.gauge(0, 0),
        of_kubernetes(failed, namespace=deployed.namespace, job_name="nightly-report"): taken.gauge(1, 1),
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=own)


# --- operations -------------------------------------------------------------------------------------------------------


def certificate_expires_soon(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """It is renewed in the end."""
    taken = course(rule)
    own = {"namespace": deployed.namespace, "name": "web"}
    soon, late = WELL * MINUTE + 14 * 86400 - 1, 90 * 86400
    until = [soon if step < taken.well + taken.wrong else late for step in range(taken.length)]
    scrape = {"job": "cert-manager", "pod": "cert-manager-1", "instance": "10.20.1.4:9402"}
    series = {labelled("certmanager_certificate_expiration_timestamp_seconds", **scrape, **own): until}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=own)


def page_down(deployed: DeployedSystem, rule: Rule) -> Scenario:
    taken = course(rule)
    series = {of_page("probe_success", deployed): taken.gauge(1, 0)}
    labels = {"job": f"{deployed.name}-pages", **page_labels(deployed)}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=labels)


def availability_budget_burn(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """A sample stands for the tries of a step, of which a share fails: just above what the alert allows."""
    burn = BURNS[rule.labels["window"]]
    allowed = (1 - deployed.definition.objectives.availability_percent / 100) * burn.factor
    until = ceil(burn.steps(burn.long) / OVER) + 1 + ceil(seconds(rule.for_) / burn.step)
    taken = Course(well=burn.steps(burn.history), wrong=until, after=12)
    probes = taken.gauge(1, 1 - allowed * OVER)

    def over(step: int, minutes: int) -> bool:
        seen = probes[max(step - burn.steps(minutes), 0) : step + 1]
        return 1 - sum(seen) / len(seen) > allowed

    wrong = [over(step, burn.long) and over(step, burn.short) for step in range(taken.length)]
    labels = {"job": f"{deployed.name}-pages", **page_labels(deployed)}
    return Scenario(series={of_page("probe_success", deployed): probes}, wrong=wrong, labels=labels, step=burn.step)


def page_load_slow(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """The mean of the last five minutes: one slow load is none."""
    limit, taken = seconds(deployed.definition.objectives.page_load or "0s"), course(rule)
    took = taken.gauge(limit / 2, limit * 1.2)
    last = [took[max(step - 5, 0) : step + 1] for step in range(taken.length)]
    wrong = [sum(each) / len(each) > limit for each in last]
    labels = {"job": f"{deployed.name}-pages", **page_labels(deployed)}
    return Scenario(series={of_page("probe_duration_seconds", deployed): took}, wrong=wrong, labels=labels)


def error_lines_in_logs(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Agents of two nodes count the same service."""
    taken = course(rule, reaction=12)
    lines = taken.counter(0, 4)
    series = {of_agent(deployed, "error", node): lines for node in (1, 2)}
    wrong = [2 * increase(lines, step, 10) > 50 for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels=in_slot(deployed))


def forbidden_lines_in_logs(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """One line is enough, and is told for five minutes."""
    taken = Course(well=WELL, wrong=1)
    lines = taken.counter(0, 1)
    wrong = [increase(lines, step, 5) > 0 for step in range(taken.length)]
    return Scenario(series={of_agent(deployed, "forbidden"): lines}, wrong=wrong, labels=in_slot(deployed))


def audit_log_silent(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Lines every quarter of an hour, then none for more than a day."""
    step, day = 900, 96
    taken = Course(well=day + 4, wrong=day + ceil(seconds(rule.for_) / step) + 6)
    lines = taken.counter(3, 0)
    wrong = [at > 0 and increase(lines, at, day) == 0 for at in range(taken.length)]
    return Scenario(series={of_agent(deployed, "audit"): lines}, wrong=wrong, step=step)


def migration_failed(deployed: DeployedSystem, rule: Rule) -> Scenario:
    return _job(deployed, rule, f"{names.migration(deployed.definition.migrations[-1].name)}-1a2b3c4d")


# --- queues -----------------------------------------------------------------------------------------------------------

_READY = "rabbitmq_queue_messages_ready"
_TAKEN = "rabbitmq_queue_messages_delivered_ack_total"
_QUEUE = {"vhost": "rent-to-own", "queue": "payments"}


def _queue_labels(deployed: DeployedSystem) -> Labels:
    return {"namespace": deployed.namespace, **_QUEUE}


def queue_too_deep(deployed: DeployedSystem, rule: Rule) -> Scenario:
    taken = course(rule)
    series = {of_broker(_READY, deployed, **_QUEUE): taken.gauge(1000, 1001)}
    return Scenario(series=series, wrong=_while_wrong(taken), labels=_queue_labels(deployed))


def queue_too_old(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """One message a minute is taken, then none; eight wait for less than ten minutes, and then for ever."""
    taken = course(rule, reaction=15)
    taken_away = taken.counter(1, 0)
    series = {
        of_broker(_READY, deployed, **_QUEUE): taken.gauge(8, 8),
        of_broker(_TAKEN, deployed, **_QUEUE): taken_away,
    }

    def old(step: int) -> bool:
        gone = increase(taken_away, step, 10) / 10 if step else 1.0
        return gone == 0 or 8 / gone > 10

    # Early on the rate is over less than ten minutes, and extrapolated.
    wrong = [step >= 10 and old(step) for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong, labels=_queue_labels(deployed))


def queue_without_consumer(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """A queue that nobody reads and nothing waits in is well."""
    taken, consumers = course(rule), "rabbitmq_queue_consumers"
    empty = {**_QUEUE, "queue": "refused"}
    series = {
        of_broker(_READY, deployed, **_QUEUE): taken.gauge(3, 3),
        of_broker(consumers, deployed, **_QUEUE): taken.gauge(2, 0),
        of_broker(_READY, deployed, **empty): taken.gauge(0, 0),
        of_broker(consumers, deployed, **empty): taken.gauge(0, 0),
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels=_queue_labels(deployed))


def broker_node_down(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """One of three is gone: its series ends, which is an empty sample."""
    taken = course(rule)
    there = taken.gauge(1, float("nan"))
    wanted = of_kubernetes(
        "kube_statefulset_replicas", namespace=deployed.namespace, statefulset=f"{broker(deployed.name)}-server"
    )
    series: dict[str, Samples] = {wanted: taken.gauge(3, 3)}
    for node in range(3):
        series[of_broker("rabbitmq_identity_info", deployed, node)] = there if node == 2 else taken.gauge(1, 1)
    return Scenario(series=series, wrong=_while_wrong(taken), labels={"namespace": deployed.namespace})


# --- alerts that owners declare by name -------------------------------------------------------------------------------

_PATH = {"job": "fleet-api", "method": "GET", "path": "/api/personal-use-policies"}


def of_application(metric: str, deployed: DeployedSystem, number: int = 1, /, **own: str) -> str:
    return labelled(metric, namespace=deployed.namespace, pod=first_pod(deployed, number), slot="blue", **own)


def personal_use_high_error_rate(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """Above 1 of 100 requests to these paths; what fails elsewhere does not count."""
    taken = course(rule)
    bad, every = taken.counter(0, 12), taken.counter(600, 600)
    good = [all_ - failed for all_, failed in zip(every, bad, strict=True)]
    counter = "http_requests_total"
    series = {
        of_application(counter, deployed, **_PATH, status="200"): good,
        of_application(counter, deployed, **_PATH, status="503"): bad,
        of_application(counter, deployed, path="/api/other", status="500"): every,
    }
    wrong = [increase(bad, step, 5) / (600 * 5) > 0.01 for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong)


def personal_use_slow_response(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """From 96 to 90 of 100 requests within 200 ms."""
    taken = course(rule)
    fast, every = taken.counter(576, 540), taken.counter(600, 600)
    bucket = "http_request_duration_seconds_bucket"
    series = {
        of_application(bucket, deployed, **_PATH, le="0.1"): [0.0] * taken.length,
        of_application(bucket, deployed, **_PATH, le="0.2"): fast,
        of_application(bucket, deployed, **_PATH, le="0.5"): every,
        of_application(bucket, deployed, **_PATH, le="+Inf"): every,
    }
    wrong = [step >= 5 and increase(fast, step, 5) / (600 * 5) < 0.95 for step in range(taken.length)]
    return Scenario(series=series, wrong=wrong)


def alert_without_data(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """What one alert reads is exported no more; the other's metric is."""
    taken = course(rule)
    series = {
        of_application(alert.metric, deployed, path="/"): taken.gauge(1, float("nan"))
        if alert.name == rule.labels["about"]
        else taken.gauge(1, 1)
        for alert in deployed.definition.alerts
        if alert.metric
    }
    return Scenario(series=series, wrong=_while_wrong(taken), labels={"namespace": deployed.namespace})


def personal_use_connection_errors(deployed: DeployedSystem, rule: Rule) -> Scenario:
    taken = course(rule)
    errors = taken.counter(0, 1)
    series = {of_application("database_connection_errors_total", deployed): errors}
    return Scenario(series=series, wrong=[increase(errors, step, 5) > 0 for step in range(taken.length)])


def system_closed(deployed: DeployedSystem, rule: Rule) -> Scenario:
    """The controller closes it for a release; another system is closed all the time."""
    taken = course(rule)
    own = {"namespace": "slipway-releases", "job": "controller", "stack": "local"}
    closed = labelled("slipway_release_closed", **own, pod="controller-1", system=deployed.name)
    other = labelled("slipway_release_closed", **own, pod="controller-1", system="other")
    series = {closed: taken.gauge(0, 1), other: [1.0] * taken.length}
    return Scenario(series=series, wrong=[taken.is_wrong(step) for step in range(taken.length)])


SCENARIOS: Mapping[str, Builder] = {
    "ErrorBudgetBurn": error_budget_burn,
    "LatencyBudgetBurn": latency_budget_burn,
    "ErrorsAboveRollback": errors_above_rollback,
    "LatencyRegression": latency_regression,
    "AverageLatencyHigh": average_latency_high,
    "ServiceDown": service_down,
    "MetricsMissing": metrics_missing,
    "PodCrashLooping": pod_crash_looping,
    "CpuSaturated": cpu_saturated,
    "MemorySaturated": memory_saturated,
    "AutoscalerAtMaximum": autoscaler_at_maximum,
    "DatabaseDown": database_down,
    "DatabaseConnectionsHigh": database_connections_high,
    "DatabaseSlowQueries": database_slow_queries,
    "DatabaseLatencyHigh": database_latency_high,
    "DatabaseReplicationLag": database_replication_lag,
    "BackupTooOld": backup_too_old,
    "RestoreTestOverdue": restore_test_overdue,
    "RestoreTestFailed": restore_test_failed,
    "CertificateExpiresSoon": certificate_expires_soon,
    "PageDown": page_down,
    "AvailabilityBudgetBurn": availability_budget_burn,
    "PageLoadSlow": page_load_slow,
    "ErrorLinesInLogs": error_lines_in_logs,
    "ForbiddenLinesInLogs": forbidden_lines_in_logs,
    "AuditLogSilent": audit_log_silent,
    "MigrationFailed": migration_failed,
    "SystemClosed": system_closed,
    "QueueTooDeep": queue_too_deep,
    "QueueTooOld": queue_too_old,
    "QueueWithoutConsumer": queue_without_consumer,
    "BrokerNodeDown": broker_node_down,
    "AlertWithoutData": alert_without_data,
    "PersonalUseAPIHighErrorRate": personal_use_high_error_rate,
    "PersonalUseAPISlowResponse": personal_use_slow_response,
    "PersonalUseDatabaseConnectionErrors": personal_use_connection_errors,
}
"""By the alert's name."""
