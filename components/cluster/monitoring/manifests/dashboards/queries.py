"""The PromQL of a finished dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def queries(text: str) -> list[str]:
    """Returns every PromQL expression of the dashboard, in order."""
    return list(_expressions(json.loads(text)))


def _expressions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("expr"), str):
            yield value["expr"]
        for item in value.values():
            yield from _expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from _expressions(item)
