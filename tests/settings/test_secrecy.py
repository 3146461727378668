from __future__ import annotations

import pytest

from settings.secrecy import has_secret_form, is_private, looks_secret, may_be_secret

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig"


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_51HxYz",
        "rk_test_51HxYz",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a" * 36,
        "xoxb-123456789012",
        "SG." + "a" * 22,
        "whsec_abcdefgh",
        "AIza" + "b" * 35,
        JWT,
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "postgres://fleet:hunter2@db:5432/fleet",
        "amqp://:hunter2@queue",
    ],
)
def test_forms_of_secrets(value: str) -> None:
    """Keys of the well-known vendors, tokens and logins in addresses are known by their form."""
    assert has_secret_form(f"is {value} here")
    assert looks_secret("ANYTHING", value)


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_",
        "pk_live_51HxYz",
        "https://example.com:8443/a@b",
        "postgres://db/fleet",
        "eyJ",
        "2.4.0",
        "10.0.0.0/16",
    ],
)
def test_forms_of_public_values(value: str) -> None:
    """Publishable keys, prefixes and addresses without a login are no secrets."""
    assert not has_secret_form(value)


@pytest.mark.parametrize(
    "name", ["PASSWORD", "DB_PASSWD", "JWT_SECRET", "ACCESS_TOKEN", "API_KEY", "APIKEY", "SENTRY_DSN"]
)
def test_names_of_secrets(name: str) -> None:
    """A variable that is named like a secret may not hold plain text, but may be empty."""
    assert looks_secret(name, "x")
    assert not looks_secret(name, "")


@pytest.mark.parametrize("name", ["TOKEN_EXPIRES_IN", "CLERK_PUBLISHABLE_API_KEY", "TOKEN_URL", "PORT", "KEYSPACE"])
def test_names_of_public_values(name: str) -> None:
    """What tells of a secret without being one may be plain."""
    assert not looks_secret(name, "x")


@pytest.mark.parametrize("value", ["Zx9qW3eR5tY7uI1oP2aS4dF6", "d41d8cd98f00b204e9800998ecf8427e", JWT])
def test_random_values_are_not_shown(value: str) -> None:
    """What looks random may be a secret that has no known form."""
    assert may_be_secret(value)


@pytest.mark.parametrize("path", [("environment", "X"), ("checks", 0, "body", "x"), ("sites", "a", "settings", "X")])
def test_private_places(path: tuple[str | int, ...]) -> None:
    """Values in these places are never shown."""
    assert is_private(path)
    assert not is_private(("services", "api", "port"))
