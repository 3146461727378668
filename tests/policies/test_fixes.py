"""Where a rule knows the value that fixes a violation, its finding ends with it, and the report offers it as a change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.policies.pack_under_test import Fact, Pack

CLUSTER = "Pulumi.trial.yaml:config.slipway:clusters.cluster"
SYSTEM = "systems/fleet/system.yaml"
CLUSTERS = {
    "cluster": {"cloud": "aws", "region": "us-east-1", "account": "111122223333"},
    "other": {"cloud": "aws", "region": "us-east-1", "account": "111122223333", "tags": {"cost-center": "platform"}},
}
RULES = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"


@pytest.fixture(scope="module")
def pack() -> Iterator[Pack]:
    """A pack that knows the clusters of its stack."""
    known = {"slipway:clusters": json.dumps(CLUSTERS)}
    running = Pack(
        config={"cost-tags": {"own": ["cost-center"]}, "alert-objectives": {"minimumPercent": 95}}, settings=known
    )
    yield running
    running.close()


def tagged(type_: str, source: str, **inputs: Any) -> Fact:
    tags = {"managed-by": "s", "slipway.dev/stack": "s", "slipway.dev/cluster": "s", "slipway.dev/system": "fleet"}
    return Fact(type_, {**inputs, "tags": {**tags, "slipway.dev/source": source}})


def noted(type_: str, source: str, notes: Mapping[str, str], spec: Mapping[str, Any]) -> Fact:
    metadata = {"name": "it", "namespace": "fleet", "annotations": {"slipway.dev/source": source, **notes}}
    return Fact(type_, {"metadata": metadata, "spec": spec})


def promised(signal: str) -> Fact:
    """A rule of alerts with an objective that is too low."""
    return noted(RULES, f"{SYSTEM}:objectives", {f"slipway.dev/objective-{signal}": "80"}, {"groups": []})


def scaled(minimum: int, maximum: int) -> Fact:
    spec = {"minReplicas": minimum, "maxReplicas": maximum}
    return noted("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", f"{SYSTEM}:services.api", {}, spec)


@pytest.mark.parametrize(
    ("rule", "fact", "fix"),
    [
        ("log-retention", tagged("aws:cloudwatch/logGroup:LogGroup", CLUSTER, retentionInDays=7),
         f"{CLUSTER}.kubernetes.logRetentionDays = 30"),
        ("log-retention", tagged("aws:cloudwatch/logGroup:LogGroup", CLUSTER, retentionInDays=3653),
         f"{CLUSTER}.kubernetes.logRetentionDays"),
        ("log-retention", tagged("aws:cloudwatch/logGroup:LogGroup", f"{SYSTEM}:databases.db", retentionInDays=7),
         f"{SYSTEM}:databases.db"),
        ("alert-objectives", promised("errors"), f"{SYSTEM}:objectives.errorPercent = 5"),
        ("alert-objectives", promised("availability"), f"{SYSTEM}:objectives.availabilityPercent = 95"),
        ("alert-objectives", promised("latency"), f"{SYSTEM}:objectives"),
        ("workload-minimum", scaled(5, 2), f"{SYSTEM}:services.api.replicas.maximum = 5"),
        ("workload-minimum", scaled(5, 200), f"{SYSTEM}:services.api.replicas.maximum = 100"),
    ],
)  # fmt: skip
def test_the_value_that_fixes_it_is_reported(pack: Pack, rule: str, fact: Fact, fix: str) -> None:
    """Where there is a key, and one value is just enough."""
    (message,) = [each.message for each in pack.about(rule).evaluate(fact)]
    assert message.splitlines()[-1] == f"fix: {fix}"


def test_a_tag_of_the_company_is_as_on_another_cluster(pack: Pack) -> None:
    """What it says there it will say here."""
    fact = tagged("aws:s3/bucket:Bucket", f"{SYSTEM}:buckets.files")
    (message,) = [each.message for each in pack.about("cost-tags").evaluate(fact)]
    assert message.splitlines()[-1] == f'fix: {CLUSTER}.tags["cost-center"] = platform'
