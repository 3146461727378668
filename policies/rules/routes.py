"""Routes from outside: whom they admit, and how long they may take."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from adapters import addresses
from adapters.gateway_listeners import ACCESS
from adapters.safeguards import EACH, every
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule

CLIENTS = "kubernetes:gateway.envoyproxy.io/v1alpha1:ClientTrafficPolicy"
STREAM = "slipway.dev/stream"
"""Annotation of limits that are of streams."""
TRAFFIC = "kubernetes:gateway.envoyproxy.io/v1alpha1:BackendTrafficPolicy"
FORWARDED = "%REQ(x-forwarded-proto)%://"
"""The scheme of the request, which is TLS where a listener has it."""
ROUTES = "routes"
"""The setting of a service that these rules ask to change."""


@resource_rule(
    Declaration(
        name="client-networks",
        description="A route that admits some networks only denies all others, and none of its networks is the internet.",
        why="A list that admits everybody looks like protection",
        clauses=("OWASP A01:2021: broken access control",),
        types=(ACCESS, CLIENTS),
    )
)
def client_networks(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the networks of clients together: several narrow ones may be the whole internet. Proxies that may say who a
    client is are known too."""
    believed = policy["spec"]["clientIPDetection"]["xForwardedFor"]["trustedCIDRs"]
    if addresses.are_wide(found for each in believed.elements() for found in addresses.networks(each.text or "") or ()):
        verdict.violated(policy, f"believes anybody who says that he is another client: {believed.path}")
    authorization = policy["spec"]["authorization"]
    rules = [authorization["rules"]] if authorization["rules"].unknown else list(authorization["rules"].elements())
    admitting = [rule["principal"]["clientCIDRs"] for rule in rules if rule["action"].text != "Deny"]
    named = [each for cidrs in admitting for each in ([cidrs] if cidrs.unknown else cidrs.elements())]
    default = authorization["defaultAction"]
    unknown = next((each for each in (authorization, default, *named) if each.unknown), None)
    ranges = [found for each in named for found in addresses.networks(each.text or "") or ()]
    if named and default.text == "Allow":
        verdict.violated(policy, "names networks of clients and admits all others: its default action is Allow", ROUTES)
    elif addresses.are_wide(ranges):
        verdict.violated(
            policy, f"admits the whole internet: {_widest(named).path}, or all of its networks together", ROUTES
        )
    elif unknown is not None:
        verdict.undecided(policy, unknown, ROUTES)
    elif wrong := next((each for each in named if addresses.networks(each.text or "") is None), None):
        verdict.violated(policy, f"names something that is no network: {wrong.path}", ROUTES)


def _widest(named: list[Property]) -> Property:
    return max(named, key=lambda each: sum(found.num_addresses for found in addresses.networks(each.text or "") or ()))


@resource_rule(
    Declaration(
        name="visitor-logins",
        description="A gateway's login of visitors asks its identity provider over TLS, keeps tokens encrypted in cookies, has its "
        "secret in a Secret, and admits nobody without an answer.",
        why="Whoever reads a token or a client's secret is any visitor",
        clauses=(
            "OAuth 2.0 Security Best Current Practice (RFC 9700): 2.6, 4.13",
            "OWASP A07:2021: authentication failures",
        ),
        types=(ACCESS,),
        severity=Severity.HIGH,
    )
)
def visitor_logins(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check where a login sends codes, tokens and visitors, and how it keeps them."""
    for passed in _passed(policy["spec"]):
        verdict.violated(policy, f"admits visitors who did not log in: {passed.path}", ROUTES)
    for keys in every(policy.properties, ("spec", "jwt", "providers", EACH, "remoteJWKS", "uri")):
        if keys.text is not None and not keys.text.startswith("https://"):
            verdict.violated(policy, f"asks for the keys of tokens without TLS: {keys.path}", ROUTES)
    login = policy["spec"]["oidc"]
    if login.missing:
        return
    named = login["provider"]
    addresses_of = [named[key] for key in ("issuer", "authorizationEndpoint", "tokenEndpoint", "endSessionEndpoint")]
    addresses_of.append(login["redirectURL"])
    for each in addresses_of:
        if each.text is not None and not each.text.startswith(("https://", FORWARDED)):
            verdict.violated(policy, f"sends its visitors or their tokens without TLS: {each.path}", ROUTES)
            return
    plain, secret = login["disableTokenEncryption"], login["clientSecret"]["name"]
    unknown = next((each for each in (login, named, *addresses_of, plain, secret) if each.unknown), None)
    if plain.value is True:
        verdict.violated(policy, f"keeps tokens in cookies that everybody can read: {plain.path}", ROUTES)
    elif unknown is not None:
        verdict.undecided(policy, unknown, ROUTES)
    elif not secret.text:
        verdict.violated(policy, f"names no Secret with its client's secret: {login.path}.clientSecret", ROUTES)


def _passed(spec: Property) -> Iterator[Property]:
    """Return the settings by which a visitor needs no login, or by which every site acts as one who has it."""
    yield from (each for each in (spec["extAuth"]["failOpen"], spec["jwt"]["optional"]) if each.value is True)
    origins = spec["cors"]["allowOrigins"]
    if spec["cors"]["allowCredentials"].value is True:
        yield from (each for each in origins.elements() if (each.text or "").rpartition("//")[2] == "*")


@resource_rule(
    Declaration(
        name="route-timeouts",
        description="Every route has a timeout, or is a stream on purpose.",
        why="Requests without an end pile up in proxies and services until these fail",
        clauses=("Google SRE book: addressing cascading failures, deadlines",),
        types=(TRAFFIC,),
        severity=Severity.LOW,
        is_advice=True,
    )
)
def route_timeouts(policy: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check the time limit of responses; zero means none, as streams have on purpose, and so does a missing
    one where the route has none."""
    limit = policy["spec"]["timeout"]["http"]["requestTimeout"]
    if limit.unknown:
        verdict.undecided(policy, limit, ROUTES)
    elif limit.missing:
        verdict.violated(policy, "sets no timeout for responses", ROUTES)
    elif (not limit.text or not limit.text.strip("0hms")) and policy["metadata"]["annotations"][STREAM].text != "true":
        verdict.violated(policy, "has no timeout for responses: its requests may last for ever", ROUTES)
