"""HTTPRoutes of a system's redirects. No service answers them, so they are the same in each state of a release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slipway.settings.limits import most
from slipway.settings.routes import Redirect
from slipway.settings.system import System


def hosts(definition: System) -> dict[str, str]:
    """Returns the host names that redirects need, by the key of their domain."""
    return {each.domain: definition.domains[each.domain] for each in definition.redirects}


def of_system(system: str, definition: System) -> dict[str, dict[str, Any]]:
    """Returns the specs by name, as many for each domain as its redirects need. Only these names begin with a domain and
    have a dot."""
    found: dict[str, dict[str, Any]] = {}
    for domain, host in hosts(definition).items():
        own = [each for each in definition.redirects if each.domain == domain]
        for number, begun in enumerate(range(0, len(own), most("route rules")), 1):
            found[f"{domain}.redirects" + (f".{number}" if number > 1 else "")] = {
                "parentRefs": [{"name": system, "sectionName": domain}],
                "hostnames": [host],
                "rules": [
                    _rule(each, begun + place, definition.domains)
                    for place, each in enumerate(own[begun : begun + most("route rules")], 1)
                ],
            }
    return found


def _rule(redirect: Redirect, number: int, domains: Mapping[str, str]) -> dict[str, Any]:
    target: dict[str, Any] = {"scheme": "https", "statusCode": redirect.status}
    if redirect.host is not None or redirect.to is not None:
        target["hostname"] = redirect.host or domains[redirect.to or redirect.domain]
    if redirect.to_path is not None:
        target["path"] = {"type": "ReplacePrefixMatch", "replacePrefixMatch": redirect.to_path}
    return {
        "name": f"redirect-{number}",
        "matches": [{"path": {"type": "PathPrefix", "value": redirect.path}}],
        "filters": [{"type": "RequestRedirect", "requestRedirect": target}],
    }
