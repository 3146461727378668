"""The evaluator of IAM policies, by tables."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.clouds.iam import Request, allows
from tests.components.clouds.iam_conditions import met
from tests.components.clouds.iam_patterns import matches, matches_arn

ROLE = "arn:aws:iam::111122223333:role/api"
TLS = {"aws:SecureTransport": "true"}
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
GROUP = "arn:aws:logs:eu-west-1:111122223333:log-group:flows"

CONDITIONS = [
    ("Bool", "false", "false", True),
    ("Bool", "false", "true", False),
    ("Bool", False, "false", True),
    ("Bool", "false", None, False),
    ("BoolIfExists", "false", None, True),
    ("BoolIfExists", "false", "true", False),
    ("StringEquals", "shop", "shop", True),
    ("StringEquals", "shop", "Shop", False),
    ("StringEquals", ["shop", "fleet"], "fleet", True),
    ("StringEquals", "sh*", "shop", False),
    ("StringEquals", "sh*", "sh*", True),
    ("StringEquals", "shop", None, False),
    ("StringEqualsIfExists", "shop", None, True),
    ("StringEqualsIfExists", "shop", "fleet", False),
    ("StringEqualsIgnoreCase", "shop", "Shop", True),
    ("StringNotEquals", "shop", "fleet", True),
    ("StringNotEquals", ["shop", "fleet"], "fleet", False),
    ("StringNotEquals", "shop", None, True),
    ("StringNotEqualsIgnoreCase", "shop", "SHOP", False),
    ("StringLike", "system:serviceaccount:shop:*", "system:serviceaccount:shop:api", True),
    ("StringLike", "sho?", "shops", False),
    ("StringNotLike", "sh*", "shop", False),
    ("StringNotLike", "sh*", None, True),
    ("ArnLike", "arn:aws:logs:*:111122223333:*", GROUP, True),
    ("ArnLike", "arn:aws:logs:*:999999999999:*", GROUP, False),
    ("ArnLike", "arn:aws:*:log-group:a:b", GROUP, False),
    ("ArnLike", "arn:aws:logs:*:111122223333:*", None, False),
    ("ArnEquals", "arn:aws:logs:*:111122223333:*", GROUP, True),
    ("ArnNotLike", "arn:aws:logs:*:*:*", GROUP, False),
    ("ArnNotEquals", "arn:aws:s3:::receipts", GROUP, True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericNotEquals", "10", "10", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThanEquals", 10, "10", True),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
    ("IpAddress", "10.0.0.0/8", "192.0.2.1", False),
    ("NotIpAddress", "10.0.0.0/8", "192.0.2.1", True),
    ("Null", "true", None, True),
    ("Null", "true", "shop", False),
    ("Null", "false", "shop", True),
    ("Null", "false", None, False),
    ("ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
    ("ForAnyValue:StringEquals", "a", "a", True),
    ("ForAnyValue:StringEquals", "a", [], False),
    ("ForAnyValue:StringNotEquals", "a", ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", "a", None, False),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringLike", "a*", [], True),
    ("ForAllValues:StringEquals", "a", None, True),
    ("ForAllValues:StringNotEquals", "a", ["b", "a"], False),
]
"""Operator, values of the policy, values of the request, and whether the condition is met."""


@pytest.mark.parametrize(("name", "wanted", "given", "expected"), CONDITIONS)
def test_condition(name: str, wanted: Any, given: Any, expected: bool) -> None:
    """One operator over one key, which a request has in other letters or not at all."""
    context = {} if given is None else {"AWS:key": given}
    assert met({name: {"aws:Key": wanted}}, context) is expected


def test_every_key_of_every_operator_must_be_met() -> None:
    """A web identity is one subject's for one audience: no other may stand in for either."""
    conditions = {"StringEquals": {f"{ISSUER}:sub": "a", f"{ISSUER}:aud": "sts"}, "Null": {"aws:SourceIp": "true"}}
    own = {f"{ISSUER}:sub": "a", f"{ISSUER}:aud": "sts"}
    assert met(conditions, own)
    assert not met(conditions, own | {f"{ISSUER}:sub": "b"})
    assert not met(conditions, own | {f"{ISSUER}:aud": "other"})
    assert not met(conditions, own | {"aws:SourceIp": "192.0.2.1"})


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("StringMatches", "a"),
        ("StringMatches", None),
        ("DateLessThan", None),
        ("NullIfExists", None),
        ("ForSomeValue:StringEquals", None),
        ("ForAnyValue:StringEqualsIfExists", None),
        ("StringEquals", ["a", "b"]),
    ],
)
def test_what_is_not_understood_raises(name: str, given: Any) -> None:
    """An unknown operator is no condition that is merely not met, and a list needs its quantifier."""
    with pytest.raises(ValueError, match=name):
        met({name: {"aws:Key": "a"}}, {} if given is None else {"aws:Key": given})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("arn:aws:s3:::receipts/*", "arn:aws:s3:::receipts/2026/one.pdf", True),
        ("arn:aws:s3:::receipts/*", "arn:aws:s3:::receipts", False),
        ("arn:aws:s3:::receipts", "arn:aws:s3:::receipts-of-others", False),
        ("arn:aws:s3:::receipts*", "arn:aws:s3:::receipts-of-others", True),
        ("secret:login-??????", "secret:login-a1B2c3", True),
        ("secret:login-??????", "secret:login-of-others-a1B2c3", False),
        ("a.c", "abc", False),
        ("home/${aws:PrincipalTag/team}/*", "home/shop/one", True),
        ("home/${aws:PrincipalTag/team}/*", "home/fleet/one", False),
        ("home/${aws:username}/*", "home/shop/one", False),
        ("home/${*}", "home/one", False),
        ("home/${*}", "home/*", True),
    ],
)
def test_pattern(pattern: str, text: str, expected: bool) -> None:
    """Wildcards match any text, `?` one sign, and a variable its value, never as a wildcard."""
    assert matches(pattern, text, {"aws:principaltag/team": "shop"}) is expected


def test_a_variables_value_is_no_wildcard() -> None:
    """A caller whose tag is a star reaches nobody else's files."""
    assert not matches("home/${aws:username}", "home/shop", {"aws:username": "*"})
    assert matches_arn(
        "arn:aws:iam::${aws:PrincipalAccount}:role/a", "arn:aws:iam::1:role/a", {"aws:PrincipalAccount": "1"}
    )


def test_half_an_arn_raises() -> None:
    """A pattern that can match no ARN is an error of the policy."""
    with pytest.raises(ValueError, match="fewer than six fields"):
        met({"ArnLike": {"aws:SourceArn": "arn:aws:s3*"}}, {"aws:SourceArn": GROUP})


def _statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::receipts/*", **elements}


READ = Request("s3:GetObject", "arn:aws:s3:::receipts/one", ROLE, TLS)
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
EVERYTHING = {"Action": "*", "Resource": "*"}
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
DECISIONS = [
    ("nothing allows", [], False),
    ("a statement allows", [_statement()], True),
    ("actions have no case", [_statement(Action="S3:getobject")], True),
    ("a wildcard in an action", [_statement(Action=["s3:List*", "s3:Get*"])], True),
    ("another action", [_statement(Action="s3:PutObject")], False),
    ("another resource", [_statement(Resource="arn:aws:s3:::others/*")], False),
    ("any resource", [_statement(Resource="*")], True),
    ("all actions but this", [{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], False),
    ("all actions but others", [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
    ("all but this resource", [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::receipts/*"}], False),
    ("all but other resources", [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::others/*"}], True),
    ("denial over permission", [_statement(), _statement("Deny", Resource="*")], False),
    ("denial of something else", [_statement(), _statement("Deny", Action="s3:PutObject")], True),
    ("denial under a condition that is not met", [_statement(), _statement("Deny", Condition=PLAIN_HTTP)], True),
    ("permission under a condition that is not met", [_statement(Condition=PLAIN_HTTP)], False),
    ("everyone", [_statement(Principal="*")], True),
    ("everyone, written at length", [_statement(Principal={"AWS": ["*"]})], True),
    ("this role", [_statement(Principal={"AWS": ["arn:aws:iam::111122223333:role/other", ROLE]})], True),
    ("another role", [_statement(Principal={"AWS": "arn:aws:iam::111122223333:role/other"})], False),
    ("a service", [_statement(Principal={"Service": "backup.amazonaws.com"})], False),
    ("its account, which its own policies decide", [_statement(Principal=ROOT)], False),
    ("denial to its account", [EVERYTHING | {"Effect": "Allow"}, _statement("Deny", Principal=ROOT)], False),
    ("denial to its account by number", [_statement(), _statement("Deny", Principal={"AWS": "111122223333"})], False),
    ("denial to another account", [_statement(), _statement("Deny", Principal={"AWS": "999999999999"})], True),
    ("denial to a service", [_statement(), _statement("Deny", Principal={"Service": "s3.amazonaws.com"})], True),
]


@pytest.mark.parametrize(("why", "found", "expected"), DECISIONS, ids=[why for why, *_ in DECISIONS])
def test_decision(why: str, found: list[dict[str, Any]], expected: bool) -> None:
    """A role reads one file over TLS; statements decide alike in one policy and in several."""
    assert allows([{"Statement": found}], READ) is expected
    assert allows([{"Statement": each} for each in found], READ) is expected


def test_a_nobody_is_everyones_alone() -> None:
    """A caller without credentials is met by `*`, by no role, service or account."""
    nobody = Request(READ.action, READ.resource, "", TLS)
    assert allows([{"Statement": _statement(Principal="*")}], nobody)
    assert not allows([{"Statement": _statement(Principal={"AWS": ROLE, "Service": "s3.amazonaws.com"})}], nobody)
    assert allows([{"Statement": [_statement(Principal="*"), _statement("Deny", Principal=ROOT)]}], nobody)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (_statement(NotPrincipal={"AWS": ROLE}), "NotPrincipal"),
        (_statement(Ressource="*"), "Ressource"),
        (_statement("allow"), "'allow' is neither Allow nor Deny"),
        (_statement(Resource="${aws:username, 'nobody'}"), "a variable with a default"),
    ],
)
def test_a_statement_that_is_not_understood_raises(statement: dict[str, Any], message: str) -> None:
    """What would have to be skipped is refused."""
    with pytest.raises(ValueError, match=message):
        allows([{"Statement": statement}], READ)
