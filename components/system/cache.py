"""The server of a cache, and its login as a Secret."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import apiextensions

from components.clouds import contract
from components.clouds.contract import CacheEndpoint, Cloud, SecretStore
from components.cluster.monitoring.manifests import monitors
from components.manifests import names
from components.manifests.environment import cache_secret
from components.manifests.network_policy import NetworkPeer, pods_as
from components.manifests.scope import Scope
from slipway.settings import caches
from slipway.settings.references import FromCache
from slipway.settings.services import Service
from slipway.settings.system import System

USER = "default"
"""The user of every cache: clients that know a password and no user connect as this one."""
CA_FOLDER = "/etc/slipway/caches"
"""Directory with a folder for each cache whose certificate the cluster signed; services find `ca.crt` in it."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    scope: Scope
    server: str
    """Its name in the system, such as `sessions-cache`."""
    settings: caches.Cache
    callers: Sequence[dict[str, str]]
    """Labels of the pods that may connect."""
    cloud: Cloud
    store: SecretStore
    depends_on: Sequence[pulumi.Resource]


class Cache(pulumi.ComponentResource):
    """A cache that answers with a password and over TLS alone."""

    server: str
    """Name of the server in the cloud."""
    peer: NetworkPeer
    """Peer in the network policies of the services that use the cache."""
    authority: str | None
    """Secret with the CA of its certificate; None if a public authority signed it."""
    scraped: bool
    """Whether Prometheus reads its figures; a cloud watches a server of its own."""

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Cache", name, opts=opts)
        wanted = contract.CacheArgs(scope=args.scope, name=args.server, settings=args.settings, callers=args.callers)
        endpoint = args.cloud.cache(wanted, pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)))
        args.store.put(cache_secret(args.server), args.settings.source, login(endpoint), self)
        self.server, self.authority, self.address = endpoint.server, endpoint.authority, endpoint.address
        self.peer = NetworkPeer(endpoint.address.port, endpoint.peers.networks, endpoint.peers.pods)
        self.scraped = endpoint.exporter is not None
        if endpoint.exporter is not None:
            apiextensions.CustomResource(
                name,
                api_version=monitors.API_VERSION,
                kind="PodMonitor",
                metadata=args.scope.selected(args.server, args.settings.source),
                spec=monitors.pods(endpoint.exporter, "metrics", cache=args.server),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
            )
        self.register_outputs({})


def login(endpoint: CacheEndpoint) -> dict[str, pulumi.Input[str]]:
    """Returns the parts of a login, and `url`, which combines them."""
    host, port, password = endpoint.address.host, str(endpoint.address.port), endpoint.password
    return {
        "host": host,
        "port": port,
        "password": password,
        "url": pulumi.Output.format("rediss://{0}:{1}@{2}:{3}/0", USER, password, host, port),
    }


def caches_of(system: System, service: Service) -> list[str]:
    """Returns the names of the caches in a service's environment, without duplicates."""
    return list(dict.fromkeys(value.cache for value in system.uses(service) if isinstance(value, FromCache)))


def servers_of(system: System, service: Service, slot: str) -> dict[str, str]:
    """Returns the servers of the caches that a service of `slot` uses, by the cache's name."""
    return {name: caches.server(name, system.caches[name], slot) for name in caches_of(system, service)}


def wanted(definition: System, slots: Sequence[str]) -> Iterator[tuple[str, caches.Cache, list[dict[str, str]]]]:
    """Yields each server with its cache and its callers: those of both slots, or of the one that it is for. The server of
    a slot without a version stays, because clouds keep the name of a deleted secret for weeks."""
    for name, cache in definition.caches.items():
        for server in caches.servers(name, cache, slots):
            used = [slot for slot in slots if caches.server(name, cache, slot) == server]
            users = [each for each, declared in definition.services.items() if name in caches_of(definition, declared)]
            runs = [each for each, declared in definition.schedules.items() if declared.service in users]
            pods = dict.fromkeys((user, definition.services[user].slot(slot)) for user in users for slot in used)
            callers = [each for user, slot in pods for each in pods_as(user, definition.services[user], slot)]
            yield server, cache, callers + [names.selector(run, slot) for run in runs for slot in used]
