"""JSON documents in text properties."""

from __future__ import annotations

import json
from typing import Any


def parsed(text: str) -> Any:
    """Parse a JSON text. Raises ValueError, also if it is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
