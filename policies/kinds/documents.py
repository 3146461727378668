"""Documents that travel as JSON in a text, and the statements of AWS's policies among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from frame import Property


def parsed(text: str) -> Any:
    """What a text in JSON says. Raises ValueError, also for one that is nested too deeply to be read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def statements(policy: Property) -> Sequence[Mapping[str, Any]] | None:
    """The statements of a known policy; `None` if it is no policy."""
    try:
        document = parsed(policy.text or "")
    except ValueError:
        return None
    found = document.get("Statement") if isinstance(document, dict) else None
    several = [found] if isinstance(found, dict) else found
    return several if isinstance(several, list) and all(isinstance(each, dict) for each in several) else None


def texts(value: Any) -> list[str]:
    """A part of a statement that is one text or several."""
    several = value if isinstance(value, list) else [value]
    return [each for each in several if isinstance(each, str)]


def principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    """Who a statement is about: of a kind such as `AWS` or `Service`; `*` is everybody."""
    principal = statement.get("Principal")
    return texts(principal.get(kind) if isinstance(principal, dict) else principal)


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Operator, key and values of each condition; operator and key in small letters, for AWS knows no case there."""
    operators = statement.get("Condition")
    for operator, keys in operators.items() if isinstance(operators, dict) else ():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            several = values if isinstance(values, list) else [values]
            yield operator.lower(), key.lower(), [str(each).lower() for each in several]
