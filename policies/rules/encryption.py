"""Data is encrypted at rest and in transit."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_policy import Severity

from adapters import clouds, encrypted_types
from adapters.cluster_objects import Match, Shortlist, refers, same_text
from adapters.ingress import is_internal, listeners_of
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule


@resource_rule(
    Declaration(
        name="encryption-at-rest",
        description="Databases, buckets, volumes, queues and Kubernetes Secrets are encrypted at rest.",
        why="Otherwise anyone who gets hold of a disk, a snapshot or a backup can read it",
        clauses=(
            "runbook: marketplace, 2.2",
            "runbook: smartwallet, data encryption is enabled",
            *clouds.clauses("encryption-at-rest"),
        ),
        types=(*encrypted_types.AT_REST, encrypted_types.STORAGE_CLASS),
        severity=Severity.CRITICAL,
    )
)
def encryption_at_rest(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check data that a cloud does not encrypt by default."""
    if resource.type == encrypted_types.STORAGE_CLASS:
        _evaluate_storage(resource, verdict)
    else:
        encrypted_types.AT_REST[resource.type](resource, settings, verdict)


def _evaluate_storage(storage: Resource, verdict: Verdict) -> None:
    provisioner = storage["provisioner"]
    safeguard = encrypted_types.PROVISIONERS.get(provisioner.text or "")
    if provisioner.unknown:
        verdict.undecided(storage, provisioner)
    elif safeguard:
        safeguard.evaluate(storage, verdict)


@resource_rule(
    Declaration(
        name="encryption-in-transit",
        description="All network traffic uses TLS 1.2 or later.",
        why="Plain text and weak ciphers can be read and altered in transit",
        clauses=(
            "runbook: marketplace, SSL/TLS",
            *clouds.clauses("encryption-in-transit"),
        ),
        types=encrypted_types.IN_TRANSIT.keys(),
        severity=Severity.HIGH,
    )
)
def encryption_in_transit(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the server's side and, for an edge, the connection to its origin."""
    encrypted_types.IN_TRANSIT[resource.type](resource, settings, verdict)


GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
INGRESS, SERVICE = "kubernetes:networking.k8s.io/v1:Ingress", "kubernetes:core/v1:Service"
HTTP = 80
"""TCP port. Source: RFC 9110, section 4.2.1."""
_ANSWERS_PLAIN = (
    ("nginx.ingress.kubernetes.io/ssl-redirect", "false"),
    ("ingress.kubernetes.io/ssl-redirect", "false"),
)
"""Annotations of ingress controllers, with the values that disable the redirect of plain HTTP."""


@stack_rule(
    Declaration(
        name="plain-http",
        description="Nothing is served over plain HTTP: buckets reject it, gateways only redirect it.",
        why="A request without TLS has exposed its secrets before a redirect can be sent",
        clauses=(
            "runbook: marketplace, SSL/TLS",
            *clouds.clauses("plain-http"),
        ),
        types=(*clouds.together("plain-http"), GATEWAY, ROUTE, INGRESS, SERVICE),
    )
)
def plain_http(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each bucket with its policy, and each route with its listeners."""
    clouds.evaluate_together("plain-http", resources, settings, verdict)
    for each in resources:
        if each.type == INGRESS:
            _evaluate_ingress(each, verdict)
        elif each.type == SERVICE:
            _evaluate_service(each, verdict)
    found = [each for each in resources if each.type == GATEWAY]
    gateways = Shortlist(found, [_known(each["metadata"]["name"]) or () for each in found])
    for route in (each for each in resources if each.type == ROUTE):
        _evaluate_route(route, gateways, verdict)


def _evaluate_service(service: Resource, verdict: Verdict) -> None:
    """Check one Service: a load balancer of connections redirects nobody."""
    spec = service["spec"]
    if spec["type"].text == "LoadBalancer" and not is_internal(service["metadata"]["annotations"]):
        for port in (each["port"] for each in spec["ports"].elements()):
            if port.whole_number == HTTP:
                verdict.violated(service, f"serves plain HTTP: {port.path} is open without a gateway that redirects")


def _evaluate_ingress(ingress: Resource, verdict: Verdict) -> None:
    """Check one Ingress: a controller redirects to HTTPS if TLS is set; a cloud's load balancer is configured by
    annotations."""
    annotations, tls = ingress["metadata"]["annotations"], ingress["spec"]["tls"]
    listeners = listeners_of(annotations)
    if tls.unknown or annotations.unknown:
        verdict.undecided(ingress, tls if tls.unknown else annotations)
    elif listeners and listeners.plain:
        verdict.violated(ingress, "serves plain HTTP: it has a listener without TLS that does not redirect")
    elif any(annotations[key].text == value for key, value in _ANSWERS_PLAIN):
        verdict.violated(ingress, "serves plain HTTP: an annotation switches the redirect off")
    elif not listeners and (bare := _without_tls(ingress["spec"]["rules"], tls)):
        verdict.violated(ingress, f"serves plain HTTP: {bare.path} is covered by no entry of spec.tls")


def _without_tls(rules: Property, tls: Property) -> Property | None:
    """Return the first rule whose host has no certificate; an entry without hosts applies to all."""
    entries = list(tls.elements())
    if any(not list(each["hosts"].elements()) for each in entries):
        return None
    hosts = [host for each in entries for host in each["hosts"].elements()]
    named = {each.text for each in hosts}
    wild = {each.partition(".")[2] for each in named if each and each.startswith("*.")}
    for rule in [*rules.elements()] or [rules]:
        host = rule["host"]
        covered = host.text in named or (host.text or "").partition(".")[2] in wild
        if not covered and not host.unknown and not any(each.unknown for each in hosts):
            return host
    return None


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


def _evaluate_route(route: Resource, gateways: Shortlist, verdict: Verdict) -> None:
    parents, rules = route["spec"]["parentRefs"], route["spec"]["rules"]
    others = Match(Match.YES - _only_redirects(rules))
    for parent in [parents] if parents.unknown else parents.elements():
        for gateway in gateways.sharing(_known(parent["name"])):
            served = min(_hangs_on_http(route, parent, gateway), others)
            unknown = next(filter(None, (each.first_unknown for each in (parents, rules, *_listeners(gateway)))), None)
            if served is Match.MAYBE and unknown:
                verdict.undecided(route, unknown)
            elif served is not Match.NO:
                problem = "serves plain HTTP: it is attached to a listener without TLS and does more than redirect"
                verdict.violated(route, problem)
            if served is not Match.NO:
                return


def _listeners(gateway: Resource) -> list[Property]:
    listeners = gateway["spec"]["listeners"]
    return [listeners] if listeners.unknown else list(listeners.elements())


def _hangs_on_http(route: Resource, parent: Property, gateway: Resource) -> Match:
    plain = max((_is_plain(each, parent["sectionName"]) for each in _listeners(gateway)), default=Match.NO)
    return min(refers(route, parent["name"], gateway), plain)


def _is_plain(listener: Property, section: Property) -> Match:
    named = Match.YES if section.missing else same_text(section, listener["name"])
    return min(named, same_text(listener["protocol"], Property("HTTP")))


def _only_redirects(rules: Property) -> Match:
    return min(
        (_redirects(each["filters"]) for each in ([rules] if rules.unknown else rules.elements())), default=Match.NO
    )


def _redirects(filters: Property) -> Match:
    several = [filters] if filters.unknown else filters.elements()
    return max(
        (
            min(
                same_text(each["type"], Property("RequestRedirect")),
                same_text(each["requestRedirect"]["scheme"], Property("https")),
            )
            for each in several
        ),
        default=Match.NO,
    )
