"""Logs are gathered, masked, kept for a while and deleted; audit logs are sent by clusters, networks and databases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, Pack, outcomes, secret

RULES = ("log-retention", "audit-logs", "audit-log-settings", "log-lifecycle", "service-logs")
RETENTION, AUDIT, SETTINGS, LIFECYCLE, GATHERED = RULES

SOURCE = "systems/fleet/system.yaml:databases.fleet_db"
ABSENT = object()


def present(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if value is not ABSENT}


def group(days: Any) -> Fact:
    properties = present({"retentionInDays": days, "tags": {"slipway.dev/source": SOURCE}})
    return Fact("aws:cloudwatch/logGroup:LogGroup", properties)


def workspace(days: Any) -> Fact:
    properties = present({"retentionInDays": days, "tags": {"slipway-source": SOURCE}})
    return Fact("azure-native:operationalinsights:Workspace", properties)


def policy(age: Any) -> dict[str, Any]:
    return {"policy": {"phases": {"hot": {}, "delete": present({"min_age": age})}}}


def requests(bodies: dict[str, Any], **more: Any) -> Fact:
    """The ConfigMap with what Elasticsearch is told."""
    files = {f"{number:03}.json": path for number, path in enumerate(bodies)}
    texts = {file: bodies[path] for file, path in files.items()}
    data = {file: each if isinstance(each, str) else json.dumps(each) for file, each in texts.items()}
    data["requests"] = "".join(f"{file} {path}\n" for file, path in files.items())
    notes = {"slipway.dev/source": SOURCE}
    metadata = {"name": "logs-setup", "namespace": "logging", "annotations": notes}
    return Fact("kubernetes:core/v1:ConfigMap", {"metadata": metadata, "data": {**data, **more}}, "logs-setup")


def search_policy(days: Any) -> Fact:
    return requests({"/_ilm/policy/fleet": policy(f"{days:.0f}d" if type(days) in (int, float) else days)})


LOG_STORES = {"log group": group, "workspace": workspace, "search": search_policy}


@pytest.mark.parametrize("make", LOG_STORES.values(), ids=LOG_STORES)
class TestRetention:
    """Whatever keeps logs, the rule is the same."""

    @pytest.mark.parametrize("days", [30, 90.0, 365, 730])
    def test_a_while_satisfies(self, preview: Evaluator, make: Any, days: Any) -> None:
        """Days between the stack's bounds, both included."""
        assert preview.evaluate(make(days)) == []

    @pytest.mark.parametrize("days", [ABSENT, 0, 29, 731, "soon", True, [90], CANARY])
    def test_too_short_or_for_ever_violates(self, preview: Evaluator, make: Any, days: Any) -> None:
        """Not set, out of bounds or no number of days is one finding, which shows no value."""
        findings = preview.evaluate(make(days))
        assert outcomes(findings) == [(RETENTION, "mandatory")]
        assert "etentionDays of the " in findings[0].message
        assert findings[0].message.endswith(f"fix: {SOURCE}")
        assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    "fact", [group(UNKNOWN), workspace(secret(UNKNOWN)), requests({"/_ilm/policy/fleet": UNKNOWN})]
)
def test_unknown_retention_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """How long logs are kept decides."""
    assert outcomes(preview.evaluate(fact)) == [(RETENTION, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(RETENTION, "mandatory")]


def test_text_that_is_no_json_violates(preview: Evaluator) -> None:
    """A body that Elasticsearch cannot read sets no end, and is not shown."""
    findings = preview.evaluate(requests({"/_ilm/policy/fleet": CANARY}))
    assert outcomes(findings) == [(RETENTION, "mandatory")]
    assert CANARY not in findings[0].message


def test_other_texts_are_nobodys_business(preview: Evaluator) -> None:
    """A ConfigMap that tells Elasticsearch nothing is not judged."""
    for data in ({"requests": 7}, {"config": UNKNOWN}, {"requests": "one-word\n"}, UNKNOWN):
        assert preview.evaluate(Fact("kubernetes:core/v1:ConfigMap", {"data": data})) == []


def test_bounds_are_configured() -> None:
    """A stack's own bounds hold."""
    pack = Pack(config={RETENTION: {"minimumDays": 90, "maximumDays": 100}})
    try:
        findings = pack.about(RETENTION).evaluate(group(90), group(89), workspace(101))
        assert outcomes(findings) == [(RETENTION, "mandatory")] * 2
    finally:
        pack.close()


EXPORTS = {
    "aws:eks/cluster:Cluster": ("enabledClusterLogTypes", ["api", "audit", "authenticator"], ["audit"]),
    "aws:rds/instance:Instance": ("enabledCloudwatchLogsExports", ["postgresql", "upgrade"], ["upgrade"]),
    "aws:rds/cluster:Cluster": ("enabledCloudwatchLogsExports", ["audit"], ["error"]),
    "aws:docdb/cluster:Cluster": ("enabledCloudwatchLogsExports", ["audit", "profiler"], ["profiler"]),
}


@pytest.mark.parametrize("type_", EXPORTS)
class TestExports:
    """Clusters and databases that say themselves what they send."""

    def test_sent_satisfies(self, preview: Evaluator, type_: str) -> None:
        """The logs of who did what are among those sent."""
        key, good, _ = EXPORTS[type_]
        assert preview.evaluate(Fact(type_, {key: good})) == []
        assert preview.evaluate(Fact(type_, {key: [*good, UNKNOWN]})) == []

    @pytest.mark.parametrize("sent", [ABSENT, [], "audit", {"audit": True}, [True], secret([CANARY])])
    def test_not_sent_violates(self, preview: Evaluator, type_: str, sent: Any) -> None:
        """Nothing, or a value of the wrong type, is one finding that shows no value."""
        findings = preview.evaluate(Fact(type_, present({EXPORTS[type_][0]: sent})))
        assert outcomes(findings) == [(AUDIT, "mandatory")]
        assert CANARY not in findings[0].message

    def test_other_logs_violate(self, preview: Evaluator, type_: str) -> None:
        """Other logs do not tell who did what."""
        key, _, other = EXPORTS[type_]
        assert outcomes(preview.evaluate(Fact(type_, {key: other}))) == [(AUDIT, "mandatory")]

    def test_unknown_is_told_and_blocks_later(self, preview: Evaluator, update: Evaluator, type_: str) -> None:
        """What is not known may be what is missing."""
        key, _, other = EXPORTS[type_]
        for sent in (UNKNOWN, [*other, UNKNOWN]):
            assert outcomes(preview.evaluate(Fact(type_, {key: sent}))) == [(AUDIT, "advisory")]
            assert outcomes(update.evaluate(Fact(type_, {key: sent}))) == [(AUDIT, "mandatory")]


def subject(type_: str, name: str = "it") -> Fact:
    return Fact(type_, {"id": f"id-of-{name}"}, name)


def flows(**properties: Any) -> Fact:
    made = {"vpcId": UNKNOWN, "trafficType": "ALL", **properties}
    return Fact("aws:ec2/flowLog:FlowLog", present(made), "flows", dependencies=(subject(VPC).urn,))


def setting(*categories: Any, **properties: Any) -> Fact:
    logs = [{"category": each, "enabled": True} for each in categories]
    dependencies = properties.pop("dependencies", (subject(AKS).urn, subject(SERVER).urn))
    made = {"resourceUri": UNKNOWN, "logs": logs, **properties}
    return Fact("azure-native:monitor:DiagnosticSetting", present(made), "setting", dependencies=dependencies)


VPC = "aws:ec2/vpc:Vpc"
AKS = "azure-native:containerservice:ManagedCluster"
SERVER = "azure-native:dbforpostgresql:Server"


@pytest.mark.parametrize(
    "facts",
    [
        (subject(VPC), flows()),
        (subject(VPC), flows(vpcId="id-of-it", trafficType="REJECT")),
        (subject(AKS), setting("kube-audit", "guard")),
        (subject(AKS), setting("kube-audit-admin", "guard", "kube-scheduler")),
        (subject(AKS), setting(logs=[{"categoryGroup": "audit", "enabled": True}])),
        (subject(SERVER), setting("PostgreSQLLogs", resourceUri="id-of-it")),
    ],
)
def test_carried_logs_satisfy(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """What sends the logs is found by the id that it holds, or by what it was made from."""
    assert preview.evaluate(*facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        (subject(VPC),),
        (subject(VPC), flows(trafficType="ACCEPT")),
        (subject(VPC), flows(trafficType=True)),
        (subject(VPC), flows(trafficType=ABSENT)),
        (subject(VPC), flows(vpcId="id-of-another")),
        (subject(VPC, "second"), flows()),
        (subject(AKS),),
        (subject(AKS), setting("kube-audit")),
        (subject(AKS), setting("kube-scheduler", "guard")),
        (subject(AKS), setting(logs=[{"categoryGroup": "audit", "enabled": False}])),
        (subject(AKS), setting(logs="audit")),
        (subject(SERVER),),
        (subject(SERVER), setting("PostgreSQLFlexSessions")),
        (subject(SERVER), setting(secret(CANARY))),
    ],
)
def test_logs_that_nobody_carries_violate(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """Nothing sends them, or something that sends others, or those of another."""
    extra = (subject(VPC),) if facts[0].name == "second" else ()
    findings = preview.evaluate(*facts, *extra)
    assert outcomes(findings) == [(SETTINGS, "mandatory")]
    assert findings[0].name == facts[0].name
    assert CANARY not in findings[0].message


@pytest.mark.parametrize(
    "facts",
    [
        (subject(VPC), flows(trafficType=UNKNOWN)),
        (subject(AKS), setting(logs=UNKNOWN)),
        (subject(AKS), setting("kube-audit", UNKNOWN)),
        (subject(SERVER), setting("PostgreSQLLogs", dependencies=())),
    ],
)
def test_unknown_carrier_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """What is sent, or whose logs these are, may come with the update."""
    assert outcomes(preview.evaluate(*facts)) == [(SETTINGS, "advisory")]
    assert outcomes(update.evaluate(*facts)) == [(SETTINGS, "mandatory")]


EKS = Fact("aws:eks/cluster:Cluster", {"enabledClusterLogTypes": ["audit", "authenticator"]}, "eks")


def search(namespace: str = "logging") -> Fact:
    metadata = {"name": "logs", "namespace": namespace, "annotations": {"slipway.dev/source": SOURCE}}
    return Fact("kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch", {"metadata": metadata}, "elasticsearch")


POLICY, TEMPLATE = "/_ilm/policy/fleet", "/_index_template/logs-fleet"
PLAN, REPOSITORY = "/_slm/policy/nightly", "/_snapshot/logs"
NIGHTLY = {"schedule": "0 30 1 * * ?", "repository": "logs", "retention": {"expire_after": "30d"}}
REPORTED: dict[str, Any] = {
    POLICY: policy("30d"),
    TEMPLATE: {"template": {"settings": {"index.lifecycle.name": "fleet"}}},
    REPOSITORY: {"type": "s3"},
    PLAN: NIGHTLY,
}


def without(path: str) -> dict[str, Any]:
    return {key: body for key, body in REPORTED.items() if key != path}


def test_policy_and_copies_satisfy(preview: Evaluator) -> None:
    """Every template has a policy, and snapshots go to a repository for a while."""
    assert preview.evaluate(EKS, search(), requests(REPORTED)) == []


@pytest.mark.parametrize(
    "facts",
    [
        (requests(without(TEMPLATE)),),
        (requests({**REPORTED, TEMPLATE: {"template": {"settings": {}}}}),),
        (requests({**REPORTED, TEMPLATE: {"template": {"settings": {"index.lifecycle.name": 7}}}}),),
        (requests({**REPORTED, TEMPLATE: CANARY}),),
        (requests({**REPORTED, TEMPLATE: {"template": {"settings": {"index.lifecycle.name": CANARY}}}}),),
        (requests(without(PLAN)),),
        (requests(without(REPOSITORY)),),
        (requests({**REPORTED, PLAN: {**NIGHTLY, "retention": {}}}),),
        (requests({**REPORTED, PLAN: {**NIGHTLY, "schedule": 1}}),),
        (requests({**REPORTED, PLAN: []}),),
    ],
)
def test_each_gap_of_the_lifecycle_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """A template without a policy, or no copies, is one finding that shows no value."""
    findings = preview.evaluate(EKS, search(), *facts)
    assert outcomes(findings) == [(LIFECYCLE, "mandatory")]
    assert findings[0].name == "elasticsearch"
    assert CANARY not in findings[0].message


def test_elasticsearch_without_settings_violates(preview: Evaluator) -> None:
    """What another namespace is told does not count."""
    for facts in ((EKS, search()), (EKS, search("other"), requests(REPORTED))):
        assert outcomes(preview.evaluate(*facts)) == [(LIFECYCLE, "mandatory")] * 2


@pytest.mark.parametrize("fact", [requests({**REPORTED, TEMPLATE: UNKNOWN}), requests({}, requests=UNKNOWN)])
def test_unknown_request_is_reported_and_blocks_later(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    """What Elasticsearch is told may come with the update."""
    assert set(outcomes(preview.evaluate(EKS, search(), fact))) == {(LIFECYCLE, "advisory")}
    assert set(outcomes(update.evaluate(EKS, search(), fact))) == {(LIFECYCLE, "mandatory")}


def test_without_a_cloud_there_is_no_bucket(preview: Evaluator) -> None:
    """A cluster that exists already has no identity for its pods, so nothing is copied; logs must have an end all the
    same."""
    assert preview.evaluate(search(), requests(without(PLAN))) == []
    assert outcomes(preview.evaluate(search(), requests(without(TEMPLATE)))) == [(LIFECYCLE, "mandatory")]


SYSTEMS = {"type": "kubernetes_logs", "extra_label_selector": "app.kubernetes.io/part-of in (fleet, shop)"}
MASKED = {
    "type": "remap", "inputs": ["named"], "drop_on_error": True, "drop_on_abort": True,
    "source": 'text = replace(text, r\'x\', "[masked]")',
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "sources": {"systems": SYSTEMS, "internal": {"type": "internal_metrics"}},
    "transforms": {"named": {"type": "remap", "inputs": ["systems"], "source": "."}, "masked": MASKED},
    "sinks": {
        "elasticsearch": {"type": "elasticsearch", "inputs": ["masked"]},
        "metrics": {"type": "prometheus_exporter", "inputs": ["internal"]},
    },
}


def agent(
    config: Any = CONFIG,
    provider: str = "urn:pulumi:test::slipway::pulumi:providers:kubernetes::main",
    chart: str = "vector",
) -> Fact:
    values = {"customConfig": config}
    return Fact("kubernetes:helm.sh/v3:Release", {"chart": chart, "values": values}, "vector", provider)


def reading(selector: Any, **more: Any) -> Fact:
    source = present({"type": "kubernetes_logs", "extra_label_selector": selector, **more})
    return agent({**CONFIG, "sources": {**CONFIG["sources"], "systems": source}})


def workload(labels: Any = None, kind: str = "Deployment", cluster: str = "main-systems") -> Fact:
    labels = {"app.kubernetes.io/part-of": "fleet", "tier": "web"} if labels is None else labels
    metadata = {"name": "api", "namespace": "fleet"}
    properties = {"metadata": metadata, "spec": {"template": {"metadata": {"labels": labels}}}}
    provider = f"urn:pulumi:test::slipway::slipway:cluster:Cluster$pulumi:providers:kubernetes::{cluster}"
    return Fact(f"kubernetes:apps/v1:{kind}", properties, "api", provider)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
@pytest.mark.parametrize(
    "release",
    [
        agent(),
        agent(chart="oci://mirror.example.com/charts/vector"),
        reading(ABSENT),
        reading(""),
        reading("tier=web,app.kubernetes.io/part-of"),
        reading("tier==web"),
        reading("tier!=db"),
        reading("tier notin (db)"),
        reading("!other"),
        reading(ABSENT, extra_namespace_label_selector="kubernetes.io/metadata.name=fleet"),
    ],
)
def test_gathered_and_masked_satisfies(preview: Evaluator, kind: str, release: Fact) -> None:
    """Selectors of every form, and none, which reads all pods."""
    assert preview.evaluate(workload(kind=kind), release) == []


@pytest.mark.parametrize(
    "facts",
    [
        (workload(),),
        (workload(), agent(provider="urn:pulumi:test::slipway::pulumi:providers:kubernetes::other")),
        (workload({}), agent()),
        (workload({"app.kubernetes.io/part-of": "other"}), agent()),
        (workload({"app.kubernetes.io/part-of": 7}), agent()),
        (workload("fleet"), agent()),
        (workload(), reading("!tier")),
        (workload(), reading("tier=db")),
        (workload(), reading("tier!=web")),
        (workload(), reading("tier notin (web)")),
        (workload(), reading("???")),
        (workload(), reading(7)),
        (workload(), reading(ABSENT, extra_namespace_label_selector="kubernetes.io/metadata.name=shop")),
        (workload(), agent({**CONFIG, "sources": {}})),
        (workload({"app.kubernetes.io/part-of": secret(CANARY)}), agent()),
    ],
)
def test_workload_that_nobody_reads_violates(preview: Evaluator, facts: tuple[Fact, ...]) -> None:
    """No agent in its cluster, or none that selects its pods."""
    findings = preview.evaluate(*facts)
    assert outcomes(findings) == [(GATHERED, "mandatory")]
    assert findings[0].name == "api"
    assert CANARY not in findings[0].message


def sending(*inputs: str, **transforms: Any) -> Fact:
    sinks = {"elasticsearch": {"type": "elasticsearch", "inputs": list(inputs)}}
    return agent({**CONFIG, "transforms": {**CONFIG["transforms"], **transforms}, "sinks": sinks})


@pytest.mark.parametrize(
    "release",
    [
        sending("systems"),
        sending("named"),
        sending("masked", "systems"),
        sending("sys*"),
        sending("masked", masked={**MASKED, "drop_on_error": False}),
        sending("masked", masked={**MASKED, "drop_on_abort": "true"}),
        sending("masked", masked={**MASKED, "source": "."}),
        sending("masked", masked={**MASKED, "type": "filter"}),
        sending("loop", loop={"type": "remap", "inputs": ["loop", "named"]}),
    ],
)
def test_lines_as_they_were_written_violate(preview: Evaluator, release: Fact) -> None:
    """A way from pods to a sink without a transform that masks, or that lets pass what it fails on."""
    findings = preview.evaluate(workload(), release)
    assert outcomes(findings) == [(GATHERED, "mandatory")]
    assert findings[0].name == "vector"


@pytest.mark.parametrize(
    "facts",
    [
        (workload({"app.kubernetes.io/part-of": UNKNOWN}), agent()),
        (workload(UNKNOWN), agent()),
        (workload(), reading(UNKNOWN)),
        (workload(), agent({**CONFIG, "sources": UNKNOWN})),
        (workload(), agent({**CONFIG, "transforms": UNKNOWN})),
    ],
)
def test_unknown_way_of_lines_is_reported_and_blocks_later(
    preview: Evaluator, update: Evaluator, facts: tuple[Fact, ...]
) -> None:
    """Which pods are read, and what becomes of their lines, may come with the update."""
    assert outcomes(preview.evaluate(*facts)) == [(GATHERED, "advisory")]
    assert outcomes(update.evaluate(*facts)) == [(GATHERED, "mandatory")]


def collected(
    note: str = "logs-collected-by", *, name: str = "fleet", cluster: str = "main-systems", who: Any = "Loki"
) -> Fact:
    """A namespace that says who collects the logs of its pods."""
    metadata = {"name": name, "annotations": {f"slipway.dev/{note}": who}}
    provider = f"urn:pulumi:test::slipway::slipway:cluster:Cluster$pulumi:providers:kubernetes::{cluster}"
    return Fact("kubernetes:core/v1:Namespace", {"metadata": metadata}, name, provider)


def test_logs_that_others_collect_need_no_agent(preview: Evaluator) -> None:
    assert preview.evaluate(workload(), collected()) == []


@pytest.mark.parametrize(
    "namespace",
    [
        collected("watched-by"),
        collected(name="shop"),
        collected(cluster="other-systems"),
        collected(who=""),
        collected(who=UNKNOWN),
    ],
)
def test_logs_of_other_namespaces_need_an_agent(preview: Evaluator, namespace: Fact) -> None:
    """The annotation speaks of its own namespace on its own cluster, and names somebody."""
    findings = preview.evaluate(workload(), namespace)
    assert outcomes(findings) == [(GATHERED, "mandatory")]
