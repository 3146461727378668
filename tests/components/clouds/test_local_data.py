"""Databases inside a cluster: how many pods, what each may take, where their backups go."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import one, plan
from tests.components.clouds.test_local import CLUSTER, DATABASE

STORE = "kubernetes:barmancloud.cnpg.io/v1:ObjectStore"


@pytest.fixture(scope="module")
def planned() -> Plan:
    database = "shop_db: {highAvailability: false, readReplicas: 1, pooling: true}"
    shop = f"{{blue: {{version: 1.0.0}}, databases: {{{database}}}}}"
    return plan(CLUSTER + "protect: false\n", shop)


def test_there_are_as_many_instances_as_the_settings_need(planned: Plan) -> None:
    """The primary and a reader, though no standby was asked for."""
    assert one(planned, DATABASE).inputs["spec"]["instances"] == 2


def test_the_stores_address_comes_from_the_owners_secret(planned: Plan) -> None:
    """The API takes an address in plain text only; the plugin's own client reads this variable."""
    (address,) = one(planned, STORE).inputs["spec"]["instanceSidecarConfiguration"]["env"]
    assert address == {
        "name": "AWS_ENDPOINT_URL",
        "valueFrom": {"secretKeyRef": {"name": "object-store", "key": "AWS_ENDPOINT_URL"}},
    }


def test_every_container_beside_a_database_says_what_it_takes(planned: Plan) -> None:
    """The namespace's quota admits no other."""
    template = one(planned, "kubernetes:postgresql.cnpg.io/v1:Pooler").inputs["spec"]["template"]["spec"]
    containers = {each["name"]: each for each in [*template["containers"], *template["initContainers"]]}
    assert containers.keys() == {"pgbouncer", "bootstrap-controller"}
    sidecar = one(planned, STORE).inputs["spec"]["instanceSidecarConfiguration"]
    for each in (*containers.values(), sidecar):
        assert each["resources"]["requests"].keys() == each["resources"]["limits"].keys() == {"cpu", "memory"}


def test_protection_follows_the_cluster(planned: Plan) -> None:
    """A cluster without protection can be emptied whole."""
    assert not one(planned, DATABASE).state.get("protect")
