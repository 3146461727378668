"""Where visitors come in to a system: one entry for each service, or static site, at each of its domains."""

from __future__ import annotations

from collections.abc import Mapping

from builders import names
from builders.edge import parent_domain
from builders.gateway.routes import SLOTS, Entry, Split
from settings.stacks import PlacedSystem


def of_services(placed: PlacedSystem) -> list[Entry]:
    """Services with a route, in the order of their definition; all paths of a service at a domain together."""
    definition = placed.definition
    found: list[Entry] = []
    for name, service in definition.services.items():
        for domain in dict.fromkeys(route.domain for route in service.routes):
            found.append(
                Entry(
                    name=name,
                    domain=domain,
                    host=definition.domains[domain],
                    paths=[route.path for route in service.routes if route.domain == domain],
                    backends={slot: names.in_slot(name, slot) for slot in SLOTS},
                    port=service.service_port or service.port,
                    source=service.source,
                )
            )
    return found


def of_site(placed: PlacedSystem, name: str, backends: Mapping[str, str], port: int) -> Entry:
    site = placed.definition.sites[name]
    return Entry(
        name=name,
        domain=site.domain,
        host=placed.definition.domains[site.domain],
        paths=["/"],
        backends=backends,
        port=port,
        source=site.source,
    )


def at_origin(entry: Entry) -> Entry:
    """The same at this cluster's own name of the domain, by which it is found while another region has the domain."""
    return Entry(**{**vars(entry), "domain": f"{entry.domain}-origin", "host": f"origin.{entry.host}"})


def split(placed: PlacedSystem, stack: str, host: str) -> Split:
    """The weights in force at `host`. The cookie is seen by all hosts of the system where they share a domain."""
    placement = placed.placement
    try:
        domain = parent_domain(list(placed.definition.domains.values()))
    except ValueError:
        domain = host
    return Split(
        weights={slot: placement.weight(slot) for slot in SLOTS},
        cookie=names.slot_cookie(stack, placed.name),
        domain=domain,
        epoch=placement.attempt,
    )
