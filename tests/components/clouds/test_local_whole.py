"""A cluster that exists already: a system that asks for everything."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import WHOLE, depends_on, one, plan


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan("cloud: local\npostgres: pod\nobjectStore: http://store.example.com:9000", definition=WHOLE)


def test_a_plain_pod_keeps_the_tests_data(planned: Plan) -> None:
    """No operator: a StatefulSet, whose superuser the roles Job logs in as, without TLS."""
    server = one(planned, "kubernetes:apps/v1:StatefulSet", "shop/shop-db").inputs["spec"]
    (container,) = server["template"]["spec"]["containers"]
    environment = {each["name"]: each for each in container["env"]}
    assert environment["POSTGRES_PASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == "shop-db-superuser"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert not any("cnpg.io" in step.type for step in planned.steps)
    policy = one(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "shop/shop-db-postgres").inputs["spec"]
    assert policy["egress"] == []


def test_roles_are_made_when_the_plain_pod_is_ready(planned: Plan) -> None:
    """The administrator's login, which their Job waits for, has an address that is none before."""
    login = one(planned, "kubernetes:core/v1:Secret", "shop/shop-db-admin")
    assert depends_on(planned, login, "kubernetes:apps/v1:StatefulSet")
    job = one(planned, "kubernetes:batch/v1:Job", "shop/shop-db-roles")
    assert login.urn in job.dependencies


def test_documents_are_run_by_their_operator(planned: Plan) -> None:
    """Three members, a user of the application's own, pods without root."""
    spec = one(planned, "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity").inputs["spec"]
    assert (spec["members"], spec["users"][0]["name"]) == (3, "papers_app")
    pod = spec["statefulSet"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert one(planned, "kubernetes:core/v1:ServiceAccount", f"shop/{pod['serviceAccountName']}")


def test_pods_that_use_a_bucket_find_the_stores_keys(planned: Plan) -> None:
    """In their environment, from the Secret that its owner fills; the store's port is open to them."""
    api = one(planned, "kubernetes:apps/v1:Deployment", "shop/api-blue").inputs["spec"]["template"]["spec"]
    assert {"secretRef": {"name": "object-store"}} in api["containers"][0]["envFrom"]
    store = one(planned, "kubernetes:core/v1:Secret", "shop/object-store")
    assert store.state["ignoreChanges"] == ["data", "stringData"]
    notes = store.inputs["metadata"]["annotations"]
    assert [each.split("=")[0] for each in notes["slipway.dev/rotate-every"].split(",")] == notes[
        "slipway.dev/supplied-keys"
    ].split(",")
    egress = one(planned, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "shop/api-blue").inputs["spec"]["egress"]
    assert [{"port": 9000, "protocol": "TCP"}] in [rule["ports"] for rule in egress]


def test_nothing_is_made_outside_the_cluster(planned: Plan) -> None:
    """No zone, no budget, no health check."""
    assert {step.package for step in planned.steps if step.state["custom"]} == {"kubernetes", "random", "pulumi"}
