"""Load balancers of AWS: their listeners, and the annotations of an Ingress for the controller that creates them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.clouds.contract import IngressListeners, each_of
from adapters.json_documents import parsed
from adapters.safeguards import OLD_TLS, Safeguard
from framework import Absence, Property, Resource, Settings, Verdict

BALANCER, LISTENER = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/listener:Listener"
TLS = Safeguard(
    path=("sslPolicy",),
    safe=(
        "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
        "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
        "ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
        "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
        "ELBSecurityPolicy-FS-1-2-2019-08", "ELBSecurityPolicy-FS-1-2-Res-2019-08",
        "ELBSecurityPolicy-FS-1-2-Res-2020-10", "ELBSecurityPolicy-TLS-1-2-2017-01",
        "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
    ),
    otherwise=OLD_TLS,
)  # fmt: skip
"""Accepted policies. The default is the policy of 2016, which allows TLS 1.0:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html"""


def in_transit(listener: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the TLS versions that a listener accepts."""
    if listener["protocol"].text in ("HTTPS", "TLS"):
        TLS.evaluate(listener, verdict)


def _of_internet(resources: Sequence[Resource]) -> Iterator[tuple[Resource, Property]]:
    """Return each listener that is, or may be, public, with the deciding property."""
    balancers = {each.urn: each for each in resources if each.type == BALANCER}
    by_arn = {each["arn"].text: each for each in balancers.values() if each["arn"].text}
    for listener in (each for each in resources if each.type == LISTENER):
        made_from = [balancers[urn] for urn in listener.dependencies if urn in balancers]
        balancer = by_arn.get(listener["loadBalancerArn"].text or "") or (made_from[0] if len(made_from) == 1 else None)
        internal = balancer["internal"] if balancer else Property(Absence.MISSING, "loadBalancerArn")
        if internal.value is not True:
            yield listener, internal


def plain_http(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check public listeners; behind them, a gateway inside the network may terminate TLS."""
    for listener, internal in _of_internet(resources):
        if listener["protocol"].text != "HTTP" or _redirects(listener):
            continue
        if internal.unknown:
            verdict.undecided(listener, internal)
        else:
            verdict.violated(listener, "serves plain HTTP: its default actions do more than redirect to HTTPS")


def _redirects(listener: Resource) -> bool:
    actions = list(listener["defaultActions"].elements())
    return bool(actions) and all(
        each["type"].text == "redirect" and each["redirect"]["protocol"].text == "HTTPS" for each in actions
    )


def open_ports(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the ports of public listeners."""
    for listener, internal in _of_internet(resources):
        port = listener["port"]
        if port.unknown or internal.unknown:
            verdict.undecided(listener, port if port.unknown else internal)
        elif port.whole_number not in [int(each) for each in settings["ports"]]:
            verdict.violated(listener, f"is open to the internet at another port than the gateway's: {port.path}")


_PORTS, _REDIRECT = "alb.ingress.kubernetes.io/listen-ports", "alb.ingress.kubernetes.io/ssl-redirect"
_CERTIFICATE = "alb.ingress.kubernetes.io/certificate-arn"
INTERNAL = {"alb.ingress.kubernetes.io/scheme": ("internal",)}
SOURCE_RANGES = ("alb.ingress.kubernetes.io/inbound-cidrs",)


def ingress_listeners(annotations: Property) -> IngressListeners | None:
    """Return the listeners in an annotation: `[{"HTTP": 80}, {"HTTPS": 443}]`; an unknown one may be any."""
    written = annotations[_PORTS]
    if written.missing and annotations[_CERTIFICATE].missing:
        return None
    try:
        document = parsed(written.text or "") if written.present else [{"HTTPS": 443}]
    except ValueError:
        document = written.value
    listeners = [each for each in each_of(Property(document, written.path)) if each.mapping]
    if not listeners:
        return IngressListeners([written], plain=True)
    plain = any("HTTP" in each.keys for each in listeners) and annotations[_REDIRECT].missing
    return IngressListeners([each[protocol] for each in listeners for protocol in each.keys], plain=plain)
