"""Alarms of the clouds on queues and caches: what they watch, and that it is what exists."""

from __future__ import annotations

import json

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import SYSTEM, one, plan
from tests.components.clouds.test_aws_whole import CLUSTER
from tests.components.clouds.test_azure_whole import CLUSTER as AZURE
from tests.components.clouds.test_semantics import whole

ALARM, ALERT = "aws:cloudwatch/metricAlarm:MetricAlarm", "azure-native:monitor:MetricAlert"
MAIL = "shop@example.com"
SERVERS = ("sessions-cache", "pages-blue-cache", "pages-green-cache")


def of(planned: Plan, kind: str) -> dict[str, dict]:
    return {step.name: dict(step.inputs) for step in planned.steps if step.type == kind}


def test_each_queue_and_each_node_of_a_cache_has_alarms_on_aws() -> None:
    """By the names that they have: of a figure with other dimensions there is never data."""
    planned = whole("aws")
    alarms = of(planned, ALARM)
    queues = {each["name"] for each in of(planned, "aws:sqs/queue:Queue").values()}
    groups = {
        each["replicationGroupId"] for each in of(planned, "aws:elasticache/replicationGroup:ReplicationGroup").values()
    }
    assert {each["dimensions"]["QueueName"] for each in alarms.values() if each["namespace"] == "AWS/SQS"} == queues
    nodes = {each["dimensions"]["CacheClusterId"] for each in alarms.values() if each["namespace"] == "AWS/ElastiCache"}
    assert nodes == {f"{group}-00{number}" for group in groups for number in (1, 2)}
    assert set(alarms) == {f"shop/{key}-{what}" for key in ("orders", "lines") for what in ("age", "dead")} | {
        f"shop/{server}-{number}-{what}" for server in SERVERS for number in (1, 2) for what in ("memory", "load")
    }
    dead = alarms["shop/lines-dead"]
    assert (dead["dimensions"]["QueueName"], dead["threshold"]) == ("slipway-test-main-shop-lines-dead.fifo", 0)
    assert not [name for name in alarms if name.endswith("-waiting")], "nobody said how many may wait"
    assert alarms["shop/sessions-cache-1-memory"]["metricName"] == "Evictions"


def test_alarms_reach_the_owner_s_mailbox_on_aws() -> None:
    """Through an encrypted topic, whose key and policy let CloudWatch write into it."""
    planned = whole("aws")
    topic = one(planned, "aws:sns/topic:Topic", "shop/alarms")
    mail = one(planned, "aws:sns/topicSubscription:TopicSubscription", f"shop/alarms/{MAIL}").inputs
    assert (mail["protocol"], mail["endpoint"]) == ("email", MAIL)
    for document in (topic.inputs["policy"], one(planned, "aws:kms/key:Key", "main-data").inputs["policy"]):
        (sends,) = [each for each in json.loads(document)["Statement"] if each["Sid"] == "AlarmsSend"]
        assert sends["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert sends["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    for step in planned.steps:
        assert step.type != ALARM or topic.urn in step.dependencies


def test_each_queue_and_each_cache_has_alerts_on_azure() -> None:
    """On the id that the namespace and the server will have, and on the queue in the namespace."""
    planned = whole("azure")
    alerts = of(planned, ALERT)
    group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/slipway-test-main/providers"
    (namespace,) = of(planned, "azure-native:servicebus:Namespace").values()
    servers = of(planned, "azure-native:redisenterprise:RedisEnterprise")
    ids = {f"{group}/Microsoft.ServiceBus/namespaces/{namespace['namespaceName']}"}
    ids |= {f"{group}/Microsoft.Cache/redisEnterprise/{each['clusterName']}" for each in servers.values()}
    assert {scope for each in alerts.values() for scope in each["scopes"]} == ids
    assert set(alerts) == {f"shop/{key}-{what}" for key in ("orders", "lines") for what in ("waiting", "dead")} | {
        f"shop/{server}-{what}" for server in SERVERS for what in ("memory", "load")
    }
    (criterion,) = alerts["shop/lines-dead"]["criteria"]["allOf"]
    assert (criterion["metricName"], criterion["threshold"]) == ("DeadletteredMessages", 0)
    assert criterion["dimensions"] == [{"name": "EntityName", "operator": "Include", "values": ["lines"]}]
    namespaces = {step.urn for step in planned.steps if step.type == "azure-native:servicebus:Namespace"}
    assert all(namespaces & set(step.dependencies) for step in planned.steps if step.type == ALERT)
    receivers = one(planned, "azure-native:monitor:ActionGroup", "shop/alarms").inputs["emailReceivers"]
    assert [each["emailAddress"] for each in receivers] == [MAIL]


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_prometheus_has_no_alerts_on_them(cloud: str) -> None:
    """Whose figures it does not have; they could never fire."""
    rules = of(whole(cloud), "kubernetes:monitoring.coreos.com/v1:PrometheusRule")
    assert "redis_" not in json.dumps(rules["shop/shop"])
    assert not any("-cache" in name for name in of(whole(cloud), "kubernetes:monitoring.coreos.com/v1:PodMonitor"))


@pytest.mark.parametrize("kind", [ALARM, ALERT])
def test_a_system_without_queues_and_caches_has_no_alarms(kind: str) -> None:
    planned = plan(CLUSTER, definition=SYSTEM)
    assert of(planned, kind) == {}
    assert "AlarmsSend" not in one(planned, "aws:kms/key:Key", "main-data").inputs["policy"]


def thresholds(cluster: str, kind: str, alerts: str) -> dict[str, float]:
    """The limit of each alarm of a system whose queue and cache have `alerts`."""
    queue, cache = alerts.split("|")
    more = f"queues: {{orders: {{alerts: {{{queue}}}}}}}\ncaches: {{pages: {{alerts: {{{cache}}}}}, jobs: {{eviction: noeviction}}}}\n"
    found = of(plan(cluster, definition=f"{SYSTEM}{more}"), kind)
    return {
        name.removeprefix("shop/"): each["threshold"] if kind == ALARM else each["criteria"]["allOf"][0]["threshold"]
        for name, each in found.items()
    }


OTHER = "oldest: 2h, waiting: 70, deadLetters: 3|evictions: 50, loadPercent: 60"


def test_limits_are_the_definition_s_on_aws() -> None:
    found = thresholds(CLUSTER, ALARM, OTHER)
    assert (found["orders-age"], found["orders-waiting"], found["orders-dead"]) == (7200, 70, 3)
    assert (found["pages-cache-1-memory"], found["pages-cache-1-load"]) == (50, 60)
    assert (found["jobs-cache-1-memory"], found["jobs-cache-1-load"]) == (90, 90)


def test_limits_are_the_definition_s_on_azure() -> None:
    """Evictions in five minutes are three times as many in the quarter of an hour that Azure looks at."""
    found = thresholds(AZURE, ALERT, OTHER)
    assert (found["orders-waiting"], found["orders-dead"]) == (70, 3)
    assert (found["pages-cache-memory"], found["pages-cache-load"]) == (150, 60)
    assert (found["jobs-cache-memory"], found["jobs-cache-load"]) == (90, 80)
