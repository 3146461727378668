"""Supplied secrets in Secrets Manager, as moto keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from slipway.ops.aws.supplied_secrets import SecretsManager
from slipway.ops.failure import CloudFailure, MissingEntry
from slipway.ops.secret_stores import store_of
from tests.slipway.ops.conftest import ACCOUNT, on, stack_on

CANARY = "canary-c0ffee-do-not-show"
ENTRY = "slipway-test-main/shop/PAYMENT_KEY"


@pytest.fixture
def client(aws: None) -> Any:
    return boto3.client("secretsmanager", region_name="us-east-1")


def test_a_value_lands_in_its_entry(client: Any, tmp_path: Path) -> None:
    """The entry that the program made has the value as its current version."""
    client.create_secret(Name=ENTRY)
    store = store_of(*on(stack_on(tmp_path, "aws"), "shop"))
    store.set("PAYMENT_KEY", CANARY)
    assert client.get_secret_value(SecretId=ENTRY)["SecretString"] == CANARY
    assert store.place("PAYMENT_KEY") == ENTRY


def test_an_entry_is_never_made(client: Any, tmp_path: Path) -> None:
    """Without one the answer is to run `pulumi up`, and nothing is kept."""
    store = store_of(*on(stack_on(tmp_path, "aws"), "shop"))
    with pytest.raises(MissingEntry, match=f"no entry {ENTRY} yet; run `pulumi up` first"):
        store.set("PAYMENT_KEY", CANARY)
    assert client.list_secrets()["SecretList"] == []


def test_an_empty_entry_is_not_filled(client: Any, tmp_path: Path) -> None:
    """The time is that of the current value."""
    for name in ("PAYMENT_KEY", "MAIL_KEY"):
        client.create_secret(Name=f"slipway-test-main/shop/{name}")
    store = store_of(*on(stack_on(tmp_path, "aws"), "shop"))
    assert store.filled() == {"PAYMENT_KEY": None, "MAIL_KEY": None}
    store.set("PAYMENT_KEY", CANARY)
    (current,) = client.list_secret_version_ids(SecretId=ENTRY)["Versions"]
    assert store.filled() == {"PAYMENT_KEY": current["CreatedDate"], "MAIL_KEY": None}


def test_only_the_current_version_counts() -> None:
    """A version that is merely pending does not fill the entry."""
    client = boto3.client("secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    old, pending = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    versions = [
        {"VersionId": "b" * 32, "VersionStages": ["AWSPENDING"], "CreatedDate": pending},
        {"VersionId": "a" * 32, "VersionStages": ["AWSCURRENT"], "CreatedDate": old},
    ]
    with Stubber(client) as stub:
        stub.add_response("list_secret_version_ids", {"Versions": versions}, {"SecretId": ENTRY})
        store = SecretsManager(client, "slipway-test-main", "shop", ["PAYMENT_KEY"])
        assert store.filled() == {"PAYMENT_KEY": old}


def test_a_missing_entry_is_not_filled() -> None:
    """Before the first `pulumi up` nothing is."""
    client = boto3.client("secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("list_secret_version_ids", "ResourceNotFoundException")
        assert SecretsManager(client, "slipway-test-main", "shop", ["MAIL_KEY"]).filled() == {"MAIL_KEY": None}


def test_another_account_is_refused(client: Any, tmp_path: Path) -> None:
    """Before anything is asked of it."""
    stack = stack_on(tmp_path, "aws", account='"111122223333"')
    with pytest.raises(CloudFailure, match=f"logged in to account {ACCOUNT}, but the stack's is 111122223333"):
        store_of(*on(stack, "shop"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDeniedException", f"may not call PutSecretValue on {ENTRY}: use a role that may"),
        ("ExpiredTokenException", "the login has expired or is unknown"),
        ("ThrottlingException", "try again in a minute"),
        ("ValidationException", f"PutSecretValue on {ENTRY} failed \\(ValidationException\\)"),
    ],
)
def test_refusals_say_the_fix_and_not_the_value(code: str, message: str) -> None:
    """AWS repeats a value that it refuses; the error does not."""
    client = boto3.client("secretsmanager", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("put_secret_value", code, f"1 validation error: value '{CANARY}' at 'secretString'")
        with pytest.raises(CloudFailure, match=message) as caught:
            SecretsManager(client, "slipway-test-main", "shop", ["PAYMENT_KEY"]).set("PAYMENT_KEY", CANARY)
    assert CANARY not in str(caught.value)


def test_no_login_says_how_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without credentials anywhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CloudFailure, match=f"no credentials to read account {ACCOUNT}: log in"):
        store_of(*on(stack_on(tmp_path, "aws"), "shop"))
