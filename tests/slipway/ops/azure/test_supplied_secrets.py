"""Supplied secrets in Key Vault, data plane 2025-07-01.

Answers have the shape of azure-rest-api-specs,
specification/keyvault/data-plane/Secrets/stable/2025-07-01/examples: SetSecret-example.json and
GetSecretVersions-example.json.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from slipway.ops.azure.supplied_secrets import KeyVault, client_of
from slipway.ops.failure import CloudFailure
from slipway.ops.secret_stores import store_of
from tests.slipway.ops.azure.conftest import Login
from tests.slipway.ops.conftest import on, stack_on

CANARY = "canary-c0ffee-do-not-show"
VAULT = "https://shop-vault.vault.azure.net"
CHALLENGE = {
    "WWW-Authenticate": 'Bearer authorization="https://login.microsoftonline.com/00000000-0000-4000-8000-000000000002",'
    ' resource="https://vault.azure.net"'
}
JANUARY, JUNE = 1767225600, 1780272000


@pytest.fixture
def vault(answers: responses.RequestsMock) -> KeyVault:
    return KeyVault(client_of("shop-vault", Login()), "shop-vault", ["PAYMENT_KEY"])


def challenged(answers: responses.RequestsMock, method: str, path: str, status: int, body: Any) -> str:
    """The vault first says how to log in, then answers."""
    address = f"{VAULT}/secrets/PAYMENT-KEY{path}"
    answers.add(method, address, status=401, headers=CHALLENGE, json={"error": {"code": "Unauthorized"}})
    answers.add(method, address, status=status, json=body)
    return address


def version(digit: str, created: int, *, enabled: bool = True) -> dict[str, Any]:
    attributes = {"enabled": enabled, "created": created, "updated": created}
    return {"id": f"{VAULT}/secrets/PAYMENT-KEY/{digit * 32}", "attributes": attributes}


def test_a_value_becomes_a_new_version(answers: responses.RequestsMock, vault: KeyVault) -> None:
    """Under the variable's name with hyphens; the value travels only after the vault said who it is."""
    made = {**version("a", JANUARY), "value": CANARY}
    address = challenged(answers, "PUT", "", 200, made)
    vault.set("PAYMENT_KEY", CANARY)
    first, second = (call.request for call in answers.calls)
    assert (first.url, second.url) == (f"{address}?api-version=2025-07-01",) * 2
    assert not first.body
    assert isinstance(second.body, bytes | str)
    assert json.loads(second.body) == {"value": CANARY}
    assert second.headers["Authorization"] == "Bearer token"
    assert vault.place("PAYMENT_KEY") == "shop-vault/PAYMENT-KEY"


def test_the_newest_version_says_since_when(answers: responses.RequestsMock, vault: KeyVault) -> None:
    """Over all pages; one that is disabled cannot be read and does not count."""
    more = f"{VAULT}/secrets/PAYMENT-KEY/versions?api-version=2025-07-01&$skiptoken=next"
    challenged(answers, "GET", "/versions", 200, {"value": [version("a", JANUARY)], "nextLink": more})
    last = [version("b", JUNE, enabled=False), version("c", JANUARY + 60)]
    answers.add("GET", more, json={"value": last, "nextLink": None})
    assert vault.filled() == {"PAYMENT_KEY": datetime(2026, 1, 1, 0, 1, tzinfo=UTC)}


def test_a_secret_without_versions_is_not_filled(answers: responses.RequestsMock, vault: KeyVault) -> None:
    """Key Vault lists none for a name that it does not know."""
    challenged(answers, "GET", "/versions", 200, {"value": [], "nextLink": None})
    assert vault.filled() == {"PAYMENT_KEY": None}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "azure: the login may not use shop-vault/PAYMENT-KEY; ask for a role on it"),
        (409, "azure: shop-vault/PAYMENT-KEY is soft-deleted"),
        (400, "azure: the request about shop-vault/PAYMENT-KEY failed (HTTP 400)"),
    ],
)
def test_refusals_say_the_fix_and_not_the_value(
    answers: responses.RequestsMock, vault: KeyVault, status: int, message: str
) -> None:
    """Even when the answer repeats it."""
    body = {"error": {"code": "BadParameter", "message": f"{CANARY} is not allowed"}}
    challenged(answers, "PUT", "", status, body)
    with pytest.raises(CloudFailure) as caught:
        vault.set("PAYMENT_KEY", CANARY)
    assert str(caught.value).startswith(message)
    assert CANARY not in str(caught.value)


def test_a_vault_that_is_not_there(answers: responses.RequestsMock) -> None:
    """Before the first `pulumi up` its name leads nowhere."""
    refused = requests.ConnectionError("no such host")
    answers.add("GET", f"{VAULT}/secrets/PAYMENT-KEY/versions", body=refused)
    client = client_of("shop-vault", Login())
    with pytest.raises(CloudFailure, match=r"shop-vault/PAYMENT-KEY cannot be reached .*run `pulumi up` first"):
        KeyVault(client, "shop-vault", ["PAYMENT_KEY"]).filled()


def test_the_store_of_a_system_is_its_own_vault(tmp_path: Path) -> None:
    """Found by subscription, cluster and system, without a request."""
    store = store_of(*on(stack_on(tmp_path, "azure"), "shop"))
    assert store.place("PAYMENT_KEY").startswith("test-main-shop-")
    assert store.limit == 25_600
