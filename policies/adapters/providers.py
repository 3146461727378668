"""Settings of providers, and the accounts of a stack's clusters."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from adapters import clouds
from framework import Property, context


def texts(value: Property) -> Collection[str]:
    """Return a text, or the elements of a list, which may be JSON."""
    if value.listing:
        return [each.text or "" for each in value.elements()]
    try:
        found = json.loads(value.text or "")
    except ValueError:
        return [value.text or ""]
    return [str(each) for each in found] if isinstance(found, list) else [value.text or ""]


def declared_accounts() -> Iterator[str]:
    """Return the accounts of the stack's clusters, as far as its configuration is known."""
    keys = {each.provider.settings[each.account] for each in clouds.CLOUDS.values() if each.account}
    for cluster in (context.clusters() or {}).values():
        if isinstance(cluster, Mapping):
            yield from (str(cluster[key]).lower() for key in keys & set(cluster))
