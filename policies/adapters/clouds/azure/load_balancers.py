"""Public entry points on Azure: load balancers, application gateways, and routes of Front Door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.clouds.contract import each_of
from adapters.openings import Opening, Range
from adapters.safeguards import OLD_TLS, PLAIN_ON_ITS_WAY, Safeguard, is_any_of
from framework import Absence, Property, Resource, Settings, Verdict

BALANCER, GATEWAY = "azure-native:network:LoadBalancer", "azure-native:network:ApplicationGateway"
ROUTE, DOMAIN = "azure-native:cdn:Route", "azure-native:cdn:AFDCustomDomain"
ORIGIN = "azure-native:cdn:AFDOrigin"


def _is_public(frontends: Property) -> bool:
    """Return whether it has, or may have, a public address."""
    return any(
        each.unknown or each["publicIPAddress"].present or each["publicIPPrefix"].present for each in each_of(frontends)
    )


def _ranges(balancer: Resource) -> Iterator[Range]:
    for group in ("loadBalancingRules", "inboundNatRules"):
        yield from ((rule["frontendPort"], rule["frontendPort"]) for rule in each_of(balancer[group]))
    for pool in each_of(balancer["inboundNatPools"]):
        yield pool["frontendPortRangeStart"], pool["frontendPortRangeEnd"]


def balancer_openings(balancer: Resource) -> Iterator[Opening]:
    """Return the ports that a public load balancer forwards."""
    if _is_public(balancer["frontendIPConfigurations"]):
        for low, high in _ranges(balancer):
            yield Opening(Property(Absence.MISSING, low.path), [(low, high)])


def gateway_openings(gateway: Resource) -> Iterator[Opening]:
    """Return the ports of a public application gateway."""
    if _is_public(gateway["frontendIPConfigurations"]):
        for each in each_of(gateway["frontendPorts"]):
            yield Opening(Property(Absence.MISSING, each["port"].path), [(each["port"], each["port"])])


INGRESS = {BALANCER: balancer_openings, GATEWAY: gateway_openings}


def plain_http(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each application gateway for rules that forward plain HTTP to a backend."""
    for gateway in (each for each in resources if each.type == GATEWAY):
        plain = {
            each["name"].text
            for each in gateway["httpListeners"].elements()
            if (each["protocol"].text or "").lower() == "http"
        }
        serving = [each for each in each_of(gateway["requestRoutingRules"]) if each["redirectConfiguration"].missing]
        for listener in (each["httpListener"]["id"] for each in serving) if plain else ():
            if listener.unknown:
                verdict.undecided(gateway, listener)
            elif (listener.text or "").rpartition("/")[2] in plain:
                verdict.violated(gateway, f"serves plain HTTP: {listener.path} is a listener without TLS")


_POLICY = Safeguard(
    path=("sslPolicy", "policyName"),
    safe=("AppGwSslPolicy20170401", "AppGwSslPolicy20170401S", "AppGwSslPolicy20220101", "AppGwSslPolicy20220101S"),
    otherwise=OLD_TLS,
)
"""https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview"""


def gateway_in_transit(gateway: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the TLS versions that an application gateway accepts, by a predefined or custom policy."""
    lowest = gateway["sslPolicy"]["minProtocolVersion"]
    if not is_any_of(lowest, ("TLSv1_2", "TLSv1_3")):
        _POLICY.evaluate(gateway, verdict)


def route_in_transit(route: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that Front Door redirects visitors to HTTPS, or accepts only HTTPS, and connects to origins by HTTPS."""
    protocols = [each.text for each in route["supportedProtocols"].elements()]
    if protocols != ["Https"]:
        Safeguard(path=("httpsRedirect",), safe=("Enabled",), otherwise=PLAIN_ON_ITS_WAY).evaluate(route, verdict)
    Safeguard(
        path=("forwardingProtocol",), safe=("HttpsOnly",), otherwise="connects to an origin without TLS"
    ).evaluate(route, verdict)


NAMED = Safeguard(
    path=("enforceCertificateNameCheck",),
    safe=(True,),
    by_default=True,
    otherwise="does not look whose certificate an origin has",
)
LOWEST = Safeguard(
    path=("tlsSettings", "minimumTlsVersion"), safe=("TLS12", "TLS13"), by_default=True, otherwise=OLD_TLS
)
"""Minimum TLS version of a Front Door domain."""
