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
    r"aws:(principalorgid|principalorgpaths|principalarn|principalaccount|sourceaccount|sourceowner|sourcearn"
    r"|sourceorgid|sourceorgpaths|sourcevpc|sourcevpce|sourceip|userid|vpcsourceip)|kms:calleraccount"
    r"|s3:dataaccesspointaccount|.+:(sub|aud|amr|oaud|repository|repository_owner)|saml:.+"
)
"""Keys that say who calls. Names and tags of a user or a role are not among them: whoever has an account chooses them."""
ACCOUNTS = re.compile(r"aws:(principalaccount|sourceaccount|sourceowner|principalarn|sourcearn)|kms:calleraccount")
"""Keys of which the value has an account."""


def binding(statement: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Return keys and values of the conditions that some requests do not meet, in lower case."""
    for operator, key, values in conditions(statement):
        if operator.startswith("forallvalues:") or not _POSITIVE.fullmatch(operator) or _SAYS_NOTHING.fullmatch(key):
            continue
        if values and not any(_meets_all(operator, key, each) for each in values):
            yield key, values


def binds_who(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement is restricted to known callers."""
    return any(_WHO.fullmatch(key) for key, _ in binding(statement))


def accounts(statement: Mapping[str, Any]) -> Iterator[str]:
    """Return the accounts whose callers meet the conditions."""
    for key, values in binding(statement):
        found = (account_of(each) for each in values if ACCOUNTS.fullmatch(key))
        yield from (each for each in found if each.isdigit())


def account_of(text: str) -> str:
    """Return the account of a name of AWS, or the text itself if it is an account; a pattern if it may be any."""
    if not text.startswith("arn:"):
        return text
    fields = text.split(":", 5)
    return fields[4] if len(fields) > 5 else "*"


def is_any_account(text: str) -> bool:
    """Return whether an account, or that in a name, is a pattern."""
    return bool(re.search(r"[*?]", account_of(text)))


def _meets_all(operator: str, key: str, value: str) -> bool:
    """Return whether anybody can make a request with this value: a pattern for any account, or the whole internet."""
    patterns = "like" in operator or "arn" in operator
    if patterns and (ACCOUNTS.fullmatch(key) or "orgid" in key) and is_any_account(value):
        return True
    if patterns and "orgpaths" in key and re.search(r"[*?]", value.split("/", maxsplit=1)[0]):
        return True
    if "ipaddress" in operator:
        return addresses.are_wide(addresses.networks(value) or addresses.EVERYWHERE)
    if patterns:
        return not re.search(r"[a-z0-9]", re.sub(r"^arn:aws[\w*-]*:[\w*-]*:", "", value))
    return operator.endswith("bool") and value not in ("true", "false")


def is_about(keys: Iterable[tuple[str, list[str]]], ending: str) -> list[str]:
    """Return the required values of a key with this suffix, such as `:sub`."""
    return [value for key, values in keys if key.endswith(ending) for value in values]
