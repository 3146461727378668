"""Rules that relate the clusters and systems of one stack to each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from slipway.settings import cloud_checks, controller_checks, egress_checks, manifest_checks, placement_checks
from slipway.settings.cluster_services import Homes
from slipway.settings.cluster_settings import ManagedCluster, Network
from slipway.settings.finding import Finding, Found
from slipway.settings.hosts import covers, is_wildcard
from slipway.settings.images import ForeignImage
from slipway.settings.operations import Contact
from slipway.settings.pointers import Path
from slipway.settings.problems import nearest
from slipway.settings.references import Environment, FromVersion
from slipway.settings.route_checks import clash, connections
from slipway.settings.routes import TcpRoute, TlsRoute
from slipway.settings.stacks import RELEASES_NAMESPACE, DeployedSystem, Slot, StackCluster, SystemDeployment
from slipway.settings.system import System
from slipway.settings.versions import reaches

RESERVED_NETWORKS = {"Services": "172.20.0.0/16", "pods": "10.244.0.0/16"}
"""Internal address ranges of each cluster, which networks must not overlap."""


def findings(clusters: Mapping[str, StackCluster], environment: str) -> Found:
    """Yield every broken relation among `clusters` of an environment; paths begin at the stack's configuration."""
    yield from _networks(clusters)
    yield from _namespaces(clusters)
    yield from _deployed_once(clusters)
    yield from _domains(clusters)
    yield from _names_in_the_cloud(clusters)
    yield from cloud_checks.across(clusters)
    for name, cluster in clusters.items():
        yield from cloud_checks.findings(name, cluster)
        yield from controller_checks.findings(("clusters", name), cluster, environment)
        yield from _nodes(("clusters", name, "kubernetes", "nodes"), cluster)
        yield from placement_checks.findings(("clusters", name), cluster)
        yield from _escalation(("clusters", name, "monitoring", "alerting"), cluster)
        yield from _controller(("clusters", name), cluster)
        yield from _ports(("clusters", name), cluster)
        yield from egress_checks.findings(("clusters", name), cluster, reserved(cluster))
        yield from manifest_checks.findings(("clusters", name), cluster, reserved(cluster))
        for system in cluster.systems.values():
            yield from _artefacts(("clusters", name, "systems", system.name), system)
            yield from _weights(("clusters", name, "systems", system.name), system.deployment)
            yield from _by_whom(("clusters", name, "systems", system.name), system, cluster)
            yield from _since(("clusters", name, "systems", system.name), system)
            yield from _versions(("clusters", name, "systems", system.name), system)
            yield from _repacked(("clusters", name, "systems", system.name), system, cluster)


def _networks(clusters: Mapping[str, StackCluster]) -> Found:
    """Check that the networks of a stack do not overlap: they are peered, and every pod address must be unique."""
    taken: dict[str, tuple[ipaddress.IPv4Network, tuple[Path, ...]]] = {
        f"the addresses of {what}": (ipaddress.IPv4Network(cidr), ()) for what, cidr in RESERVED_NETWORKS.items()
    }
    for name, cluster in clusters.items():
        if not isinstance(cluster.settings, ManagedCluster):
            continue
        network = cluster.settings.network
        for key, owner, written in (
            ("cidr", f"the network of cluster '{name}'", None if network.subnet_cidrs else network.cidr),
            ("secondCidr", f"the second network of cluster '{name}'", network.second_cidr),
        ):
            if written is not None:
                path = ("clusters", name, "network", key)
                yield from _network(path, ipaddress.IPv4Network(written), taken)
                taken[owner] = (ipaddress.IPv4Network(written), (path,))
    for name, cluster in clusters.items():
        if isinstance(cluster.settings, ManagedCluster):
            yield from _existing_subnets(("clusters", name, "network"), cluster.settings.network, taken)


def _existing_subnets(
    path: Path, network: Network, taken: Mapping[str, tuple[ipaddress.IPv4Network, tuple[Path, ...]]]
) -> Found:
    """Check subnets that exist, which several clusters may share, against the ranges inside clusters and new networks."""
    for below, cidr in network.subnet_cidrs:
        for owner, (other, related) in taken.items():
            if ipaddress.IPv4Network(cidr).overlaps(other):
                yield Finding((*path, *below), f"overlaps {owner}, {other}", related)


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
        RELEASES_NAMESPACE,
    }
)
"""Namespaces of controllers that Slipway installs, and of Kubernetes itself."""


def reserved(cluster: StackCluster) -> frozenset[str]:
    """Return the namespaces that no system may use: those of controllers, also of the cluster's owner, and Kubernetes'."""
    homes = cluster.settings.present
    owned = (getattr(homes, name) for name in Homes.model_fields)
    return CLUSTER_NAMESPACES | {home.namespace for home in owned if home is not None}


def _namespaces(clusters: Mapping[str, StackCluster]) -> Found:
    for name, cluster in clusters.items():
        owners: dict[str, str] = {}
        for system in cluster.systems.values():
            if system.namespace in reserved(cluster):
                rule = f"uses namespace '{system.namespace}', which is reserved for cluster services"
                yield Finding(("clusters", name, "systems", system.name), rule)
            owner = owners.setdefault(system.namespace, system.name)
            if owner != system.name:
                rule = f"uses namespace '{system.namespace}', which system '{owner}' uses too"
                yield Finding(("clusters", name, "systems", system.name), rule)


def _nodes(path: Path, cluster: StackCluster) -> Found:
    """Check that the node pool has what each system requires. The nodes of an existing cluster are not known."""
    if not isinstance(cluster.settings, ManagedCluster) or cluster.settings.kubernetes.not_evaluated:
        return
    pool = cluster.settings.kubernetes.nodes
    for name, system in cluster.systems.items():
        wanted = system.definition.nodes
        if wanted is None:
            continue
        for key, has, needs, unit in (
            ("minimum", pool.minimum, wanted.count, "nodes"),
            ("cpu", pool.cpu, wanted.cpu, "cores per node"),
            ("memory", pool.memory, wanted.memory, "GiB per node"),
        ):
            if has < needs:
                rule = f"is less than the {needs} {unit} that system '{name}' requires in 'nodes': set {needs} or more"
                yield Finding((*path, key), rule)


def _escalation(path: Path, cluster: StackCluster) -> Found:
    """Check that every escalation level can be notified, by mail or paging. Clusters without receivers are skipped."""
    alerting = cluster.settings.monitoring.alerting
    if not alerting.escalation or not (alerting.slack or alerting.pagerduty or alerting.smtp):
        return
    levels = [(s.name, c) for s in cluster.systems.values() for c in s.definition.contacts if c.level]
    mailed = next(((name, contact) for name, contact in levels if contact.email), None)
    paged = next(((name, contact) for name, contact in levels if not contact.email), None)
    if mailed is not None and alerting.smtp is None:
        yield Finding((*path, "smtp"), _unreached(*mailed, "mail: set 'smtp', for example smtp.example.com:587"))
    if paged is not None and not alerting.pagerduty:
        yield Finding((*path, "pagerduty"), _unreached(*paged, "paging: set 'pagerduty' to true"))


def _unreached(system: str, contact: Contact, way: str) -> str:
    return (
        f"has no receiver for escalation of system '{system}': level {contact.level} ({contact.role}) needs "
        f"{way}, or set 'escalation' to false"
    )


def _deployed_once(clusters: Mapping[str, StackCluster]) -> Found:
    deployed: dict[str, str] = {}
    for name, cluster in clusters.items():
        for system in cluster.systems:
            if deployed.setdefault(system, name) != name:
                rule = (
                    f"is already deployed on cluster '{deployed[system]}': give this one a name of its own and set its "
                    f"'definition', such as {system}-{name}: {{definition: {cluster.systems[system].defined_as}}}"
                )
                yield Finding(("clusters", name, "systems", system), rule)


def _names_in_the_cloud(clusters: Mapping[str, StackCluster]) -> Found:
    """Check for colliding names in the cloud, which join cluster, system and object: `a-b` with `c` equals `a` with
    `b-c`."""
    owners: dict[tuple[str, str], tuple[str, str]] = {}
    for name, cluster in clusters.items():
        for system in cluster.systems.values():
            definition = system.definition
            things = {"database": definition.databases, "bucket": definition.buckets, "site": definition.sites}
            named = [(kind, system.name, each) for kind, keys in things.items() for each in keys]
            named += [("service", system.namespace, each) for each in definition.services]
            for kind, first, each in named:
                full = f"{name}-{first}-{each}".replace("_", "-")
                owner = owners.setdefault((kind, full), (first, each))
                if owner != (first, each):
                    rule = f"has a {kind} '{each}', whose name in the cloud is the same as that of '{owner[1]}' of '{owner[0]}'"
                    yield Finding(("clusters", name, "systems", system.name), rule)


def _domains(clusters: Mapping[str, StackCluster]) -> Found:
    owners: dict[str, str] = {}
    for name, cluster in clusters.items():
        for system in cluster.systems.values():
            for domain in system.definition.domains.values():
                owner = owners.setdefault(domain, system.name)
                if owner != system.name:
                    rule = f"uses domain {domain}, which system '{owner}' uses too"
                    yield Finding(("clusters", name, "systems", system.name), rule)
    for name, cluster in clusters.items():
        for system in cluster.systems.values():
            yield from _covered(("clusters", name, "systems", system.name), system, clusters)


def _ports(path: Path, cluster: StackCluster) -> Found:
    """Check that no port at which one system has TCP connections is one of another system: the gateway's proxies are those
    of all, and TLS alone names the host."""
    before: list[tuple[str, TlsRoute | TcpRoute]] = []
    for system in cluster.systems.values():
        declared = [(service, route) for _, service, route in connections(system.definition)]
        for service, route in declared:
            for owner in [name for name, other in before if clash(route, other)][:1]:
                rule = (
                    f"leads connections at port {route.listener} of the gateway to '{service}', which system '{owner}' has on "
                    "this cluster: choose another 'listener'"
                )
                yield Finding((*path, "systems", system.name), rule)
        before += [(system.name, route) for _, route in declared]


def _covered(path: Path, system: DeployedSystem, clusters: Mapping[str, StackCluster]) -> Found:
    """Check that no host below a wildcard has a listener of its own: browsers send its requests through a connection to
    another host whose certificate is valid for it (RFC 9113, section 9.1.1), where no route answers them."""
    every = [
        (other.name, host) for each in clusters.values() for other in each.systems.values() for host in _hosts(other)
    ]
    for wildcard in filter(is_wildcard, system.definition.domains.values()):
        for owner, host in every:
            if host != wildcard and covers(wildcard, host):
                rule = (
                    f"uses domain {wildcard}, below which {host} of system '{owner}' is: browsers would send its requests to "
                    f"the wildcard's routes; choose another domain for one of them"
                )
                yield Finding(path, rule)


def _hosts(system: DeployedSystem) -> Iterator[str]:
    """Yield the hosts at which a system may answer: its domains, and this cluster's own names of them."""
    for host in system.definition.domains.values():
        yield host
        if system.definition.recovery is not None:
            yield f"origin.{host}"


def _artefacts(path: Path, system: DeployedSystem) -> Found:
    """Check that an artefact belongs to a site, and that an archive has a digest."""
    sites = system.definition.sites
    for slot in ("blue", "green"):
        for name, artefact in system.deployment.slot(slot).artefacts.items():
            where = (*path, slot, "artefacts", name)
            if name not in sites:
                hint = nearest(name, sites) or ("" if sites else "; the system has none")
                yield Finding(where, f"is not one of the system's sites{hint}")
            if (artefact.archive is None) != (artefact.sha256 is None):
                yield Finding(where, "requires both 'archive' and 'sha256'")
            if artefact.archive is not None and artefact.digest is not None:
                yield Finding(where, "is either an image with 'digest' or an 'archive', not both")


def _controller(path: Path, cluster: StackCluster) -> Found:
    presence = cluster.settings.controllers.releases
    if presence != "absent" and cluster.settings.releases.image is None:
        rule = "requires the image of the controller and its gates, for example registry.example.com/slipway:1.4.0"
        yield Finding((*path, "releases", "image"), rule, ((*path, "controllers", "releases"),))
    if presence != "absent" and not cluster.settings.are_measured and cluster.settings.releases.minimum_requests:
        rule = (
            "requires the address of a Prometheus, since 'controllers.metrics' is absent; "
            "or set 'minimumRequests' to 0, to release on checks alone"
        )
        yield Finding((*path, "releases", "prometheus"), rule, ((*path, "controllers", "metrics"),))


def _by_whom(path: Path, system: DeployedSystem, cluster: StackCluster) -> Found:
    """Check what a release by hand needs, or a release by the controller."""
    yield from _migrated(path, system)
    if cluster.settings.controllers.releases == "absent":
        yield from _incompatible(path, system)
        if system.deployment.hotfix is not None:
            yield Finding((*path, "hotfix"), "opens the window of a controller, but 'controllers.releases' is absent")
    else:
        yield from _moved_by_hand(path, system.deployment)
        yield from _broken(path, system)


def _moved_by_hand(path: Path, deployment: SystemDeployment) -> Found:
    """Check that the stack sets nothing that the controller moves."""
    for name in ("blue", "green"):
        if deployment.slot(name).weight is not None:
            yield Finding((*path, name, "weight"), "is moved by the release: declare 'release.steps', and set 'active'")
    if deployment.maintenance:
        yield Finding((*path, "maintenance"), "is closed by the release: declare 'release.maintenance'")
    if deployment.slot(deployment.active).version is None and any(
        deployment.slot(name).version for name in ("blue", "green")
    ):
        yield Finding((*path, "active"), f"is a slot without a version: set '{deployment.active}.version'")


def _broken(path: Path, system: DeployedSystem) -> Found:
    """Check that no migration breaks the slot that visitors shall have."""
    active = system.deployment.active
    versions = {slot: version for slot in ("blue", "green") if (version := system.deployment.slot(slot).version)}
    for migration in system.definition.migrations:
        if migration.compatible or migration.version is None or migration.name in system.deployment.migrated:
            continue
        needing = {slot for slot, version in versions.items() if reaches(version, migration.version)}
        if needing and active not in needing:
            other = min(needing)
            rule = (
                f"is a slot that migration '{migration.name}' of slot '{other}' breaks: set it to '{other}' in the same "
                "change as the version"
            )
            yield Finding((*path, "active"), rule, ((*path, other, "version"),))


def _incompatible(path: Path, system: DeployedSystem) -> Found:
    """Check that two versions that need different states of the database do not both get traffic, and that the database
    changes for one version only while the other has no traffic. The previous version is not recorded, so a version that
    is replaced in a slot counts as changed until the migration is listed as applied."""
    deployment = system.deployment
    running = {slot: version for slot in ("blue", "green") if (version := deployment.slot(slot).version)}
    served = {slot for slot in running if deployment.weight(slot)}
    for migration in system.definition.migrations:
        if migration.compatible or migration.version is None:
            continue
        needing = {slot for slot, version in running.items() if reaches(version, migration.version)}
        left = served - needing
        if needing & served and left:
            rule = f"splits traffic across migration '{migration.name}', which breaks the previous version"
            yield Finding((*path, min(needing & served), "weight"), rule)
        elif needing and left and not deployment.maintenance:
            rule = (
                f"'maintenance' must be true: migration '{migration.name}' is applied for slot '{min(needing)}' and breaks slot "
                f"'{min(left)}', which has the traffic"
            )
            yield Finding((*path, "maintenance"), rule)
        elif needing & served and not deployment.maintenance and migration.name not in deployment.migrated:
            rule = (
                f"'maintenance' must be true: version {running[min(needing & served)]} needs migration '{migration.name}', which "
                "breaks the previous version. Once it is applied, list it under 'migrated' and remove 'maintenance'"
            )
            yield Finding((*path, "maintenance"), rule)


def _migrated(path: Path, system: DeployedSystem) -> Found:
    known = {migration.name for migration in system.definition.migrations if not migration.compatible}
    for index, name in enumerate(system.deployment.migrated):
        if name not in known:
            hint = nearest(name, known) or "; it has none"
            yield Finding((*path, "migrated", index), f"is not an incompatible migration of the system{hint}")


def _since(path: Path, system: DeployedSystem) -> Found:
    """Check that each version in a slot has every value."""
    definition = system.definition
    for slot in ("blue", "green"):
        declared = system.deployment.slot(slot)
        for key, environment, version in _environments(definition, declared):
            for name, value in environment.items():
                if version is not None and isinstance(value, FromVersion) and value.at(version) is None:
                    rule = f"has no value of {name}: all versions under 'since' are newer"
                    yield Finding((*path, slot, *key), rule)


def _environments(definition: System, slot: Slot) -> Iterator[tuple[Path, Environment, str | None]]:
    """Yield each environment with the version that it is for, and the key of that version."""
    for name, service in definition.services.items():
        key: Path = ("versions", name) if name in slot.versions else ("version",)
        others = [companion.environment for companion in service.companions.values()]
        for environment in (definition.environment, service.environment, service.build, *others):
            yield key, environment, slot.version_of(name)
    for site in definition.sites.values():
        yield ("version",), site.settings, slot.version


def _versions(path: Path, system: DeployedSystem) -> Found:
    """Check that the versions of single services are of services whose tag is a version."""
    services = system.definition.services
    for slot in ("blue", "green"):
        declared = system.deployment.slot(slot)
        for name in declared.versions:
            where = (*path, slot, "versions", name)
            if name not in services:
                yield Finding(where, f"is not one of the system's services{nearest(name, services)}")
            elif isinstance(services[name].image, ForeignImage):
                rule = f"has the image of others, whose tag is in its definition: set services.{name}.image.tag there"
                yield Finding(where, rule)
        if declared.versions and declared.version is None:
            yield Finding((*path, slot, "versions"), "is of a slot without a version: set 'version'")


def _repacked(path: Path, system: DeployedSystem, cluster: StackCluster) -> Found:
    """Check that an image is named where mirrors change digests."""
    if cluster.settings.mirrors.digests:
        return
    for name, service in system.definition.services.items():
        images = {"": service.image}
        images |= {f"sidecars.{each}.": container.image for each, container in service.sidecars.items()}
        images |= {f"init.{each}.": container.image for each, container in service.init.items()}
        for within, image in images.items():
            if isinstance(image, ForeignImage) and image.tag is None:
                rule = (
                    f"runs {image.repository} by its digest alone, which the mirrors change (mirrors.digests: false): set "
                    f"services.{name}.{within}image.tag in the definition, for example 8.1.4"
                )
                yield Finding(path, rule)


def _weights(path: Path, deployment: SystemDeployment) -> Found:
    for name in ("blue", "green"):
        slot = deployment.slot(name)
        if slot.weight and slot.version is None:
            yield Finding((*path, name, "weight"), "is the weight of a slot without a version: set 'version'")
