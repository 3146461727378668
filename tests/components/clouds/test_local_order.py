"""Databases inside a cluster: what comes before what, and what is there already."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import depends_on, one, plan
from tests.components.clouds.test_local import CLUSTER, DATABASE

EXISTING = "shop/shop-db"


@pytest.fixture(scope="module")
def planned() -> Plan:
    shop = f"{{blue: {{version: 1.0.0}}, databases: {{shop_db: {{pooling: true, adopt: {EXISTING}}}}}}}"
    return plan(CLUSTER, shop)


@pytest.mark.parametrize(
    "needed", ["networking.k8s.io/v1:NetworkPolicy", "core/v1:Secret", "barmancloud.cnpg.io/v1:ObjectStore"]
)
def test_a_database_starts_once_what_it_names_is_there(planned: Plan, needed: str) -> None:
    """Its policy, its logins and the store of its backups."""
    assert depends_on(planned, one(planned, DATABASE), f"kubernetes:{needed}")


@pytest.mark.parametrize("user", ["ScheduledBackup", "Pooler"])
def test_what_uses_a_database_comes_after_it(planned: Plan, user: str) -> None:
    """The first backup is made at once, so the database must be known by then."""
    assert depends_on(planned, one(planned, f"kubernetes:postgresql.cnpg.io/v1:{user}"), DATABASE)


def test_an_existing_database_is_adopted(planned: Plan) -> None:
    """It is imported by its namespace and name."""
    database = one(planned, DATABASE)
    assert (database.op, database.state["importID"]) == ("import", EXISTING)
