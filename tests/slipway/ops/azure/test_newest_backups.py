"""Backups of flexible servers, Microsoft.DBforPostgreSQL 2024-08-01.

Answers have the shape of azure-rest-api-specs, specification/postgresql/resource-manager/
Microsoft.DBforPostgreSQL/stable/2024-08-01/examples/BackupListByServer.json.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from slipway.ops.azure import newest_backups
from slipway.ops.azure.resource_manager import ResourceManager
from slipway.ops.backup_status import backup_statuses
from slipway.ops.failure import CloudFailure
from slipway.settings import store_names
from tests.slipway.ops.azure.conftest import Login
from tests.slipway.ops.conftest import stack_on

GROUP = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/slipway-test-main"
SERVER = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-orders"
ADDRESS = f"https://management.azure.com{SERVER}/backups"


def backup(completed: str) -> dict[str, Any]:
    kind = "Microsoft.DBforPostgreSQL/flexibleServers/backups"
    properties = {"backupType": "Full", "source": "Automatic", "completedTime": completed}
    return {"properties": properties, "id": f"{SERVER}/backups/daily", "name": "daily", "type": kind}


def test_the_newest_of_all_pages_counts(answers: responses.RequestsMock) -> None:
    """Azure writes seven digits of a second, and does not sort."""
    more = f"{ADDRESS}?api-version=2024-08-01&$skiptoken=next"
    first = {"value": [backup("2026-11-20T16:05:23.9243453+00:00")], "nextLink": more}
    check = responses.matchers.query_param_matcher({"api-version": "2024-08-01"})
    answers.add("GET", ADDRESS, json=first, match=[check])
    last = responses.matchers.query_param_matcher({"api-version": "2024-08-01", "$skiptoken": "next"})
    answers.add("GET", ADDRESS, json={"value": [backup("2026-11-19T16:05:19.902522+00:00")]}, match=[last])
    found = newest_backups.of_server(ResourceManager(Login()), SERVER)
    assert found.server == "shop-orders"
    assert found.newest == datetime(2026, 11, 20, 16, 5, 23, 924345, tzinfo=UTC)
    assert answers.calls[0].request.headers["Authorization"] == "Bearer token"


def test_a_missing_server_differs_from_one_without_backups(answers: responses.RequestsMock) -> None:
    """Not found, and an empty list."""
    answers.add("GET", ADDRESS, status=404, json={"error": {"code": "ResourceNotFound", "message": ""}})
    assert not newest_backups.of_server(ResourceManager(Login()), SERVER).exists
    answers.add("GET", ADDRESS, json={"value": []})
    found = newest_backups.of_server(ResourceManager(Login()), SERVER)
    assert (found.exists, found.newest) == (True, None)


def test_a_login_without_a_role_is_reported(answers: responses.RequestsMock) -> None:
    """In one line, with the server's name."""
    answers.add("GET", ADDRESS, status=403, json={"error": {"code": "AuthorizationFailed", "message": ""}})
    with pytest.raises(CloudFailure, match="the login may not use database server shop-orders; ask for a role"):
        newest_backups.of_server(ResourceManager(Login()), SERVER)


def test_servers_of_a_stack(answers: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each stands in the cluster's group, by its own name; document databases are listed without a verdict."""
    subscription = "00000000-0000-4000-8000-000000000001"
    name = store_names.flexible_server(subscription, "slipway-test-main", "shop", "orders_db")
    address = f"https://management.azure.com{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}/backups"
    answers.add("GET", address, json={"value": [backup("2026-11-20T16:05:23.9243453+00:00")]})
    monkeypatch.setattr(newest_backups, "credential", lambda cluster: Login())
    orders, catalogue = backup_statuses(stack_on(tmp_path, "azure"), datetime(2026, 11, 20, 20, tzinfo=UTC))
    assert (orders.found.server, list(orders.problems)) == (name, [])
    assert (catalogue.found.unlisted, list(catalogue.problems)) == (newest_backups.DOCUMENTS, [])
