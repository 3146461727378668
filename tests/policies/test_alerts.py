"""Failures of each service, database and queue have an alert with a receiver, and a dashboard."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

SERVICES, DATA, FORM, BURNS = "service-alerts", "data-alerts", "alert-form", "alert-burn-rates"
RECEIVERS, DASHBOARDS = "alert-receivers", "service-dashboards"
RULES = (SERVICES, DATA, FORM, BURNS, RECEIVERS, DASHBOARDS)

FAILED = 'sum by (service) (rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~".+/fleet/.+", envoy_response_code_class="5"}[5m]))'
SLOW = 'histogram_quantile(0.95, rate(envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=~"httproute/fleet/web/.+"}[5m]))'
GONE = 'kube_deployment_status_replicas_available{namespace="fleet", deployment=~"api-.+"}'
SERVING = (f"{FAILED} > 0.1", f"{SLOW} > 500", f"{GONE} == 0")

LABELS = {"app.kubernetes.io/name": "api", "app.kubernetes.io/part-of": "fleet"}


def metadata(name: Any, namespace: Any = "fleet", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, **more}


def service(name: Any = "api-blue", labels: Any = LABELS, namespace: Any = "fleet") -> Fact:
    properties = {"metadata": metadata(name, namespace, labels=labels), "spec": {"selector": LABELS}}
    return Fact("kubernetes:core/v1:Service", properties, "api")


def deployment(name: Any = "api-blue") -> Fact:
    template = {"metadata": {"labels": {**LABELS, "slot": "blue"}}}
    return Fact("kubernetes:apps/v1:Deployment", {"metadata": metadata(name), "spec": {"template": template}}, "pods")


def route(backends: Any = "api-blue", **options: Any) -> Fact:
    references = [{"name": backends, "port": 80}] if isinstance(backends, str) else backends
    rules = [{"backendRefs": references}] if isinstance(references, list) and backends != UNKNOWN else UNKNOWN
    properties = {"metadata": metadata("web"), "spec": {"rules": rules}}
    return Fact("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", properties, "web", **options)


def alert(expr: Any, severity: Any = "critical", **more: Any) -> dict[str, Any]:
    annotations = {"summary": "it fails", "description": "users see it", "runbook_url": "https://docs.example.com/a"}
    labels = {"severity": severity, "system": "fleet"}
    return {"alert": "It", "expr": expr, "for": "2m", "labels": labels, "annotations": annotations, **more}


def rules(*members: Any, name: str = "alerts", provider: str = "cluster", notes: Any = None) -> Fact:
    groups = [{"name": "all", "rules": list(members)}]
    properties = {"metadata": metadata(name, annotations=notes or {}), "spec": {"groups": groups}}
    return Fact("kubernetes:monitoring.coreos.com/v1:PrometheusRule", properties, name, provider)


def dashboard(*expressions: str, content: Any = None, label: bool = True) -> Fact:
    inner = [{"targets": [{"expr": each}, {"refId": "B"}]} for each in expressions]
    board = {"title": "Fleet", "panels": [{"type": "row", "panels": inner}, {"type": "text"}]}
    labels = {"grafana_dashboard": "1"} if label else {}
    data = {"fleet.json": json.dumps(board)} if content is None else content
    properties = {"metadata": metadata("dashboard", labels=labels), "data": data}
    return Fact("kubernetes:core/v1:ConfigMap", properties, "dashboard")


SEEN = dashboard('sum(rate(envoy_cluster_upstream_rq_xx{envoy_cluster_name=~".+/$namespace/.+"}[$__rate_interval]))')
REPORTED = Fact(
    "kubernetes:core/v1:Secret",
    {
        "metadata": metadata("routes", annotations={"slipway.dev/source": "Pulumi.prod.yaml:clusters.main.monitoring"}),
        "stringData": {
            "alertmanager.yaml": yaml.safe_dump(
                {"route": {"receiver": "all"}, "receivers": [{"name": "all", "slack_configs": [{"channel": "#ops"}]}]}
            )
        },
    },
    "routes",
)
AROUND = (SEEN, REPORTED)
"""What the other rules of this concern ask for."""


class TestServices:
    """Alerts and dashboards of what routes lead to."""

    def test_read_by_alerts_satisfies(self, preview: Evaluator, update: Evaluator) -> None:
        """An alert of failures, of slow requests and of missing pods, wherever it stands in the cluster."""
        facts = (route(), service(), deployment(), rules(*map(alert, SERVING)), *AROUND)
        assert preview.evaluate(*facts) == []
        assert update.evaluate(*facts) == []
        assert preview.evaluate(*facts, outputs=False) == []

    def test_read_through_recordings_satisfies(self, preview: Evaluator) -> None:
        """An alert on a recorded series reads what the recording rule reads, over several steps."""
        members = [
            {"record": "raw", "expr": FAILED},
            {"record": "errors", "expr": "raw / 2", "labels": {"system": "fleet"}},
            {"record": "loop", "expr": "loop + 1"},
            alert('errors{system="fleet"} > 0.1'), alert("loop > 1"), *map(alert, SERVING[1:]),
        ]  # fmt: skip
        assert preview.evaluate(route(), service(), deployment(), rules(*members), *AROUND) == []
        members[3] = alert('errors{system="other"} > 0.1')
        findings = preview.evaluate(route(), service(), deployment(), rules(*members), *AROUND)
        assert outcomes(findings) == [(SERVICES, "mandatory")]

    @pytest.mark.parametrize("number", range(3))
    def test_each_kind_of_alert_is_needed(self, preview: Evaluator, number: int) -> None:
        """Without one of the three the service is named, and the kind that it lacks."""
        left = [alert(each) for place, each in enumerate(SERVING) if place != number]
        findings = preview.evaluate(route(), service(), deployment(), rules(*left), *AROUND)
        assert outcomes(findings) == [(SERVICES, "mandatory")]
        assert ("error rate", "latency", "availability")[number] in findings[0].message
        assert findings[0].name == "api"

    @pytest.mark.parametrize(
        "expr",
        [
            FAILED.replace("fleet", "other"),
            FAILED.replace('"5"', '"2"'),
            FAILED.replace(', envoy_response_code_class="5"', ""),
            FAILED.replace("=~", "!~"),
            FAILED.replace("rq_xx", "rq_total"),
            FAILED.replace('".+/fleet/.+"', '"("'),
            FAILED.replace('".+/fleet/.+"', '"a{99999999999999999999}"'),
            "sum(", "", 7, None, ["up"], '"text"', "vector(1)",
        ],
    )  # fmt: skip
    def test_alerts_of_something_else_do_not_count(self, preview: Evaluator, expr: Any) -> None:
        """What is read must be failures of this very service."""
        members = [alert(expr), *map(alert, SERVING[1:])]
        findings = preview.evaluate(route(), service(), deployment(), rules(*members), *AROUND)
        assert (SERVICES, "mandatory") in outcomes(findings)
        assert all("error rate" in each.message for each in findings if each.policy == SERVICES)

    def test_alerts_of_another_cluster_do_not_count(self, preview: Evaluator) -> None:
        """Prometheus sees its own cluster only."""
        elsewhere = rules(*map(alert, SERVING), provider="other")
        findings = preview.evaluate(route(), service(), deployment(), elsewhere, SEEN)
        assert outcomes(findings).count((SERVICES, "mandatory")) == 3

    def test_services_without_visitors_need_none(self, preview: Evaluator) -> None:
        """Only what a route leads to is judged."""
        assert preview.evaluate(service(), deployment()) == []
        assert preview.evaluate(route([{"kind": "Backend", "name": "api-blue"}]), service()) == []

    def test_services_of_a_closed_system_need_none(self, preview: Evaluator) -> None:
        """Only smoke tests reach them, by a header that every request of their route has."""
        sent = {"name": "x-slipway-bypass-token", "type": "RegularExpression", "value": ".+"}
        backends = {"backendRefs": [{"name": "api-blue"}]}

        def found(*rules: Any) -> list[str]:
            properties = {"metadata": metadata("web-pass"), "spec": {"rules": list(rules)}}
            route = Fact("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", properties, "web-pass")
            return [each.policy for each in preview.evaluate(route, service(), deployment())]

        smoke = {**backends, "matches": [{"headers": [sent]}, {"headers": [{"name": "x"}, sent]}]}
        assert found(smoke) == []
        for open_too in (backends, {**backends, "matches": [{"headers": [sent]}, {"path": {"value": "/"}}]}, UNKNOWN):
            assert SERVICES in found(smoke, open_too)

    @pytest.mark.parametrize(
        ("facts", "named"),
        [
            ((route(), service(), rules(alert(UNKNOWN), *map(alert, SERVING[1:]))), "rules[0].expr of alerts"),
            ((route(), service(), rules(UNKNOWN, *map(alert, SERVING[1:]))), "rules[0] of alerts"),
            ((route(), service(namespace=UNKNOWN), rules(*map(alert, SERVING))), "metadata.namespace of api"),
            ((route(UNKNOWN), service(), rules(*map(alert, SERVING))), "spec.rules"),
            ((route([{"name": UNKNOWN}]), service(), rules(*map(alert, SERVING))), "backendRefs[0].name of web"),
        ],
    )
    def test_unknown_is_told_and_blocks_later(
        self, preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...], named: str
    ) -> None:
        """An unknown that may hide an alert or a service is named, and blocks an update."""
        findings = [each for each in preview.evaluate(*facts, *AROUND) if each.policy == SERVICES]
        assert {each.level for each in findings} == {"advisory"}
        assert any(named in each.message for each in findings)
        later = [each for each in update.evaluate(*facts, *AROUND) if each.policy == SERVICES]
        assert {each.level for each in later} == {"mandatory"}

    @pytest.mark.parametrize(
        "board",
        [
            dashboard(),
            dashboard('envoy_cluster_upstream_rq_xx{envoy_cluster_name=~".+/other/.+"}'),
            dashboard(FAILED, label=False),
            dashboard(content={}),
            dashboard(content={"fleet.json": 7}),
            dashboard(content={"fleet.json": "[1]"}),
            pytest.param(dashboard(content={"fleet.json": "[" * 5_000}), id="deep"),
            dashboard(content={"fleet.json": '{"panels": {"targets": 1}}'}),
            dashboard(content="text"),
        ],
    )
    def test_service_on_no_dashboard_violates(self, preview: Evaluator, board: Fact) -> None:
        """A dashboard must show the requests of the service."""
        facts = (route(), service(), deployment(), rules(*map(alert, SERVING)), board, REPORTED)
        findings = [each for each in preview.evaluate(*facts) if each.name == "api"]
        assert outcomes(findings) == [(DASHBOARDS, "mandatory")]

    def test_unknown_dashboard_is_reported(self, preview: Evaluator, update: Evaluator) -> None:
        """What a dashboard shows may not be known yet."""
        for content in (UNKNOWN, {"fleet.json": UNKNOWN}):
            facts = (
                route(),
                service(),
                deployment(),
                rules(*map(alert, SERVING)),
                dashboard(content=content),
                REPORTED,
            )
            assert outcomes(preview.evaluate(*facts)) == [(DASHBOARDS, "advisory")]
            assert outcomes(update.evaluate(*facts)) == [(DASHBOARDS, "mandatory")]

    def test_a_dashboard_that_is_no_json_violates(self, preview: Evaluator) -> None:
        """Grafana would show nothing of it, and nothing of its text is told."""
        findings = preview.evaluate(dashboard(content={"fleet.json": secret(f"{{{CANARY}")}))
        assert outcomes(findings) == [(DASHBOARDS, "mandatory")]
        assert CANARY not in findings[0].message


PLACE = "systems/fleet/system.yaml:databases.fleet_db"
PROMETHEUS = 'pg_up{namespace="fleet"} == 0', 'sum by (database) (pg_stat_activity_count{database="fleet_db"}) > 80'
AGES = tuple(
    f'time() - kube_cronjob_status_last_successful_time{{namespace="fleet", cronjob="{job}"}} > 93600'
    for job in ("fleet-db-dump", "fleet-db-test")
)
STORES: dict[str, Callable[..., Fact]] = {
    "rds": lambda **more: Fact("aws:rds/instance:Instance", {"tags": {"slipway.dev/source": PLACE}, **more}, "db"),
    "flexible server": lambda **more: Fact(
        "azure-native:dbforpostgresql:Server", {"tags": {"slipway-source": PLACE}, **more}, "db"
    ),
    "cnpg": lambda **more: Fact(
        "kubernetes:postgresql.cnpg.io/v1:Cluster",
        {"metadata": metadata("fleet-db", annotations={"slipway.dev/source": PLACE}), **more},
        "db",
    ),
}


def monitor(source: Any = PLACE, relabelings: Any = None) -> Fact:
    fixed = [{"targetLabel": "database", "replacement": "fleet_db"}, {"sourceLabels": ["pod"], "targetLabel": "pod"}]
    endpoints = [{"relabelings": fixed if relabelings is None else relabelings}]
    notes = {"slipway.dev/source": source}
    properties = {"metadata": metadata("exporter", annotations=notes), "spec": {"podMetricsEndpoints": endpoints}}
    return Fact("kubernetes:monitoring.coreos.com/v1:PodMonitor", properties, "exporter")


def job(name: Any, **spec: Any) -> Fact:
    properties = {"metadata": metadata(name, annotations={"slipway.dev/source": PLACE}), "spec": spec}
    return Fact("kubernetes:batch/v1:CronJob", properties, name)


MEASURED = (monitor(), job("fleet-db-dump"), job("fleet-db-test"), job("fleet-db-restore", suspend=True))


@pytest.mark.parametrize("make", STORES.values(), ids=STORES)
class TestDatabases:
    """Whoever runs a database, its alerts are the same."""

    def test_watched_satisfies(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """Alerts of its exporter, and of the age of what its CronJobs do."""
        facts = (make(), *MEASURED, rules(*map(alert, (*PROMETHEUS, *AGES))), REPORTED)
        assert preview.evaluate(*facts) == []
        assert update.evaluate(*facts) == []

    @pytest.mark.parametrize("number", range(4))
    def test_each_alert_is_needed(self, preview: Evaluator, make: Any, number: int) -> None:
        """Without one of them the database is named."""
        exprs = [each for place, each in enumerate((*PROMETHEUS, *AGES)) if place != number]
        findings = preview.evaluate(make(), *MEASURED, rules(*map(alert, exprs)), REPORTED)
        assert outcomes(findings) == [(DATA, "mandatory")]
        assert findings[0].message.endswith(f"fix: {PLACE}")

    def test_what_nothing_measures_violates(self, preview: Evaluator, make: Any) -> None:
        """No exporter and no CronJob that the same place declares: nothing tells how it fares."""
        findings = preview.evaluate(make(), monitor("elsewhere:a"), rules(*map(alert, (*PROMETHEUS, *AGES))), REPORTED)
        assert outcomes(findings) == [(DATA, "mandatory")] * 3

    def test_unknown_label_is_reported_and_blocks_later(self, preview: Evaluator, update: Evaluator, make: Any) -> None:
        """Whether an alert reads the database may hang on an unknown label."""
        unsure = monitor(relabelings=[{"targetLabel": "database", "replacement": UNKNOWN}])
        facts = (make(), unsure, *MEASURED[1:], rules(*map(alert, (*PROMETHEUS, *AGES))), REPORTED)
        assert outcomes(preview.evaluate(*facts)) == [(DATA, "advisory")]
        assert outcomes(update.evaluate(*facts)) == [(DATA, "mandatory")]

    def test_without_a_place_violates(self, preview: Evaluator, make: Any) -> None:
        """A database that does not say where it is declared cannot be told from others."""
        bare = make(tags={}, metadata=metadata("fleet-db"))
        findings = preview.evaluate(bare, *MEASURED, rules(*map(alert, (*PROMETHEUS, *AGES))), REPORTED)
        assert outcomes(findings) == [(DATA, "mandatory")]


def test_copy_and_declared_absence_of_backups_need_no_age(preview: Evaluator) -> None:
    """A copy is watched beside its source, and what is not backed up has no age of a backup."""
    copied = STORES["rds"](replicateSourceDb=UNKNOWN)
    tags = {"slipway.dev/source": PLACE, "slipway.dev/backup-retention": "none"}
    assert preview.evaluate(copied) == []
    assert preview.evaluate(STORES["rds"](tags=tags), monitor(), rules(*map(alert, PROMETHEUS)), REPORTED) == []


def test_queue_is_watched(preview: Evaluator) -> None:
    """A broker has alerts of its depth and of its nodes, and no backups."""
    place = "systems/fleet/system.yaml:queue"
    properties = {"metadata": metadata("queue", annotations={"slipway.dev/source": place})}
    queue = Fact("kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster", properties, "queue")
    exprs = ['rabbitmq_queue_messages_ready{namespace="fleet"} > 9', 'rabbitmq_identity_info{namespace="fleet"} < 3']
    assert preview.evaluate(queue, monitor(place), rules(*map(alert, exprs)), REPORTED) == []
    for expr in exprs:
        findings = preview.evaluate(queue, monitor(place), rules(alert(expr)), REPORTED)
        assert outcomes(findings) == [(DATA, "mandatory")]


def edited(path: str, value: Any) -> Fact:
    """A good alert with one value replaced, or left out where that is None."""
    changed = copy.deepcopy(alert("up == 0"))
    *parents, last = path.split(".")
    inner: Any = changed
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return rules({key: each for key, each in changed.items() if each is not None})


FORMS = ("labels.severity", "for", "annotations.summary", "annotations.description", "annotations.runbook_url")


class TestForm:
    """What each alert says of itself."""

    @pytest.mark.parametrize("path", FORMS)
    @pytest.mark.parametrize("value", [None, "", " ", 5, True, ["x"], {"a": "b"}, secret(7)])
    def test_gap_violates(self, preview: Evaluator, path: str, value: Any) -> None:
        """A value that is missing, empty or of the wrong type is one finding that names it."""
        findings = [each for each in preview.evaluate(edited(path, value), REPORTED) if each.policy == FORM]
        assert outcomes(findings) == [(FORM, "mandatory")]
        assert f"spec.groups[0].rules[0].{path}" in findings[0].message

    @pytest.mark.parametrize("value", ["soon", "1 m", "urgent"])
    def test_values_of_no_use_violate(self, preview: Evaluator, value: str) -> None:
        """A severity that is not in use, and a time that is none."""
        for path in ("labels.severity", "for"):
            findings = [each for each in preview.evaluate(edited(path, value), REPORTED) if each.policy == FORM]
            assert outcomes(findings) == [(FORM, "mandatory")]

    @pytest.mark.parametrize("value", ["0m", "1h30m", "500ms"])
    def test_durations_satisfy(self, preview: Evaluator, value: str) -> None:
        """Prometheus' own form of time."""
        assert preview.evaluate(edited("for", value), REPORTED) == []

    def test_present_unknown_is_enough_but_for_the_severity(self, preview: Evaluator, update: Evaluator) -> None:
        """Texts must be there; a severity must be one of those in use."""
        for path in FORMS[1:]:
            assert preview.evaluate(edited(path, UNKNOWN), REPORTED) == []
        severity = edited("labels.severity", UNKNOWN)
        assert outcomes(preview.evaluate(severity, REPORTED)) == [(FORM, "advisory")]
        assert outcomes(update.evaluate(severity, REPORTED)) == [(FORM, "mandatory")]

    @pytest.mark.parametrize(("groups", "level"), [("none", "mandatory"), (UNKNOWN, "advisory")])
    def test_groups_that_cannot_be_read(self, preview: Evaluator, groups: Any, level: str) -> None:
        """Groups of the wrong type hold no alert; unknown ones may hold any."""
        fact = Fact(rules().type, {"metadata": metadata("alerts"), "spec": {"groups": groups}}, "alerts")
        assert (FORM, level) in outcomes(preview.evaluate(fact, REPORTED))

    def test_no_text_of_an_alert_is_reported(self, preview: Evaluator) -> None:
        """A message names places, never what stands there."""
        bad = alert(CANARY + "(", secret(CANARY), **{"for": CANARY})
        findings = preview.evaluate(rules(bad), REPORTED)
        assert findings
        assert not any(CANARY in each.message for each in findings)


WINDOWS = ((14.4, "1h", "5m"), (6, "6h", "30m"), (3, "1d", "2h"), (1, "3d", "6h"))


def burning(budget: float, *, form: str = "{long} > {bound} and {short} > {bound}", count: int = 4) -> list[Any]:
    """Recordings of the shares of failures, and alerts on pairs of them."""
    every = dict.fromkeys(window for _, *pair in WINDOWS for window in pair)
    recorded = [{"record": f"errors:{each}", "expr": FAILED.replace("[5m]", f"[{each}]")} for each in every]
    alerts = [
        alert(
            form.format(long=f"errors:{long}", short=f"errors:{short}", bound=f"{factor * budget:.6g}", budget=budget)
        )
        for factor, long, short in WINDOWS[:count]
    ]
    return [*recorded, *alerts]


DECLARED = {"slipway.dev/source": "systems/fleet/system.yaml:objectives", "slipway.dev/objective-errors": "99.9"}


class TestBurnRates:
    """Windows and bounds follow from what is declared."""

    @pytest.mark.parametrize(
        "form",
        [
            "{long} > {bound} and {short} > {bound}",
            "({long} > {bound}) and ({short} > ({bound}))",
            "({long} > (1 * {bound}) and {short} > (1 * {bound})) or (up > 1 and down > 2)",
        ],
    )
    def test_four_pairs_satisfy(self, preview: Evaluator, form: str) -> None:
        """All four, in any of the ways in which people write them."""
        assert preview.evaluate(rules(*burning(0.001, form=form), notes=DECLARED), REPORTED) == []
        assert preview.evaluate(rules(*burning(0.02, form=form)), REPORTED) == []

    def test_windows_written_in_the_alert_satisfy(self, preview: Evaluator) -> None:
        """Tries from outside need no recording."""
        seen = '1 - avg_over_time(probe_success{{system="fleet"}}[{window}]) > {bound:.6g}'
        pairs = [
            " and ".join(seen.format(window=each, bound=factor * 0.001) for each in pair) for factor, *pair in WINDOWS
        ]
        notes = {"slipway.dev/objective-availability": "99.9"}
        assert preview.evaluate(rules(*map(alert, pairs), notes=notes), REPORTED) == []

    @pytest.mark.parametrize(
        ("members", "count"),
        [
            ([], 4),
            (burning(0.01), 4),
            (burning(0.001, count=3), 1),
            (burning(0.001, form="{long} > {bound}"), 4),
            (burning(0.001, form="{long} < {bound} and {short} < {bound}"), 4),
            (burning(0.001, form="{long} > {bound} and {short} > 0.5"), 4),
            (burning(0.001, form="{long} > {bound} or {short} > {bound}"), 4),
        ],
    )
    def test_other_windows_or_bounds_violate(self, preview: Evaluator, members: list[Any], count: int) -> None:
        """A pair that is missing, or does not follow from the objective, is told by its factor and windows."""
        findings = preview.evaluate(rules(*members, notes=DECLARED), REPORTED)
        assert outcomes(findings) == [(BURNS, "mandatory")] * count
        assert all(each.message.endswith(f"fix: {DECLARED['slipway.dev/source']}") for each in findings)

    def test_without_a_note_alerts_must_agree(self, preview: Evaluator) -> None:
        """One bound that follows from another objective than the rest is a slip."""
        members = burning(0.001)
        members[-4] = burning(0.002)[-4]
        findings = preview.evaluate(rules(*members), REPORTED)
        assert outcomes(findings) == [(BURNS, "mandatory")]
        assert "14.4 times" in findings[0].message

    @pytest.mark.parametrize("value", ["much", "", "101", "-1", 99, ["99"]])
    def test_an_objective_that_is_none_violates(self, preview: Evaluator, value: Any) -> None:
        """A note must be a percentage."""
        findings = preview.evaluate(rules(*burning(0.001), notes={"slipway.dev/objective-errors": value}), REPORTED)
        assert outcomes(findings) == [(BURNS, "mandatory")]

    def test_all_or_nothing_leaves_no_pace(self, preview: Evaluator) -> None:
        """Nothing burns where nothing may fail."""
        assert preview.evaluate(rules(alert("up == 0"), notes={"slipway.dev/objective-errors": "100"}), REPORTED) == []

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator) -> None:
        """An unknown objective or alert decides."""
        unknown_note = rules(*burning(0.001), notes={"slipway.dev/objective-errors": UNKNOWN})
        unknown_alert = rules(*burning(0.001, count=3), alert(UNKNOWN), notes=DECLARED)
        for fact in (unknown_note, unknown_alert):
            assert outcomes(preview.evaluate(fact, REPORTED)) == [(BURNS, "advisory")]
            assert outcomes(update.evaluate(fact, REPORTED)) == [(BURNS, "mandatory")]


def routed(config: Any, *, kind: str = "stringData", provider: str = "cluster") -> Fact:
    """A Secret with a configuration, as the program writes it or as a cluster gives it back."""
    text = config if isinstance(config, str) else yaml.safe_dump(config)
    if kind == "data":
        text = base64.b64encode(text.encode()).decode()
    return Fact(
        REPORTED.type,
        {"metadata": REPORTED.properties["metadata"], kind: {"alertmanager.yaml": text}},
        "routes",
        provider,
    )


NOBODY = {"name": "nobody"}
MAIL = {"name": "mail", "email_configs": [{"to": "ops@example.com"}]}


def tree(*branches: Any, receiver: str = "nobody") -> dict[str, Any]:
    return {"route": {"receiver": receiver, "routes": list(branches)}, "receivers": [NOBODY, MAIL]}


def branch(*matchers: str, receiver: str = "mail", **more: Any) -> dict[str, Any]:
    return {"receiver": receiver, "matchers": list(matchers), **more}


CRITICAL = rules(alert("up == 0"))


MAINTENANCE = 'alertname !~ "MigrationFailed|Backup.*|RestoreTest.*|DatabaseDown|ForbiddenLinesInLogs"'


class TestReceivers:
    """Routes lead to somebody."""

    def test_the_receivers_of_others_are_theirs(self, preview: Evaluator) -> None:
        """Where the cluster's owner runs Alertmanager, as the stack says; another word says nothing."""
        owned = {"slipway.dev/alertmanager": "present"}
        assert preview.evaluate(rules(alert("up == 0"), notes=owned)) == []
        assert preview.evaluate(rules(alert("up == 0"), notes={"slipway.dev/alertmanager": "soon"})) != []

    @pytest.mark.parametrize(
        "config",
        [
            tree(receiver="mail"),
            tree(branch('severity = "critical"')),
            tree(branch("severity=~critical|warning", 'system!="other"')),
            tree(branch('system = "fleet"', receiver="nobody", routes=[branch('severity = "critical"')])),
            tree(branch('system = "fleet"', receiver="nobody", **{"continue": True}), branch('severity = "critical"')),
            tree(branch(MAINTENANCE, receiver="nobody"), branch('severity = "critical"')),
            {**tree({"receiver": "mail", "match": {"severity": "critical"}, "match_re": {"system": "f.+"}})},
        ],
    )
    def test_reached_satisfies(self, preview: Evaluator, update: Evaluator, config: Any) -> None:
        """The first branch that fits, those that go on, and what a maintenance silences by name."""
        assert preview.evaluate(CRITICAL, routed(config)) == []
        assert update.evaluate(CRITICAL, routed(config, kind="data")) == []

    @pytest.mark.parametrize(
        "config",
        [
            tree(),
            tree(branch('severity = "warning"')),
            tree(branch('system = "fleet"', receiver="nobody"), branch('severity = "critical"')),
            tree(branch('severity = "critical"', receiver="elsewhere")),
            {"route": {"receiver": "mail"}, "receivers": [{"name": "mail", "email_configs": []}]},
        ],
    )
    def test_nobody_violates(self, preview: Evaluator, config: Any) -> None:
        """A receiver without a way to tell anybody does not count."""
        findings = preview.evaluate(CRITICAL, routed(config))
        assert outcomes(findings) == [(RECEIVERS, "mandatory")]
        assert findings[0].message.endswith("clusters.main.monitoring.alerting")

    @pytest.mark.parametrize(
        "text",
        [
            "", "[]", "route: {}", "receivers: []", "{", "route: 7\nreceivers: []", yaml.safe_dump(tree(branch("?"))),
            "2024-13-45\n", "route: {receiver: a}\nreceivers: [{1: [2]}]\n",
            "route: {routes: &r [{routes: *r}]}\nreceivers: []\n", pytest.param("[" * 5_000, id="deep"),
        ],
    )  # fmt: skip
    def test_what_configures_nothing_violates(self, preview: Evaluator, text: str) -> None:
        """A text that Alertmanager would refuse is told at its Secret, without the text."""
        findings = preview.evaluate(CRITICAL, routed(text + f"# {CANARY}"))
        assert {each.name for each in findings} == {"routes"}
        assert {each.level for each in findings} == {"mandatory"}
        assert not any(CANARY in each.message for each in findings)

    def test_values_of_the_chart_count(self, preview: Evaluator) -> None:
        """The configuration may stand in the values of kube-prometheus-stack."""
        for receiver, found in (("mail", []), ("nobody", [(RECEIVERS, "mandatory")])):
            values = {"alertmanager": {"config": tree(receiver=receiver)}}
            assert (
                outcomes(preview.evaluate(CRITICAL, Fact("kubernetes:helm.sh/v3:Release", {"values": values}))) == found
            )

    def test_without_a_configuration_violates(self, preview: Evaluator) -> None:
        """No Alertmanager in the cluster of the alerts: another cluster's does not count."""
        assert outcomes(preview.evaluate(CRITICAL)) == [(RECEIVERS, "mandatory")]
        assert outcomes(preview.evaluate(CRITICAL, routed(tree(receiver="mail"), provider="other"))) == [
            (RECEIVERS, "mandatory")
        ]

    def test_second_way_into_a_cluster_is_the_same_cluster(self, preview: Evaluator) -> None:
        """A provider that waits for what another one made leads to the same cluster."""
        config = routed(tree(receiver="mail"))
        second = Fact("pulumi:providers:kubernetes", {}, "systems", "", dependencies=(config.urn,))
        assert preview.evaluate(rules(alert("up == 0"), provider=second.urn), second, config) == []

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator) -> None:
        """An unknown text may be the configuration."""
        for found in (UNKNOWN, {"alertmanager.yaml": UNKNOWN}):
            fact = Fact(REPORTED.type, {"metadata": metadata("routes"), "stringData": found}, "routes")
            assert outcomes(preview.evaluate(CRITICAL, fact)) == [(RECEIVERS, "advisory")]
            assert outcomes(update.evaluate(CRITICAL, fact)) == [(RECEIVERS, "mandatory")]

    def test_only_severities_that_need_a_receiver(self, preview: Evaluator) -> None:
        """An alert that is only recorded needs no receiver, and a stack may need none at all."""
        assert preview.evaluate(rules(alert("up == 0", "info")), routed(tree())) == []
        pack = Pack(config={RECEIVERS: {"severities": []}})
        try:
            assert pack.about(*RULES).evaluate(CRITICAL, routed(tree())) == []
        finally:
            pack.close()
