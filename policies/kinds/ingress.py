"""What lets traffic in, and from where: firewalls of AWS and Azure, policies and services of Kubernetes, API servers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from frame import Absence, Property, Resource

_EVERYWHERE = {"*", "any", "internet"}
"""How Azure writes it, in small letters."""
_HALF = 1
"""Bits of a range that is half of all addresses: two of them are everything."""
_PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")

API_ALLOW = "kubernetes.apiAllow"

Range = tuple[Property, Property]
"""The first and the last port."""


@dataclass(frozen=True)
class Opening:
    """Traffic that is let in from a range of addresses."""

    source: Property
    """Everywhere, if it is missing."""
    ports: Sequence[Range] = ()
    """All of them, if there are none."""
    key: str = ""
    """Where the declaration of the resource opens it, if people do."""

    @property
    def everywhere(self) -> bool:
        """Whether the source, if known, is the whole internet."""
        text = (self.source.text or "").strip().lower()
        return self.source.missing or text in _EVERYWHERE or _is_wide(text)

    def unknown_port(self) -> Property | None:
        """The first port that is not known yet."""
        return next((each for pair in self.ports for each in pair if each.unknown), None)

    def within(self, allowed: Sequence[int]) -> bool:
        """Whether each port, those not known aside, is an allowed one."""
        return bool(self.ports) and all(_each_allowed(*pair, allowed) for pair in self.ports)


def _is_wide(text: str) -> bool:
    try:
        return ip_network(text, strict=False).prefixlen <= _HALF
    except ValueError:
        return False


def _each_allowed(first: Property, last: Property, allowed: Sequence[int]) -> bool:
    if first.unknown or last.unknown:
        return True
    low, high = _port(first, 0), _port(last, 1)
    return (
        low is not None and high is not None and low <= high and all(port in allowed for port in range(low, high + 1))
    )


def _port(port: Property, end: int) -> int | None:
    """A number, or one end of a range that is written as a text."""
    written = _PORTS.fullmatch(port.text or "")
    return int(written[2] if end and written[2] else written[1]) if written else port.whole_number


def _each(listing: Property) -> list[Property]:
    """The elements of a list; what is no list is one element, and wrong if it must be one."""
    return list(listing.elements()) if listing.listing else [listing] if listing.present else []


def _aws_sources(rule: Property) -> Iterator[Property]:
    for key in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from _each(rule[key])


def _aws_ports(rule: Property, protocol: Property) -> Sequence[Range]:
    return () if protocol.text in ("-1", "all") else [(rule["fromPort"], rule["toPort"])]


def _inline(group: Resource) -> Iterator[Opening]:
    for rule in _each(group["ingress"]):
        for source in [rule] if rule.unknown else _aws_sources(rule):
            yield Opening(source, _aws_ports(rule, rule["protocol"]))


def _group_rule(rule: Resource) -> Iterator[Opening]:
    if rule["type"].text != "egress":
        for source in _aws_sources(rule.properties):
            yield Opening(source, _aws_ports(rule.properties, rule["protocol"]))


def _ingress_rule(rule: Resource) -> Iterator[Opening]:
    for source in (rule["cidrIpv4"], rule["cidrIpv6"]):
        if source.present:
            yield Opening(source, _aws_ports(rule.properties, rule["ipProtocol"]))


def _network_group(group: Resource) -> Iterator[Opening]:
    for rule in _each(group["securityRules"]):
        yield from [Opening(rule)] if rule.unknown else _azure_rule(rule)


def _azure_rule(rule: Property) -> Iterator[Opening]:
    if rule["access"].text == "Deny" or rule["direction"].text == "Outbound":
        return
    ports = [each for key in ("destinationPortRange", "destinationPortRanges") for each in _each(rule[key])]
    for key in ("sourceAddressPrefix", "sourceAddressPrefixes"):
        for source in _each(rule[key]):
            yield Opening(source, [] if any(each.text == "*" for each in ports) else [(each, each) for each in ports])


def _network_policy(policy: Resource) -> Iterator[Opening]:
    for rule in _each(policy["spec"]["ingress"]):
        ports = [_pod_ports(each) for each in _each(rule["ports"])]
        for source in [rule] if rule.unknown else _peers(rule["from"]):
            yield Opening(source, ports)


def _peers(peers: Property) -> Iterator[Property]:
    """Addresses; a rule that names no peers means everybody. Pods and namespaces are no addresses."""
    if peers.missing or (peers.listing and not _each(peers)):
        yield Property(Absence.MISSING, peers.path)
    for peer in _each(peers):
        if peer["ipBlock"].present:
            yield peer["ipBlock"]["cidr"]


def _pod_ports(port: Property) -> Range:
    return port["port"], port["endPort"] if port["endPort"].present else port["port"]


def _load_balancer(service: Resource) -> Iterator[Opening]:
    spec = service["spec"]
    if spec["type"].text != "LoadBalancer":
        return
    ranges = spec["loadBalancerSourceRanges"]
    ports = [(each["port"], each["port"]) for each in _each(spec["ports"])]
    for source in _each(ranges) or [Property(Absence.MISSING, ranges.path)]:
        yield Opening(source, ports)


def _eks(cluster: Resource) -> Iterator[Opening]:
    vpc = cluster["vpcConfig"]
    if vpc["endpointPublicAccess"].value is not False:
        yield from _api_server(vpc["publicAccessCidrs"])


def _aks(cluster: Resource) -> Iterator[Opening]:
    profile = cluster["apiServerAccessProfile"]
    if profile["enablePrivateCluster"].value is not True:
        yield from _api_server(profile["authorizedIPRanges"])


def _api_server(ranges: Property) -> Iterator[Opening]:
    """No port of an API server is for everybody. Beside ranges that are known, one that is not is an address that the
    program makes: an update knows it."""
    sources = _each(ranges) or [Property(Absence.MISSING, ranges.path)]
    yield from (Opening(each, key=API_ALLOW) for each in [each for each in sources if not each.unknown] or sources)


INGRESS: Mapping[str, Callable[[Resource], Iterator[Opening]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _inline,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _inline,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
    "aws:eks/cluster:Cluster": _eks,
    "azure-native:network:NetworkSecurityGroup": _network_group,
    "azure-native:network:SecurityRule": lambda rule: _azure_rule(rule.properties),
    "azure-native:containerservice:ManagedCluster": _aks,
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _network_policy,
    "kubernetes:core/v1:Service": _load_balancer,
}
"""What each kind of resource lets in."""
