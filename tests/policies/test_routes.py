"""Who may call a route, and how long its requests may take."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import UNKNOWN, Evaluator, Fact, outcomes

RULES = ("client-networks", "visitor-logins", "route-timeouts")
NETWORKS, LOGINS, TIMEOUTS = RULES
OFFICE = "203.0.113.0/24"


def access(*networks: Any, default: Any = "Deny", action: Any = "Allow") -> Fact:
    rule = {"action": action, "principal": {"clientCIDRs": list(networks)}}
    return policy({"authorization": {"defaultAction": default, "rules": [rule]}})


def policy(spec: Any) -> Fact:
    return Fact("kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy", {"spec": spec})


def traffic(timeout: Any) -> Fact:
    limit = {} if timeout is None else {"requestTimeout": timeout}
    spec = {"timeout": {"http": limit}}
    return Fact("kubernetes:gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy", {"spec": spec})


@pytest.mark.parametrize(
    "fact",
    [
        access(OFFICE),
        access(OFFICE, "10.0.0.0/8"),
        access("0.0.0.0/0", action="Deny"),
        policy({"cors": {"allowOrigins": ["https://a.example.com"]}}),
        policy({}),
    ],
)
def test_named_networks_satisfy(preview: Evaluator, fact: Fact) -> None:
    """And those that are denied, and policies about something else."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        access("0.0.0.0/0"),
        access(OFFICE, "0.0.0.0/0"),
        access("0.0.0.0/1", "128.0.0.0/1"),
        access("::/0"),
        access(OFFICE, default="Allow"),
        access("everybody"),
        access(7),
    ],
)
def test_lists_that_admit_everybody_violate(preview: Evaluator, fact: Fact) -> None:
    """At once or together, by default, or of the wrong type."""
    assert outcomes(preview.evaluate(fact)) == [(NETWORKS, "mandatory")]


@pytest.mark.parametrize("fact", [access(UNKNOWN), access(OFFICE, UNKNOWN), access(OFFICE, default=UNKNOWN)])
def test_unknown_networks_are_undecided(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    assert outcomes(preview.evaluate(fact)) == [(NETWORKS, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(NETWORKS, "mandatory")]


ISSUER = "https://login.example.com"
SECRET: Any = {"name": "login"}


def login(issuer: Any = ISSUER, secret: Any = SECRET, **others: Any) -> Fact:
    provider = {"issuer": issuer, **{key: others.pop(key) for key in ("tokenEndpoint",) if key in others}}
    return policy({"oidc": {"provider": provider, "clientID": "a", "clientSecret": secret, **others}})


@pytest.mark.parametrize(
    "fact",
    [
        login(),
        login(redirectURL="https://%REQ(:authority)%/back"),
        login(redirectURL="%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback"),
        login(tokenEndpoint="https://login.example.com/token", disableTokenEncryption=False),
    ],
)
def test_a_login_over_tls_satisfies(preview: Evaluator, fact: Fact) -> None:
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    "fact",
    [
        login("http://login.example.com"),
        login(tokenEndpoint="http://login.example.com/token"),
        login(redirectURL="http://shop.example.com/oauth2/callback"),
        login(disableTokenEncryption=True),
        login(secret={}),
        login(secret={"name": 7}),
        login(UNKNOWN, disableTokenEncryption=True),
    ],
)
def test_a_login_that_others_can_read_violates(preview: Evaluator, fact: Fact) -> None:
    """In the network, in a cookie, or for lack of a Secret."""
    assert outcomes(preview.evaluate(fact)) == [(LOGINS, "mandatory")]


@pytest.mark.parametrize(
    "fact", [login(UNKNOWN), login(secret=UNKNOWN), login(disableTokenEncryption=UNKNOWN), policy({"oidc": UNKNOWN})]
)
def test_an_unknown_login_is_undecided(preview: Evaluator, update: Evaluator, fact: Fact) -> None:
    assert outcomes(preview.evaluate(fact)) == [(LOGINS, "advisory")]
    assert outcomes(update.evaluate(fact)) == [(LOGINS, "mandatory")]


@pytest.mark.parametrize("timeout", ["30s", "3m", "100ms", "10h"])
def test_a_timeout_satisfies(preview: Evaluator, timeout: str) -> None:
    assert preview.evaluate(traffic(timeout)) == []


@pytest.mark.parametrize("timeout", ["0s", "0h0m", None, 0, ""])
def test_a_route_without_an_end_is_reported(preview: Evaluator, timeout: Any) -> None:
    """None, zero, or of the wrong type; as advice, because streams have none on purpose."""
    assert outcomes(preview.evaluate(traffic(timeout))) == [(TIMEOUTS, "advisory")]


def test_a_stream_on_purpose_satisfies(preview: Evaluator) -> None:
    fact = traffic("0s")
    properties = {**fact.properties, "metadata": {"annotations": {"slipway.dev/stream": "true"}}}
    assert preview.evaluate(Fact(fact.type, properties)) == []


def test_an_unknown_timeout_is_undecided(preview: Evaluator, update: Evaluator) -> None:
    assert outcomes(preview.evaluate(traffic(UNKNOWN))) == [(TIMEOUTS, "advisory")]
    assert outcomes(update.evaluate(traffic(UNKNOWN))) == [(TIMEOUTS, "advisory")]
