"""Which conditions of AWS policies restrict anything: a condition that every request meets does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters import addresses
from adapters.clouds.aws.policy_documents import conditions

_POSITIVE = re.compile(
    r"(forallvalues:|foranyvalue:)?(string(equals|like|equalsignorecase)|arn(equals|like)|ipaddress|bool|numericequals"
    r"|binaryequals)"
)
"""Operators that require a value; negated operators admit all other values, and `IfExists` also requests without the
key."""
_SAYS_NOTHING = re.compile(
    r"aws:(securetransport|multifactorauthpresent|multifactorauthage|currenttime|epochtime|requestedregion|useragent"
    r"|referer|tokenissuetime|calledvia\w*|viaawsservice|principaltype)"
)
"""Keys that do not identify the caller, or that the caller chooses."""
_WHO = re.compile(
    r"aws:(principalorgid|principalorgpaths|principalarn|principalaccount|principaltag/.+|sourceaccount|sourceowner|sourcearn"
    r"|sourceorgid|sourceorgpaths|sourcevpc|sourcevpce|sourceip|userid|username|vpcsourceip)|kms:calleraccount"
    r"|s3:dataaccesspointaccount|sns:.*|.+:(sub|aud|amr|oaud|repository|repository_owner)|saml:.+"
)


def binding(statement: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Return keys and values of the conditions that some requests do not meet, in lower case."""
    for operator, key, values in conditions(statement):
        if operator.startswith("forallvalues:") or not _POSITIVE.fullmatch(operator) or _SAYS_NOTHING.fullmatch(key):
            continue
        if values and not any(_meets_all(operator, each) for each in values):
            yield key, values


def binds_who(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is restricted to known callers."""
    return any(_WHO.fullmatch(key) for key, _ in binding(statement))


def _meets_all(operator: str, value: str) -> bool:
    """Return whether every request has this value: only wildcards, or the whole internet."""
    if "ipaddress" in operator:
        return addresses.are_wide(addresses.networks(value) or addresses.EVERYWHERE)
    if "like" in operator or "arn" in operator:
        return not re.search(r"[a-z0-9]", re.sub(r"^arn:aws[\w*-]*:[\w*-]*:", "", value))
    return operator.endswith("bool") and value not in ("true", "false")


def is_about(keys: Iterable[tuple[str, list[str]]], ending: str) -> list[str]:
    """Return the required values of a key with this suffix, such as `:sub`."""
    return [value for key, values in keys if key.endswith(ending) for value in values]


def names_subject(subject: str) -> bool:
    """Return whether a token's subject belongs to a known owner: `repo:company/*`, `system:serviceaccount:shop:*`."""
    fixed = re.split(r"[*?]", subject)[0]
    if fixed == subject:
        return bool(subject)
    if subject.startswith("repo:"):
        return "/" in fixed
    if subject.startswith("system:serviceaccount:"):
        return fixed.count(":") >= 3
    return len(fixed) >= 12 and fixed.count(":") + fixed.count("/") >= 2
