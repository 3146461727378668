"""Policy documents: their statements, principals and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.json_documents import parsed
from framework import Property


def statements(policy: Property) -> Sequence[Mapping[str, Any]] | None:
    """Return the statements of a known policy; None if it is not a policy."""
    try:
        document = parsed(policy.text or "")
    except ValueError:
        return None
    found = document.get("Statement") if isinstance(document, dict) else None
    several = [found] if isinstance(found, dict) else found
    return several if isinstance(several, list) and all(isinstance(each, dict) for each in several) else None


def texts(value: Any) -> list[str]:
    """Return the texts of a statement's element, which is one text or several."""
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str)]


def principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    """Return the principals of a statement, of a kind such as `AWS` or `Service`; `*` is everybody."""
    principal = statement.get("Principal")
    return texts(principal.get(kind) if isinstance(principal, dict) else principal)


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Return operator, key and values of each condition; operator and key in lower case, because AWS ignores case
    there."""
    operators = statement.get("Condition")
    for operator, keys in operators.items() if isinstance(operators, dict) else ():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            several = values if isinstance(values, list) else [values]
            yield operator.lower(), key.lower(), [str(each).lower() for each in several]
