"""Rules that relate the clusters and systems of one stack to each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from settings import cloud_checks
from settings.cross_checks import Finding, Found
from settings.pointers import Path
from settings.problems import nearest
from settings.stacks import PlacedCluster, PlacedSystem, Placement
from settings.versions import reaches

RESERVED_NETWORKS = {"Services": "172.20.0.0/16", "pods": "10.244.0.0/16"}
"""Addresses inside each cluster, which its network may not overlap."""


def findings(clusters: Mapping[str, PlacedCluster]) -> Found:
    """Every broken relation among `clusters`; paths begin at the stack's configuration."""
    yield from _networks(clusters)
    yield from _namespaces(clusters)
    yield from _placed_once(clusters)
    yield from _domains(clusters)
    for name, cluster in clusters.items():
        yield from cloud_checks.findings(name, cluster)
        for system in cluster.systems.values():
            yield from _artefacts(("clusters", name, "systems", system.name), system)
            yield from _weights(("clusters", name, "systems", system.name), system.placement)
            yield from _incompatible(("clusters", name, "systems", system.name), system)


def _networks(clusters: Mapping[str, PlacedCluster]) -> Found:
    """Networks of a stack are apart: they are peered, and a pod's address must mean one place."""
    taken: dict[str, tuple[ipaddress.IPv4Network, tuple[Path, ...]]] = {
        f"the addresses of {what}": (ipaddress.IPv4Network(cidr), ()) for what, cidr in RESERVED_NETWORKS.items()
    }
    for name, cluster in clusters.items():
        if cluster.settings.cloud == "local":
            continue
        network = cluster.settings.network
        for key, owner, written in (
            ("cidr", f"the network of cluster '{name}'", network.cidr),
            ("secondCidr", f"the second network of cluster '{name}'", network.second_cidr),
        ):
            if written is not None:
                path = ("clusters", name, "network", key)
                yield from _network(path, ipaddress.IPv4Network(written), taken)
                taken[owner] = (ipaddress.IPv4Network(written), (path,))


def _network(
    path: Path, cidr: ipaddress.IPv4Network, taken: Mapping[str, tuple[ipaddress.IPv4Network, tuple[Path, ...]]]
) -> Found:
    if not 16 <= cidr.prefixlen <= 20:
        yield Finding(path, "is not between /16 and /20")
    for owner, (other, related) in taken.items():
        if cidr.overlaps(other):
            yield Finding(path, f"overlaps {owner}, {other}", related)


CLUSTER_NAMESPACES = frozenset(
    {
        "cert-manager",
        "cnpg-system",
        "default",
        "elastic-system",
        "envoy-gateway-system",
        "external-dns",
        "external-secrets",
        "kube-node-lease",
        "kube-public",
        "kube-system",
        "logging",
        "mongodb-system",
        "metrics-server",
        "monitoring",
        "rabbitmq-system",
        "reloader",
    }
)
"""Of controllers, and of Kubernetes itself."""


def _namespaces(clusters: Mapping[str, PlacedCluster]) -> Found:
    for name, cluster in clusters.items():
        owners: dict[str, str] = {}
        for system in cluster.systems.values():
            if system.namespace in CLUSTER_NAMESPACES:
                rule = f"uses namespace '{system.namespace}', which is the cluster's own"
                yield Finding(("clusters", name, "systems", system.name), rule)
            owner = owners.setdefault(system.namespace, system.name)
            if owner != system.name:
                rule = f"uses namespace '{system.namespace}', as system '{owner}' does"
                yield Finding(("clusters", name, "systems", system.name), rule)


def _placed_once(clusters: Mapping[str, PlacedCluster]) -> Found:
    placed: dict[str, str] = {}
    for name, cluster in clusters.items():
        for system in cluster.systems:
            if placed.setdefault(system, name) != name:
                rule = f"stands in cluster '{placed[system]}' already"
                yield Finding(("clusters", name, "systems", system), rule)


def _domains(clusters: Mapping[str, PlacedCluster]) -> Found:
    owners: dict[str, str] = {}
    for name, cluster in clusters.items():
        for system in cluster.systems.values():
            for domain in system.definition.domains.values():
                owner = owners.setdefault(domain, system.name)
                if owner != system.name:
                    rule = f"uses domain {domain}, as system '{owner}' does"
                    yield Finding(("clusters", name, "systems", system.name), rule)


def _artefacts(path: Path, system: PlacedSystem) -> Found:
    """An artefact is of a site, and an archive is known by its digest."""
    sites = system.definition.sites
    for slot in ("blue", "green"):
        for name, artefact in system.placement.slot(slot).artefacts.items():
            where = (*path, slot, "artefacts", name)
            if name not in sites:
                hint = nearest(name, sites) or ("" if sites else "; the system has none")
                yield Finding(where, f"is not one of the system's sites{hint}")
            if (artefact.archive is None) != (artefact.sha256 is None):
                yield Finding(where, "needs 'archive' and 'sha256' together")
            if artefact.archive is not None and artefact.digest is not None:
                yield Finding(where, "is either an image with 'digest' or an 'archive', not both")


def _incompatible(path: Path, system: PlacedSystem) -> Found:
    """Two versions that need the database to be different cannot both have visitors; and it is changed for the one only
    when the other has none."""
    placement = system.placement
    running = {slot: version for slot in ("blue", "green") if (version := placement.slot(slot).version)}
    served = {slot for slot in running if placement.weight(slot)}
    for migration in system.definition.migrations:
        if migration.compatible or migration.version is None:
            continue
        needing = {slot for slot, version in running.items() if reaches(version, migration.version)}
        left = served - needing
        if needing & served and left:
            rule = f"splits visitors over migration '{migration.name}', after which the version before it does not work"
            yield Finding((*path, min(needing & served), "weight"), rule)
        elif needing and left and not placement.maintenance:
            rule = (
                f"'maintenance' must be true: migration '{migration.name}' is made for slot '{min(needing)}', and slot '{min(left)}', "
                "which has the visitors, does not work afterwards"
            )
            yield Finding((*path, "maintenance"), rule)


def _weights(path: Path, placement: Placement) -> Found:
    for name in ("blue", "green"):
        slot = placement.slot(name)
        if slot.weight and slot.version is None:
            yield Finding((*path, name, "weight"), "is the weight of a slot without a version")
