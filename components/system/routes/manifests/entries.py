"""The entry points of a system: one for each service or static site at each of its domains; several if paths have
different limits, or if there are many paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from components.manifests import names
from components.sites.manifests.edge import parent_domain
from components.system.routes.manifests.routes import PATHS, SLOTS, Entry, Split
from slipway.settings.services import Route
from slipway.settings.stacks import DeployedSystem


def of_services(deployed: DeployedSystem) -> list[Entry]:
    """Returns the entries of services with a route, in the order of the definition."""
    definition = deployed.definition
    found: list[Entry] = []
    for name, service in definition.services.items():
        for domain in dict.fromkeys(route.domain for route in service.routes):
            pins = _parts(
                [route for route in service.routes if route.domain == domain], definition.gateway.maximum_body
            )
            for part, (stream, body, paths) in enumerate(pins, 1):
                found.append(
                    Entry(
                        name=name,
                        domain=domain,
                        host=definition.domains[domain],
                        paths=paths,
                        backends={slot: names.in_slot(name, slot) for slot in SLOTS},
                        port=service.address_port,
                        source=service.source,
                        maximum_body=body,
                        stream=stream,
                        part=part,
                    )
                )
    return found


def _parts(declared: Sequence[Route], usual: str) -> list[tuple[bool, str, list[str]]]:
    """Groups paths with the same limits, as many per group as one route allows; paths with default limits come first."""
    alike: dict[tuple[bool, str], list[str]] = {}
    for route in sorted(declared, key=lambda route: (route.stream, route.maximum_body is not None)):
        alike.setdefault((route.stream, route.maximum_body or usual), []).append(route.path)
    return [
        (stream, body, paths[begun : begun + PATHS])
        for (stream, body), paths in alike.items()
        for begun in range(0, len(paths), PATHS)
    ]


def of_site(deployed: DeployedSystem, name: str, backends: Mapping[str, str], port: int) -> Entry:
    site = deployed.definition.sites[name]
    return Entry(
        name=name,
        domain=site.domain,
        host=deployed.definition.domains[site.domain],
        paths=["/"],
        backends=backends,
        port=port,
        source=site.source,
        maximum_body=deployed.definition.gateway.maximum_body,
    )


def at_origin(entry: Entry) -> Entry:
    """Returns the same entry at this cluster's own name of the domain, which reaches it while another region has the
    domain."""
    return Entry(**{**vars(entry), "domain": f"{entry.domain}-origin", "host": f"origin.{entry.host}"})


def split(deployed: DeployedSystem, stack: str, host: str) -> Split:
    """Returns the current weights at `host`. All hosts of the system share the cookie if they have a common domain."""
    deployment = deployed.deployment
    try:
        domain = parent_domain(list(deployed.definition.domains.values()))
    except ValueError:
        domain = host
    return Split(
        weights={slot: deployment.weight(slot) for slot in SLOTS},
        cookie=names.slot_cookie(stack, deployed.name),
        domain=domain,
        epoch=deployment.attempt,
    )
