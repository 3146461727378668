"""Values in a Key Vault of others, data plane 2025-07-01: GetSecret-example.json of azure-rest-api-specs."""

from __future__ import annotations

import pytest
import responses

from slipway.ops.azure import stored_values
from slipway.ops.failure import CloudFailure
from slipway.settings.clouds.azure import AzureCluster
from tests.slipway.ops.azure.conftest import Login
from tests.slipway.ops.azure.test_supplied_secrets import CHALLENGE

CANARY = "canary-c0ffee-do-not-show"
ENTRY = "https://old-shop.vault.azure.net/secrets/production"
CLUSTER = AzureCluster.model_construct()


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_values, "credential", lambda cluster: Login())


def answered(answers: responses.RequestsMock, status: int, body: object) -> None:
    """The vault first says how to log in, then answers."""
    for address in (f"{ENTRY}/", ENTRY):
        answers.add("GET", address, status=401, headers=CHALLENGE, json={"error": {"code": "Unauthorized"}})
        answers.add("GET", address, status=status, json=body)
    answers.assert_all_requests_are_fired = False


def test_the_newest_value_is_read(answers: responses.RequestsMock) -> None:
    answered(answers, 200, {"value": CANARY, "id": f"{ENTRY}/{'a' * 32}", "attributes": {"enabled": True}})
    assert stored_values.value_of(CLUSTER, ENTRY) == CANARY


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(404, "SecretNotFound", "does not exist, or has no value"), (403, "Forbidden", ENTRY)],
)
def test_what_cannot_be_read_is_a_failure(
    answers: responses.RequestsMock, status: int, code: str, message: str
) -> None:
    answered(answers, status, {"error": {"code": code, "message": CANARY}})
    with pytest.raises(CloudFailure, match=message) as failure:
        stored_values.value_of(CLUSTER, ENTRY)
    assert CANARY not in str(failure.value)
