"""Any cluster that the kubeconfig names: what a system needs stands beside it."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import one, plan

CLUSTER = """
cloud: local
context: kind
registry: registry.example.com:5000
storageClass: fast
"""
DATABASE = "kubernetes:postgresql.cnpg.io/v1:Cluster"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER)


def test_nothing_but_kubernetes_is_asked(planned: Plan) -> None:
    """No cloud's resources; the provider uses the named context."""
    assert {step.package for step in planned.steps if step.state["custom"]} == {"kubernetes", "random", "pulumi"}
    assert one(planned, "pulumi:providers:kubernetes", "main").inputs["context"] == "kind"
    assert one(planned, "pulumi:providers:kubernetes", "main-systems").inputs["context"] == "kind"


def test_the_database_is_backed_up_as_declared(planned: Plan) -> None:
    """A schedule names it, its store keeps two weeks, and its annotation says so."""
    database = one(planned, DATABASE).inputs
    assert database["metadata"]["annotations"]["slipway.dev/backup-retention"] == "14"
    assert database["spec"]["storage"] == {"size": "32Gi", "storageClass": "fast"}
    assert database["spec"]["instances"] == 2
    schedule = one(planned, "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup").inputs["spec"]
    assert schedule["cluster"]["name"] == database["metadata"]["name"] == "shop-db"
    assert one(planned, "kubernetes:barmancloud.cnpg.io/v1:ObjectStore").inputs["spec"]["retentionPolicy"] == "14d"


def test_services_reach_the_database_by_its_pods(planned: Plan) -> None:
    """The network policy names the operator's label; the operator may reach the database too."""
    egress = one(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "shop/api-blue").inputs["spec"]["egress"]
    assert egress[0]["to"] == [{"podSelector": {"matchLabels": {"cnpg.io/cluster": "shop-db"}}}]
    own = one(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "shop/shop-db-postgres").inputs["spec"]
    operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}}
    assert operator in own["ingress"][1]["from"]


def test_a_stack_may_say_otherwise() -> None:
    """Without backup there is neither store nor schedule; a pooler serves where pooling is asked."""
    shop = "{blue: {version: 1.0.0}, databases: {shop_db: {backup: none, highAvailability: false, pooling: true}}}"
    planned = plan(CLUSTER, shop)
    types = {step.type for step in planned.steps}
    assert "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup" not in types
    assert one(planned, DATABASE).inputs["spec"]["instances"] == 1
    assert one(planned, "kubernetes:postgresql.cnpg.io/v1:Pooler").inputs["spec"]["cluster"] == {"name": "shop-db"}
