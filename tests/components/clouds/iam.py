"""Whether policies let a request through: IAM's evaluation of actions, resources, principals and conditions.

What is not understood raises: an element or an operator that was skipped would make a policy look laxer or stricter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.components.clouds.iam_conditions import met
from tests.components.clouds.iam_patterns import Context, matches

Policy = str | Mapping[str, Any]
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}


@dataclass(frozen=True)
class Request:
    """A call: `principal` is the ARN of a role or of an identity provider, or the name of a service of AWS.

    `resource` is empty for a call on the resource that the policy belongs to, as a trust policy belongs to a role.
    """

    action: str
    resource: str = ""
    principal: str = ""
    context: Context = field(default_factory=dict)


def allows(policies: Iterable[Policy], request: Request) -> bool:
    """Whether some statement allows the request and none denies it.

    A policy without principals is one of the caller's own. What a resource's policy allows to a whole account
    (`arn:aws:iam::<account>:root`) is left to the policies of that account's roles, and so allows nothing by itself.
    Raises ValueError for an element or operator that is not understood.
    """
    effects = {each["Effect"] for policy in policies for each in statements(policy) if _applies(each, request)}
    return effects == {"Allow"}


def statements(policy: Policy) -> list[dict[str, Any]]:
    """The statements of a document. Raises ValueError for one with an element or effect that is not understood."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    found = [dict(each) for each in listed(document["Statement"])]
    for each in found:
        if unknown := each.keys() - ELEMENTS:
            raise ValueError(f"{sorted(unknown)} of a statement is not understood; known are {sorted(ELEMENTS)}")
        if each["Effect"] not in ("Allow", "Deny"):
            raise ValueError(f"Effect: {each['Effect']!r} is neither Allow nor Deny")
    return found


def listed(value: Any) -> list[Any]:
    """One value, or several, as a list: policies write both."""
    return list(value) if isinstance(value, list | tuple) else [value]


def principals(statement: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kind (`AWS`, `Service`, `Federated`) and value of each principal; `"*"` is everyone of kind `AWS`."""
    named = statement.get("Principal", {})
    kinds = {"AWS": named} if isinstance(named, str) else named
    return [(kind, value) for kind, values in kinds.items() for value in listed(values)]


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _is_by(statement, request.principal)
        and _is_of(statement, "Action", lambda pattern: matches(pattern, request.action, {}, case=False))
        and _is_of(statement, "Resource", lambda pattern: matches(pattern, request.resource, request.context))
        and met(statement.get("Condition", {}), request.context)
    )


def _is_of(statement: Mapping[str, Any], element: str, is_matched: Callable[[str], bool]) -> bool:
    if (excluded := f"Not{element}") in statement:
        return not any(map(is_matched, listed(statement[excluded])))
    return element not in statement or any(map(is_matched, listed(statement[element])))


def _is_by(statement: Mapping[str, Any], caller: str) -> bool:
    if "Principal" not in statement:
        return True
    account = caller.split(":")[4] if caller.startswith("arn:") else ""
    whole_account = {account, f"arn:aws:iam::{account}:root"} if account and statement["Effect"] == "Deny" else set()
    return any(value in {"*", caller} | whole_account for _, value in principals(statement))
