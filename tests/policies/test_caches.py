"""Caches ask for a password and have a standby, on each cloud and in the cluster."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.pack_under_test import CANARY, UNKNOWN, Evaluator, Fact, outcomes

RULES = ("cache-authentication", "encryption-in-transit")
LOGIN, TRANSIT = RULES
GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"
USER = "aws:elasticache/user:User"
SERVER, DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"
GOOD = ["--port", "0", "--tls-port", "6379", "--aclfile", "/users"]
ENCRYPTED = {"transitEncryptionEnabled": True}


def pod(arguments: Any, component: Any = "cache") -> Fact:
    labels = {"app.kubernetes.io/component": component}
    spec = {"template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "args": arguments}]}}}
    return Fact("kubernetes:apps/v1:StatefulSet", {"metadata": {"name": "c"}, "spec": spec})


@pytest.mark.parametrize(
    "fact",
    [
        Fact(GROUP, {**ENCRYPTED, "userGroupIds": ["users"]}),
        Fact(GROUP, {**ENCRYPTED, "userGroupIds": [UNKNOWN]}),
        Fact(GROUP, {**ENCRYPTED, "authToken": UNKNOWN}),
        Fact(USER, {"authenticationMode": {"type": "password"}}),
        Fact(USER, {"authenticationMode": {"type": "iam"}, "noPasswordRequired": False}),
        Fact(USER, {"passwords": [UNKNOWN]}),
        Fact(SERVER, {}),
        Fact(DATABASE, {"clientProtocol": "Encrypted"}),
        pod(GOOD),
        pod(["--save", "", *GOOD]),
        pod([], component="database"),
        pod(None, component=None),
    ],
)
def test_a_cache_with_a_password_and_tls_satisfies(preview: Evaluator, fact: Fact) -> None:
    """And what is no cache is not judged."""
    assert preview.evaluate(fact) == []


@pytest.mark.parametrize(
    ("fact", "rule"),
    [
        (Fact(GROUP, ENCRYPTED), LOGIN),
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": []}), LOGIN),
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": CANARY}), LOGIN),
        (Fact(GROUP, {"userGroupIds": ["users"]}), TRANSIT),
        (Fact(GROUP, {"userGroupIds": ["users"], "transitEncryptionEnabled": "true"}), TRANSIT),
        (Fact(USER, {}), LOGIN),
        (Fact(USER, {"authenticationMode": {"type": "no-password-required"}}), LOGIN),
        (Fact(USER, {"authenticationMode": {"type": "password"}, "noPasswordRequired": True}), LOGIN),
        (Fact(SERVER, {"minimumTlsVersion": "1.0"}), TRANSIT),
        (Fact(DATABASE, {"clientProtocol": "Plaintext"}), TRANSIT),
        (pod(["--tls-port", "6379", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "6379", "--tls-port", "6379", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "0", "--aclfile", "/users"]), TRANSIT),
        (pod(["--port", "0", "--tls-port", "6379"]), LOGIN),
        (pod(["--port", "0", "--tls-port", "6379", "--aclfile"]), LOGIN),
    ],
)
def test_a_cache_that_is_open_violates(preview: Evaluator, fact: Fact, rule: str) -> None:
    """Not set, false, or of the wrong type; no value is shown."""
    findings = preview.evaluate(fact)
    assert outcomes(findings) == [(rule, "mandatory")]
    assert CANARY not in findings[0].message


@pytest.mark.parametrize("arguments", [None, [], CANARY])
def test_a_pod_that_says_nothing_violates_both(preview: Evaluator, arguments: Any) -> None:
    assert sorted(outcomes(preview.evaluate(pod(arguments)))) == [(LOGIN, "mandatory"), (TRANSIT, "mandatory")]


@pytest.mark.parametrize(
    ("fact", "rules"),
    [
        (Fact(GROUP, {**ENCRYPTED, "userGroupIds": UNKNOWN}), {LOGIN}),
        (Fact(USER, {"authenticationMode": UNKNOWN}), {LOGIN}),
        (Fact(DATABASE, {"clientProtocol": UNKNOWN}), {TRANSIT}),
        (pod(UNKNOWN), {LOGIN, TRANSIT}),
    ],
)
def test_what_is_not_known_yet_is_advice_and_blocks_an_update(
    preview: Evaluator, update: Evaluator, fact: Fact, rules: set[str]
) -> None:
    assert set(outcomes(preview.evaluate(fact))) == {(rule, "advisory") for rule in rules}
    assert set(outcomes(update.evaluate(fact))) == {(rule, "mandatory") for rule in rules}
