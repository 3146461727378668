"""Conditions of IAM policies."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from tests.components.clouds.iam_patterns import Context, lookup, matches, matches_arn

Compare = Callable[[str, str, Context], bool]
"""Whether a value of the policy is met by a value of the request."""


def _numeric(compare: Callable[[float, float], bool]) -> Compare:
    return lambda wanted, given, _: compare(float(given), float(wanted))


def _is_equal(wanted: str, given: str, context: Context) -> bool:
    return matches(wanted, given, context, wild=False)


def _is_same_text(wanted: str, given: str, context: Context) -> bool:
    return matches(wanted, given, context, wild=False, case=False)


def _is_same_truth(wanted: str, given: str, _: Context) -> bool:
    return wanted.lower() == given.lower()


def _is_within(wanted: str, given: str, _: Context) -> bool:
    return ip_address(given) in ip_network(wanted)


POSITIVE: dict[str, Compare] = {
    "StringEquals": _is_equal,
    "StringEqualsIgnoreCase": _is_same_text,
    "StringLike": matches,
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
    "Bool": _is_same_truth,
    "NumericEquals": _numeric(operator.eq),
    "NumericLessThan": _numeric(operator.lt),
    "NumericLessThanEquals": _numeric(operator.le),
    "NumericGreaterThan": _numeric(operator.gt),
    "NumericGreaterThanEquals": _numeric(operator.ge),
    "IpAddress": _is_within,
}
NEGATIVE: dict[str, Compare] = {
    "StringNotEquals": _is_equal,
    "StringNotEqualsIgnoreCase": _is_same_text,
    "StringNotLike": matches,
    "ArnNotEquals": matches_arn,
    "ArnNotLike": matches_arn,
    "NumericNotEquals": _numeric(operator.eq),
    "NotIpAddress": _is_within,
}


def met(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Whether every key of every operator is as the policy says. Raises ValueError for an unknown operator."""
    return all(
        _holds(name, [_text(each) for each in _listed(values)], key, context)
        for name, keys in conditions.items()
        for key, values in keys.items()
    )


def _holds(name: str, wanted: list[str], key: str, context: Context) -> bool:
    given = lookup(context, key)
    if name == "Null":
        return any((each.lower() == "true") == (given is None) for each in wanted)
    quantifier, _, rest = name.rpartition(":")
    plain = rest if quantifier else rest.removesuffix("IfExists")
    fits, evaluate = _fits(plain, name, wanted, context), _quantified(quantifier, name)
    if given is None:
        return quantifier == "ForAllValues" or (not quantifier and (plain != rest or plain in NEGATIVE))
    return evaluate([fits(each) for each in _values(given, quantifier, key, name)])


def _fits(plain: str, name: str, wanted: list[str], context: Context) -> Callable[[str], bool]:
    """Whether one value of the request is as wanted: equal to one of several, or, negated, to none of them.

    `IfExists` means nothing behind ForAnyValue and ForAllValues, and is no operator there.
    """
    if plain not in POSITIVE and plain not in NEGATIVE:
        raise ValueError(f"{name}: an operator that is not understood; known are {sorted(POSITIVE | NEGATIVE)}, Null")
    compare = POSITIVE.get(plain) or NEGATIVE[plain]
    return lambda given: any(compare(each, given, context) for each in wanted) == (plain in POSITIVE)


def _quantified(quantifier: str, name: str) -> Callable[[list[bool]], bool]:
    if quantifier not in ("", "ForAnyValue", "ForAllValues"):
        raise ValueError(f"{name}: neither ForAnyValue nor ForAllValues")
    return any if quantifier == "ForAnyValue" else all


def _values(given: str | Sequence[str], quantifier: str, key: str, name: str) -> list[str]:
    if isinstance(given, str):
        return [given]
    if not quantifier:
        raise ValueError(f"{name}: {key} has several values, which needs ForAnyValue or ForAllValues")
    return list(given)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
