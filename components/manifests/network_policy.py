"""Network policies: all traffic is denied except what the definitions require.

DNS is allowed by port alone, because on some clouds the node answers it and not a pod.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal as OneOf
from urllib.parse import urlsplit

from pulumi_kubernetes import meta, networking

from components.manifests import names
from components.manifests.scope import Scope
from slipway.settings.cluster_services import HomeOfPods
from slipway.settings.one_off import one_off
from slipway.settings.schedules import Schedule
from slipway.settings.services import Service

PRIVATE_NETWORKS = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")

POSTGRES_PORT = 5432
"""PostgreSQL's default port."""
SLOTS = ("blue", "green")

Controller = OneOf["gateway", "metrics", "databases", "scaling"]
"""Controllers whose pods policies let in."""
Peer = networking.v1.NetworkPolicyPeerArgs


@dataclass(frozen=True)
class NetworkPeer:
    """A server that pods call, by network or by the labels and the namespace of pods."""

    port: int
    networks: tuple[str, ...] = ()
    pods: Mapping[str, str] = field(default_factory=dict)
    namespace: str | None = None
    """The pods' namespace; their caller's own without it."""

    def policy_peers(self) -> list[Peer]:
        if self.namespace is not None:
            return [_pods_in(self.namespace, self.pods)]
        by_network = [Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr)) for cidr in self.networks]
        return by_network + ([_pods(self.pods)] if self.pods else [])


def deny_all(scope: Scope, *, source: str) -> networking.v1.NetworkPolicyInitArgs:
    """Denies all traffic of every pod in the namespace except DNS."""
    return _policy(scope, "default-deny", source, {}, ingress=[], egress=[_dns()])


def of_service(
    scope: Scope,
    *,
    name: str,
    slot: str,
    services: Mapping[str, Service],
    schedules: Mapping[str, Schedule],
    calls: Mapping[str, Sequence[str]],
    peers: Sequence[NetworkPeer],
    internet: Collection[int] = (),
    foreign: Sequence[NetworkPeer] = (),
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the traffic of a service: calls from its callers in the same slot, or in both if it is outside of them; from
    `foreign` ones of other systems and, if it has a route, from the gateway; `calls` to other services by the name of the
    caller, to `peers`, and to ports of the `internet`. Schedules and one-off commands call what their service calls."""
    service = services[name]
    slots = SLOTS if service.is_shared else (slot,)
    callers = [
        pods
        for other, declared in services.items()
        if name in calls[other]
        for each in dict.fromkeys(declared.slot(one) for one in slots)
        for pods in pods_as(other, declared, each)
    ]
    callers += [
        names.selector(other, each)
        for other, declared in schedules.items()
        if name in calls[declared.service]
        for each in slots
    ]
    return _policy(
        scope,
        names.in_slot(name, slot),
        service.source,
        _selected(name, service, slot),
        ingress=[
            *_called(scope, service, [_pods(caller) for caller in callers]),
            *(_from(caller.policy_peers(), caller.port) for caller in foreign),
            *_scraped(scope, service),
        ],
        egress=_egress(slot, {called: services[called] for called in calls[name]}, peers, internet),
        service=name,
        slot=slot,
    )


def pods_as(name: str, service: Service, slot: str) -> list[dict[str, str]]:
    """Returns the labels of the pods that call as a service of `slot`: its own, and those of one-off commands."""
    more = [names.selector(name, one_off(slot))] if service.runs_commands else []
    return [names.selector(name, slot), *more]


def _selected(name: str, service: Service, slot: str) -> meta.v1.LabelSelectorArgs:
    """Selects the same pods, for the rules of a service. Nobody finds one-off pods, which serve no port, by a Service."""
    if not service.runs_commands:
        return _labelled(names.selector(name, slot))
    either = meta.v1.LabelSelectorRequirementArgs(key=names.SLOT, operator="In", values=[slot, one_off(slot)])
    return meta.v1.LabelSelectorArgs(match_labels={names.NAME: name}, match_expressions=[either])


def of_schedule(
    scope: Scope,
    *,
    name: str,
    slot: str,
    schedule: Schedule,
    services: Mapping[str, Service],
    calls: Mapping[str, Sequence[str]],
    peers: Sequence[NetworkPeer],
    internet: Collection[int] = (),
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows a schedule to call what its service may call; nothing calls it."""
    return _policy(
        scope,
        names.in_slot(name, slot),
        schedule.source,
        names.selector(name, slot),
        ingress=[],
        egress=_egress(slot, {called: services[called] for called in calls[schedule.service]}, peers, internet),
        service=name,
        slot=slot,
    )


def of_site(
    scope: Scope, *, name: str, slot: str, source: str, port: int, downloads: bool
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows calls from the gateway to a static site, and egress only if it downloads its files."""
    return _policy(
        scope,
        names.in_slot(name, slot),
        source,
        names.selector(name, slot),
        ingress=_from_home(scope, "gateway", port),
        egress=_internet({443} if downloads else set()),
        service=name,
        slot=slot,
    )


def of_job(
    scope: Scope,
    *,
    name: str,
    source: str,
    pods: Mapping[str, str],
    peers: Sequence[NetworkPeer],
    internet: Collection[int] = (),
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows a job to call `peers` and ports of the `internet`; nothing calls it."""
    egress = [*(_to(peer) for peer in peers), *_internet(set(internet))]
    return _policy(scope, name, source, pods, ingress=[], egress=egress)


def of_exporter(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str], port: int, peers: Sequence[NetworkPeer]
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows Prometheus to scrape an exporter, and the exporter to call its target."""
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=_from_home(scope, "metrics", port),
        egress=[_to(peer) for peer in peers],
    )


def of_flags(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str], ports: Sequence[int], metrics: Sequence[int]
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows every pod of the namespace to call the server of feature flags; it calls nothing."""
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=[_from([_pods({})], *ports), *_from_home(scope, "metrics", *metrics)],
        egress=[],
    )


def of_broker(
    scope: Scope,
    *,
    name: str,
    source: str,
    pods: Mapping[str, str],
    callers: Iterable[Mapping[str, str]],
    counted: bool = False,
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the traffic of RabbitMQ: AMQP over TLS (5671) from the system's pods, and from KEDA if it counts messages
    (`counted`), metrics (15691) to Prometheus, peer discovery (4369) and clustering (25672) among its nodes. Since RabbitMQ
    4.1 the nodes find each other by name and do not call the API server."""
    clients = [_pods(caller) for caller in callers]
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=[
            *([_from(clients, 5671)] if clients else []),
            *(_from_home(scope, "scaling", 5671) if counted else []),
            _from([_pods(pods)], 4369, 25672),
            *_from_home(scope, "metrics", 15691),
        ],
        egress=[
            _to(NetworkPeer(4369, pods=pods)),
            _to(NetworkPeer(25672, pods=pods)),
        ],
    )


def of_database(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str]
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the traffic of PostgreSQL in the cluster: connections from the namespace, replication (5432) and status
    (8000) among its pods and from the operator; egress to each other, the API server (443, 6443) and the backup store
    (443, 9000)."""
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=[
            _from([_pods({})], POSTGRES_PORT),
            _from([_pods(pods), *_home(scope, "databases")], POSTGRES_PORT, 8000),
        ],
        egress=[
            _to(NetworkPeer(POSTGRES_PORT, pods=pods)),
            _to(NetworkPeer(8000, pods=pods)),
            networking.v1.NetworkPolicyEgressRuleArgs(ports=_ports(443, 6443, 9000)),
        ],
    )


def of_database_pod(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str]
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows connections from the namespace to a plain PostgreSQL pod, which calls nothing."""
    return _policy(scope, name, source, pods, ingress=[_from([_pods({})], POSTGRES_PORT)], egress=[])


def of_cache(
    scope: Scope,
    *,
    name: str,
    source: str,
    pods: Mapping[str, str],
    port: int,
    callers: Iterable[Mapping[str, str]],
    metrics: int,
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the pods that use a cache to connect to it, and Prometheus to scrape its exporter; it calls nothing."""
    clients = [_pods(caller) for caller in callers]
    ingress = [*([_from(clients, port)] if clients else []), *_from_home(scope, "metrics", metrics)]
    return _policy(scope, name, source, pods, ingress=ingress, egress=[])


def of_documents(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str], port: int
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the traffic of a document database in the cluster: connections from the namespace, including its own pods;
    egress to each other and to the API server (443, 6443), from which the operator's agents read their configuration.
    """
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=[_from([_pods({})], port)],
        egress=[
            _to(NetworkPeer(port, pods=pods)),
            _to_api(),
        ],
    )


def of_api_clients(
    scope: Scope, *, name: str, source: str, pods: Mapping[str, str]
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows calls of the API server (443, 6443), whose address differs between clusters; nothing calls the pods."""
    return _policy(scope, name, source, pods, ingress=[], egress=[_to_api()])


def of_release_controller(
    scope: Scope,
    *,
    name: str,
    source: str,
    pods: Mapping[str, str],
    metrics: int,
    prometheus: str | None,
    peers: Sequence[NetworkPeer],
) -> networking.v1.NetworkPolicyInitArgs:
    """Allows the traffic of the controller of releases: metrics to Prometheus; egress to the API server, to the address of
    `prometheus`, to the gateway's proxies (10080, 10443), to `peers`, and to what receives messages or has images on the
    internet (443, 465, 587)."""
    inside = _in_cluster(prometheus) if prometheus else None
    port = urlsplit(prometheus).port if prometheus and inside is None else None
    return _policy(
        scope,
        name,
        source,
        pods,
        ingress=_from_home(scope, "metrics", metrics),
        egress=[
            _to_api(),
            *([_to(inside)] if inside else []),
            *_to_home(scope, "gateway", 10080, 10443),
            *(_to(peer) for peer in peers),
            *_internet({443, 465, 587} | ({port} if port else set())),
        ],
    )


def _in_cluster(address: str) -> NetworkPeer | None:
    """Returns the namespace and the port of a Service's address; None for a server outside the cluster."""
    parts = urlsplit(address)
    service = re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..+)?", parts.hostname or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return NetworkPeer(port, namespace=service[1]) if service else None


def _egress(
    slot: str, called: Mapping[str, Service], peers: Sequence[NetworkPeer], internet: Collection[int]
) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    calls = [
        NetworkPeer(port, pods=names.selector(name, declared.slot(slot)))
        for name, declared in called.items()
        for port in declared.exposed.values()
    ]
    return [_to(peer) for peer in [*calls, *peers]] + _internet(set(internet))


def _to_api() -> networking.v1.NetworkPolicyEgressRuleArgs:
    return networking.v1.NetworkPolicyEgressRuleArgs(ports=_ports(443, 6443))


def _policy(
    scope: Scope,
    name: str,
    source: str,
    pods: Mapping[str, str] | meta.v1.LabelSelectorArgs,
    *,
    ingress: list[networking.v1.NetworkPolicyIngressRuleArgs],
    egress: list[networking.v1.NetworkPolicyEgressRuleArgs],
    service: str | None = None,
    slot: str | None = None,
) -> networking.v1.NetworkPolicyInitArgs:
    return networking.v1.NetworkPolicyInitArgs(
        metadata=scope.metadata(name, source, service=service, slot=slot),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=_labelled(pods) if isinstance(pods, Mapping) else pods,
            policy_types=["Ingress", "Egress"],
            ingress=ingress,
            egress=egress,
        ),
    )


def _called(scope: Scope, service: Service, callers: list[Peer]) -> list[networking.v1.NetworkPolicyIngressRuleArgs]:
    """Allows callers to reach every port, and the gateway those that routes lead to."""
    gateway, ports = _home(scope, "gateway") if service.is_routed else [], service.exposed.values()
    if not gateway or set(service.routed_ports) == set(ports):
        peers = [*callers, *gateway]
        return [_from(peers, *ports)] if peers and ports else []
    return [*([_from(callers, *ports)] if callers else []), _from(gateway, *service.routed_ports)]


def _scraped(scope: Scope, service: Service) -> list[networking.v1.NetworkPolicyIngressRuleArgs]:
    port = None if service.metrics is None else service.metrics.port or service.port
    return [] if port is None else _from_home(scope, "metrics", port)


def _home(scope: Scope, controller: Controller) -> list[Peer]:
    """Returns the pods of a controller; nothing for one that nobody runs."""
    home: HomeOfPods | None = getattr(scope.homes, controller)
    return [_pods_in(home.namespace, home.pods)] if home is not None else []


def _from_home(scope: Scope, controller: Controller, *ports: int) -> list[networking.v1.NetworkPolicyIngressRuleArgs]:
    """Allows calls from a controller. A rule without peers would allow everybody."""
    peers = _home(scope, controller)
    return [_from(peers, *ports)] if peers else []


def _to_home(scope: Scope, controller: Controller, *ports: int) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    peers = _home(scope, controller)
    return [networking.v1.NetworkPolicyEgressRuleArgs(to=peers, ports=_ports(*ports))] if peers else []


def _pods(labels: Mapping[str, str]) -> Peer:
    return Peer(pod_selector=_labelled(labels))


def _labelled(labels: Mapping[str, str]) -> meta.v1.LabelSelectorArgs:
    return meta.v1.LabelSelectorArgs(match_labels=dict(labels))


def _pods_in(namespace: str, labels: Mapping[str, str]) -> Peer:
    """Returns pods of a namespace by labels, or all of them."""
    pods = meta.v1.LabelSelectorArgs(match_labels=dict(labels)) if labels else None
    return Peer(namespace_selector=_namespace(namespace).namespace_selector, pod_selector=pods)


def _namespace(name: str) -> Peer:
    return Peer(namespace_selector=meta.v1.LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": name}))


def _ports(*ports: int, protocol: str = "TCP") -> list[networking.v1.NetworkPolicyPortArgs]:
    return [networking.v1.NetworkPolicyPortArgs(port=port, protocol=protocol) for port in ports]


def _from(peers: list[Peer], *ports: int) -> networking.v1.NetworkPolicyIngressRuleArgs:
    return networking.v1.NetworkPolicyIngressRuleArgs(from_=peers, ports=_ports(*ports))


def _to(peer: NetworkPeer) -> networking.v1.NetworkPolicyEgressRuleArgs:
    return networking.v1.NetworkPolicyEgressRuleArgs(to=peer.policy_peers(), ports=_ports(peer.port))


def _dns() -> networking.v1.NetworkPolicyEgressRuleArgs:
    return networking.v1.NetworkPolicyEgressRuleArgs(ports=_ports(53) + _ports(53, protocol="UDP"))


def _internet(ports: set[int]) -> list[networking.v1.NetworkPolicyEgressRuleArgs]:
    if not ports:
        return []
    outside = networking.v1.IPBlockArgs(cidr="0.0.0.0/0", except_=list(PRIVATE_NETWORKS))
    return [networking.v1.NetworkPolicyEgressRuleArgs(to=[Peer(ip_block=outside)], ports=_ports(*sorted(ports)))]
