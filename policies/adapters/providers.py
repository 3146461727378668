"""Settings of providers."""

from __future__ import annotations

import json
from collections.abc import Collection

from framework import Property


def texts(value: Property) -> Collection[str]:
    """Return a text, or the elements of a list, which may be JSON."""
    if value.listing:
        return [each.text or "" for each in value.elements()]
    try:
        found = json.loads(value.text or "")
    except ValueError:
        return [value.text or ""]
    return [str(each) for each in found] if isinstance(found, list) else [value.text or ""]
