from __future__ import annotations

import pytest

from slipway.settings.secrecy import is_private, may_be_secret
from slipway.settings.secret_forms import forms, forms_near, has_secret_form, is_secret
from tests.slipway.cli.conftest import ROOT
from tests.slipway.settings.conftest import Workshop

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
        "redis://:hun{ter2@cache:6379",
        "redis://:{hunter2@cache:6379",
        "postgres://fleet:hunter2{0}@db/fleet",
    ],
)
def test_forms_of_secrets(value: str) -> None:
    """Keys of the well-known vendors, tokens and logins in addresses are known by their form."""
    assert has_secret_form(f"is {value} here")
    assert is_secret("ANYTHING", value)


@pytest.mark.parametrize(
    "value",
    [
        "sk_live_",
        "pk_live_51HxYz",
        "https://example.com:8443/a@b",
        "postgres://db/fleet",
        "redis://:{secret.CACHE_KEY}@cache:6379",
        "redis://:${CACHE_KEY}@cache:6379",
        "postgres://{user}:{password}{suffix}@db/fleet",
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
    assert is_secret(name, "x")
    assert not is_secret(name, "")


@pytest.mark.parametrize("name", ["TOKEN_EXPIRES_IN", "CLERK_PUBLISHABLE_API_KEY", "TOKEN_URL", "PORT", "KEYSPACE"])
def test_names_of_public_values(name: str) -> None:
    """What describes a secret without being one may be plain."""
    assert not is_secret(name, "x")


WELL_KNOWN = {
    "AWS": "ASIA" + "Q" * 16,
    "Azure": "abc8Q~" + "a1B2" * 8,
    "Google OAuth": "GOCSPX-" + "a1" * 14,
    "GitHub, fine": "github_pat_" + "a1" * 20,
    "GitLab": "glpat-" + "a1" * 10,
    "GitLab, runner": "glrt-" + "a1" * 10,
    "OpenAI": "sk-proj-" + "a1" * 20,
    "Anthropic": "sk-ant-api03-" + "a1" * 20,
    "Hugging Face": "hf_" + "aB" * 17,
    "npm": "npm_" + "a1" * 18,
    "PyPI": "pypi-AgEI" + "a1" * 30,
    "Docker Hub": "dckr_pat_" + "a1" * 14,
    "DigitalOcean": "dop_v1_" + "a1" * 32,
    "Vault": "hvs." + "a1" * 20,
    "Pulumi": "pul-" + "a1" * 20,
    "Twilio": "SK" + "a1" * 16,
    "Mailgun": "key-" + "a1" * 16,
    "Mailchimp": "a1" * 16 + "-us12",
    "Slack": "https://hooks.slack.com/services/T00000000/B00000000/" + "a1" * 12,
    "Discord": "https://discord.com/api/webhooks/123456789012345678/" + "a1" * 34,
    "Telegram": "123456789:AA" + "a1" * 17,
    "Shopify": "shpat_" + "a1" * 16,
    "Databricks": "dapi" + "a1" * 16,
    "New Relic": "NRAK-" + "A1" * 13 + "B",
    "Grafana": "glsa_" + "a1" * 16 + "_a1b2c3d4",
    "Sentry": "sntrys_" + "a1" * 30,
    "Square": "sq0csp-" + "a1" * 22,
    "Plaid": "access-production-01234567-89ab-cdef-0123-456789abcdef",
    "a login of x": "postgresql://api:xk39@db:5432/fleet",
    "an SSH key": "-----BEGIN OPENSSH PRIVATE KEY-----",
}


@pytest.mark.parametrize("value", WELL_KNOWN.values(), ids=WELL_KNOWN)
def test_vendors_are_known(value: str) -> None:
    """By the forms that well-kept detectors look for, in the middle of other text too."""
    assert is_secret("SETTING", value)
    assert has_secret_form(f'{{"value": "{value}"}}')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", "4096"), ("MAX_TOKENS", "1000000"), ("PASSWORD_MIN_LENGTH", "12"), ("TOKEN_BUDGET", "1000000"),
        ("CSRF_TOKEN_HEADER", "X-CSRF-Token"), ("CSRF_TOKEN", "X-CSRF-Token"), ("API_KEY_HEADER", "X-API-Key"),
        ("JWT_ALGORITHM", "HS256"), ("TOKEN_SIGNING_ALG", "RS256"), ("PASSWORD_HASH_ALGORITHM", "argon2id"),
        ("PASSWORD_SALT_ROUNDS", "12"), ("ACCESS_TOKEN_LIFETIME", "15m"), ("TOKEN_GRACE", "24h"),
        ("PASSWORD_RESET_ENABLED", "true"), ("REQUIRE_PASSWORD", "yes"), ("SECRET_ROTATION", "90d"),
        ("TOKEN_AUDIENCE", "web"), ("SESSION_TOKEN_COOKIE", "sid"), ("SECRETS_PROVIDER", "vault"),
        ("CREDENTIALS", "true"), ("TOKENS_PER_MINUTE", "90000"), ("PASSWORD_POLICY", "strong"),
        ("TOKEN_ENDPOINT", "https://id.example.com/oauth/token"), ("PASSWORD_FILE", "/run/secrets/password"),
        ("REACT_APP_MAPS_TOKEN", "public-by-design"), ("API_TOKEN", "${API_TOKEN}"), ("TOKENIZER", "cl100k_base"),
    ],
)  # fmt: skip
def test_what_is_only_about_secrets(name: str, value: str) -> None:
    """Numbers, switches, times, headers, algorithms, addresses and references are none."""
    assert not is_secret(name, value)


@pytest.mark.parametrize(
    "name",
    [
        "RESET_PASSWORD_TOKEN", "KEYSTORE_PASSWORD", "KEY_STORE_PASSWORD", "PASSWORD2", "JWT_SECRET_BASE64", "TOKEN_V2",
        "dbPassword", "clientSecret", "connectionString", "GITHUB_TOKEN_OLD", "SESSION_SECRET", "STRIPE_API_KEY_LIVE",
        "SECRET_KEY_BASE",
    ],
)  # fmt: skip
def test_words_around_the_one_that_counts(name: str) -> None:
    """A secret by its last word stays one, whatever stands before it, and whichever of several it is."""
    assert is_secret(name, "hunter2hunter2")


def test_a_form_is_tried_wherever_one_of_its_keywords_is() -> None:
    """In any text, however long, in any case, beside others, as part of a word."""
    around = "xé" * 40_000
    for form in forms():
        for keyword in form.keywords:
            assert form in forms_near(f"{around}{keyword.upper()}{around}"), keyword
    assert forms_near("") == forms_near("nothing of the kind") == []


def test_the_policy_pack_judges_by_the_same_file() -> None:
    """There is one detector, of which the pack has a link."""
    link = ROOT / "policies" / "adapters" / "secret_forms.py"
    assert link.resolve() == (ROOT / "slipway" / "settings" / "secret_forms.py").resolve()


@pytest.mark.parametrize("value", ["Zx9qW3eR5tY7uI1oP2aS4dF6", "d41d8cd98f00b204e9800998ecf8427e", JWT])
def test_random_values_are_not_shown(value: str) -> None:
    """What looks random may be a secret that has no known form."""
    assert may_be_secret(value)


@pytest.mark.parametrize("path", [("environment", "X"), ("checks", 0, "body", "x"), ("sites", "a", "settings", "X")])
def test_private_places(path: tuple[str | int, ...]) -> None:
    """Values in these places are never shown."""
    assert is_private(path)
    assert not is_private(("services", "api", "port"))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("aB3" * 8, True),
        (f'key="{"aB3" * 8}"', True),
        ("abc" * 8 + ".B3", True),
        ("0123456789abcdef" * 2, True),
        ("abc" * 8, False),
        ("abc" * 8 + " B3", False),
        ("aB3" * 7, False),
    ],
)
def test_words_that_look_random_are_not_shown(text: str, hidden: bool) -> None:
    """With each kind of letter and digits from a long run on, or long hexadecimal numbers."""
    assert may_be_secret(text) == hidden


def test_long_values_are_read_once(workshop: Workshop) -> None:
    """A search that began again at each letter would take hours for these."""
    assert not may_be_secret("y" * 1_000_000)
    workshop.edit("systems/fleet/system.yaml", "LEVEL: info", f"LEVEL: {'y' * 1_000_000}")
    (problem,) = workshop.problems()
    assert "is longer than an environment variable can be" in problem
