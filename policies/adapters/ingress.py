"""Inbound traffic and its sources: firewalls of clouds, policies, Services and gateways of Kubernetes, API servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from adapters import clouds
from adapters.addresses import Network, networks
from adapters.clouds.contract import IngressListeners
from adapters.openings import Opening, Range, listed
from adapters.operated_settings import RELEASE, SERVICES, services_of
from framework import Absence, Property, Resource

GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
CONNECTIONS = ("TLS", "TCP")
"""Protocols of listeners that policies can limit to networks; those of requests stay open, since the gateway answers them."""


def _network_policy(policy: Resource) -> Iterator[Opening]:
    """Return the openings of a policy. A rule without peers also admits every pod of the cluster, so that it is no rule of
    a gateway at whatever port."""
    for rule in listed(policy["spec"]["ingress"]):
        ports = [_pod_ports(each) for each in listed(rule["ports"])]
        for source, without in [(rule, ())] if rule.unknown else _peers(rule["from"]):
            yield Opening(source, () if source.missing else ports, without=without)


def _peers(peers: Property) -> Iterator[tuple[Property, tuple[Network, ...]]]:
    """Return the addresses; a rule without peers admits everybody. Pods and namespaces are not addresses."""
    if peers.missing or (peers.listing and not any(map(names_some, listed(peers)))):
        yield Property(Absence.MISSING, peers.path), ()
    for peer in listed(peers):
        if peer["ipBlock"].present:
            taken = [networks(each.text or "") or () for each in peer["ipBlock"]["except"].elements()]
            yield peer["ipBlock"]["cidr"], tuple(network for each in taken for network in each)


def names_some(peer: Property) -> bool:
    """Return whether a peer names pods, namespaces or addresses, be it by an empty selector."""
    return peer.unknown or any(peer[key].present for key in ("podSelector", "namespaceSelector", "ipBlock"))


def _pod_ports(port: Property) -> Range:
    return port["port"], port["endPort"] if port["endPort"].present else port["port"]


_INTERNAL: Mapping[str, tuple[str, ...]] = {
    **clouds.table(lambda cloud: cloud.internal),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
}
"""Annotations by which each cloud makes a load balancer internal."""
_RANGES = (
    "service.beta.kubernetes.io/load-balancer-source-ranges",
    "nginx.ingress.kubernetes.io/whitelist-source-range",
    *clouds.types(lambda cloud: cloud.source_ranges),
)


def is_internal(annotations: Property) -> bool:
    """Return whether a load balancer with these annotations has only an internal address."""
    return any((annotations[key].text or "").lower() in values for key, values in _INTERNAL.items())


def _service(service: Resource) -> Iterator[Opening]:
    spec, annotations = service["spec"], service["metadata"]["annotations"]
    ports = [(each["port"], each["port"]) for each in listed(spec["ports"])]
    if spec["externalIPs"].unknown or listed(spec["externalIPs"]):
        yield Opening(Property(Absence.MISSING, spec["externalIPs"].path))
    yield from _exposed(spec["type"], spec["loadBalancerSourceRanges"], annotations, ports)


def _exposed(type_: Property, ranges: Property, annotations: Property, ports: Sequence[Range]) -> Iterator[Opening]:
    """Return the openings of a Service: a load balancer admits its source ranges; a node port admits everybody who
    reaches a node."""
    if type_.text == "NodePort":
        yield Opening(Property(Absence.MISSING, type_.path))
    if type_.text != "LoadBalancer" or is_internal(annotations):
        return
    noted = [Property(part, annotations[key].path) for key in _RANGES for part in _parts(annotations[key])]
    for source in [*listed(ranges), *noted] or [Property(Absence.MISSING, ranges.path)]:
        yield Opening(source, ports)


def _parts(noted: Property) -> list[Any]:
    return [noted.value] if noted.unknown else [each for each in (noted.text or "").split(",") if each]


def _proxies(proxies: Resource) -> Iterator[Opening]:
    """Return the openings of Envoy Gateway's proxies; their ports are those of the listeners of their gateway."""
    service = proxies["spec"]["provider"]["kubernetes"]["envoyService"]
    if service["type"].text == "NodePort":
        yield Opening(Property(Absence.MISSING, service["type"].path))


def _gateway(gateway: Resource) -> Iterator[Opening]:
    """Return the openings of a Gateway's listeners for requests; those for connections are judged with their policies."""
    if is_internal(gateway["spec"]["infrastructure"]["annotations"]):
        return
    for listener in listed(gateway["spec"]["listeners"]):
        if listener["protocol"].text in CONNECTIONS:
            continue
        source = Property(Absence.MISSING, listener["port"].path)
        yield Opening(source, [(listener["port"], listener["port"])])


def _ingress(ingress: Resource) -> Iterator[Opening]:
    """Return the openings of an Ingress: its default ports, unless annotations for a cloud's controller change them."""
    annotations = ingress["metadata"]["annotations"]
    if is_internal(annotations):
        return
    listeners = listeners_of(annotations)
    ports = listeners.ports if listeners else [Property(each, "spec.rules") for each in (80, 443)]
    noted = [Property(part, annotations[key].path) for key in _RANGES for part in _parts(annotations[key])]
    for source in noted or [Property(Absence.MISSING, "spec.rules")]:
        yield from (Opening(source, [(port, port)]) for port in ports)


def listeners_of(annotations: Property) -> IngressListeners | None:
    """Return the load balancer that a cloud creates for an Ingress; None if it has another controller."""
    return next(filter(None, (each.ingress_listeners(annotations) for each in clouds.CLOUDS.values())), None)


def _operated(resource: Resource) -> Iterator[Opening]:
    """Return the openings of the Services that an operator or a chart makes."""
    for service in services_of(resource):
        found = [service["port"], *listed(service["ports"])]
        ports = [(each, each) for each in found if each.whole_number]
        yield from _exposed(service["type"], service["loadBalancerSourceRanges"], service["annotations"], ports)


INGRESS: Mapping[str, Callable[[Resource], Iterator[Opening]]] = {
    **clouds.table(lambda cloud: cloud.ingress),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _network_policy,
    "kubernetes:core/v1:Service": _service,
    "kubernetes:networking.k8s.io/v1:Ingress": _ingress,
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": _proxies,
    GATEWAY: _gateway,
    **dict.fromkeys((*SERVICES, RELEASE), _operated),
}
"""The openings of each type of resource."""

_GROUPS = clouds.table(lambda cloud: cloud.rule_groups)
_RULES: Mapping[str, str] = {type_: key for group in _GROUPS.values() for type_, key in group.rules.items()}
"""The property by which a separate rule refers to its group."""
GROUPED = (*_RULES, *_GROUPS)


def by_group(resources: Sequence[Resource]) -> Iterator[list[Resource]]:
    """Return groups with their separate rules, found by name or by dependency."""
    groups = {each.urn: each for each in resources if each.type in _GROUPS}
    names = {each[_GROUPS[each.type].id].text: urn for urn, each in groups.items()}
    found: dict[str, list[Resource]] = {urn: [each] for urn, each in groups.items()}
    for rule in (each for each in resources if each.type in _RULES):
        named = rule[_RULES[rule.type]].text
        urns = sorted(rule.dependencies & groups.keys())
        key = (names.get(named) if named else None) or (urns[0] if len(urns) == 1 else named or "")
        if key:
            found.setdefault(key, []).append(rule)
    yield from (each for each in found.values() if len(each) > 1)
