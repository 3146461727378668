"""Listeners of gateways for connections, and the policies that limit them to networks of clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.ingress import CONNECTIONS, GATEWAY, is_internal
from adapters.openings import Opening, listed
from framework import Absence, Property, Resource

ACCESS = "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy"
TCP_ROUTE = "TCPRoute"
"""A policy for one takes the place of that for its listener. There is none for a TLSRoute. Source: Envoy Gateway,
securitypolicy.go."""


def openings_of(resources: Sequence[Resource]) -> Iterator[tuple[Resource, list[Opening]]]:
    """Yield each gateway with what its listeners for connections open, and to whom."""
    policies = [each for each in resources if each.type == ACCESS]
    for gateway in (each for each in resources if each.type == GATEWAY):
        if not is_internal(gateway["spec"]["infrastructure"]["annotations"]):
            beside = [each for each in policies if _place(each) == _place(gateway)]
            yield gateway, list(_openings(gateway, beside))


def _openings(gateway: Resource, policies: Sequence[Resource]) -> Iterator[Opening]:
    for listener in listed(gateway["spec"]["listeners"]):
        if listener["protocol"].text in CONNECTIONS:
            ports = [(listener["port"], listener["port"])]
            everybody = Property(Absence.MISSING, listener["port"].path)
            yield from (Opening(source, ports) for source in _sources(gateway, listener, policies) or [everybody])


def _sources(gateway: Resource, listener: Property, policies: Sequence[Resource]) -> list[Property]:
    """Return the networks that policies for the listener admit; none if no policy is for it. Those for routes count for
    every listener, since whichever holds must not admit more."""
    own = [each for each in policies if any(_is_for(target, gateway, listener) for target in _targets(each))]
    routed = [each for each in policies if any(each["kind"].text == TCP_ROUTE for each in _targets(each))]
    return [source for policy in (*own, *routed) for source in _admitted(policy)] if own else []


def _targets(policy: Resource) -> list[Property]:
    return [*listed(policy["spec"]["targetRefs"]), *listed(policy["spec"]["targetRef"])]


def _is_for(target: Property, gateway: Resource, listener: Property) -> bool:
    section = target["sectionName"]
    return (
        target["kind"].text == "Gateway"
        and target["name"].text == gateway["metadata"]["name"].text
        and (section.missing or section.text == listener["name"].text)
    )


def _admitted(policy: Resource) -> list[Property]:
    """Return the networks that a policy admits, of which a missing one is everybody."""
    authorization = policy["spec"]["authorization"]
    default = authorization["defaultAction"]
    unknown = next((each for each in (authorization, default, authorization["rules"]) if each.unknown), None)
    if unknown is not None:
        return [unknown]
    if authorization.missing or not (default.missing or default.text == "Deny"):
        return [Property(Absence.MISSING, default.path)]
    admitting = [each for each in listed(authorization["rules"]) if each["action"].text != "Deny"]
    networks = [each["principal"]["clientCIDRs"] for each in admitting]
    return [source for each in networks for source in (listed(each) or [Property(Absence.MISSING, each.path)])]


def _place(resource: Resource) -> tuple[str, str]:
    return resource.provider, resource["metadata"]["namespace"].text or "default"
