"""Traffic enters only through the gateway: no database, bucket, port or pod of another namespace is exposed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from pulumi_policy import Severity

from adapters import addresses, clouds
from adapters.containers import WORKLOADS
from adapters.database_types import DATABASES, IN_CLUSTER, INSTANCES
from adapters.gateway_listeners import ACCESS, openings_of
from adapters.ingress import GATEWAY, GROUPED, INGRESS, by_group, names_some
from adapters.openings import Opening, together
from adapters.safeguards import at
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule

CLOSED = clouds.alone("open-ingress")
"""Checks of what opens a network without a range."""
FIREWALLS = clouds.table(lambda cloud: cloud.firewalls)
VAULTS = clouds.alone("vault-exposure")


@resource_rule(
    Declaration(
        name="database-exposure",
        description="No database can be reached from the internet.",
        why="A database on the internet is protected by its passwords alone",
        clauses=clouds.clauses("database-exposure"),
        types=(*DATABASES, *INSTANCES, *FIREWALLS, IN_CLUSTER),
        severity=Severity.CRITICAL,
    )
)
def database_exposure(database: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a database or replica, or a rule of its firewall; for CloudNativePG the services that it declares."""
    if database.type in FIREWALLS:
        _evaluate_firewall(database, verdict)
        return
    safeguard = DATABASES[database.type].private if database.type in DATABASES else INSTANCES.get(database.type)
    if safeguard:
        safeguard.evaluate(database, verdict)
    services = database["spec"]["managed"]["services"]["additional"]
    for service in [services] if services.unknown else services.elements():
        type_ = service["serviceTemplate"]["spec"]["type"]
        if type_.unknown:
            verdict.undecided(database, type_)
        elif type_.present and type_.text not in ("ClusterIP", "ExternalName"):
            verdict.violated(database, f"can be reached from outside its cluster: {type_.path} opens it")


def _evaluate_firewall(rule: Resource, verdict: Verdict) -> None:
    """Check a range by its size; a cloud's special address represents every customer of the cloud."""
    firewall = FIREWALLS[rule.type]
    first, last = (at(rule.properties, path) for path in (firewall.first, firewall.last))
    if first.unknown or last.unknown:
        verdict.undecided(rule, first if first.unknown else last)
        return
    try:
        opened = addresses.between(first.text or "", last.text or "")
    except ValueError:
        verdict.violated(rule, f"allows an unknown range: {first.path} is not an address")
        return
    if (first.text, last.text) == ("0.0.0.0", "0.0.0.0"):
        verdict.violated(rule, "opens its database to every customer of the cloud: 0.0.0.0 means all of them")
    elif addresses.are_wide(opened):
        verdict.violated(rule, f"opens its database to the internet: {first.path} to {last.path} is too wide")


@resource_rule(
    Declaration(
        name="vault-exposure",
        description="No vault of secrets can be reached from every network.",
        why="A stolen token opens it from anywhere",
        clauses=clouds.clauses("vault-exposure"),
        types=VAULTS.keys(),
        severity=Severity.CRITICAL,
    )
)
def vault_exposure(vault: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check a vault by the networks that it admits."""
    VAULTS[vault.type](vault, settings, verdict)


@stack_rule(
    Declaration(
        name="bucket-exposure",
        description="No bucket is public; the files of a site are served through its CDN only.",
        why="A public bucket is found within hours",
        clauses=clouds.clauses("bucket-exposure"),
        types=clouds.together("bucket-exposure"),
        severity=Severity.CRITICAL,
    )
)
def bucket_exposure(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check the settings that close each bucket, and those that could open one."""
    clouds.evaluate_together("bucket-exposure", resources, settings, verdict)


PORTS = {
    "ports": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 65535},
        "default": [80, 443],
        "description": "Ports that may be open to the internet: those of the gateway.",
    }
}


@resource_rule(
    Declaration(
        name="open-ingress",
        description="Only the gateway's ports are open to the whole internet.",
        why="Every port on the internet is attacked every day",
        clauses=(
            "runbook: marketplace, 2.2",
            *clouds.clauses("open-ingress"),
        ),
        types=(*INGRESS, *CLOSED),
        severity=Severity.CRITICAL,
        schema=PORTS,
    )
)
def open_ingress(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check inbound traffic only."""
    allowed = [int(port) for port in settings["ports"]]
    if resource.type in INGRESS:
        _evaluate_openings(resource, _beyond(INGRESS[resource.type](resource), allowed), allowed, verdict)
    if resource.type in CLOSED:
        CLOSED[resource.type](resource, settings, verdict)


def _evaluate_openings(
    resource: Resource, openings: Sequence[Opening], allowed: Sequence[int], verdict: Verdict
) -> None:
    for opening in openings:
        _evaluate_opening(resource, opening, allowed, verdict)
    if (sum_of := together(openings)) and not any(each.everywhere for each in openings):
        problem = (
            f"is open to the internet beyond the gateway's ports: {sum_of.source.path} and its other ranges add up"
        )
        verdict.violated(resource, problem, sum_of.key)


def _beyond(found: Iterable[Opening], allowed: Sequence[int]) -> list[Opening]:
    """Return the openings beyond the allowed ports."""
    return [each for each in found if not each.within(allowed) or each.unknown_port()]


@stack_rule(
    Declaration(
        name="open-ingress-together",
        description="The rules of one firewall do not add up to the whole internet, and a gateway's ports for connections are open "
        "to the networks of their policies alone.",
        why="Two rules for half of the internet each open all of it, and a port without a policy admits everybody",
        clauses=clouds.clauses("open-ingress-together"),
        types=(*GROUPED, GATEWAY, ACCESS, *clouds.together("open-ingress-together")),
        severity=Severity.CRITICAL,
        schema={
            **PORTS,
            "prefixLists": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "default": [],
                "description": "Ids of prefix lists outside the stack that rules may name, once somebody has looked into them.",
            },
        },
    )
)
def open_ingress_together(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each firewall with its separate rules, and each gateway with its policies; `open-ingress` reports rules that are
    too open alone."""
    clouds.evaluate_together("open-ingress-together", resources, settings, verdict)
    allowed = [int(port) for port in settings["ports"]]
    for gateway, found in openings_of(resources):
        _evaluate_openings(gateway, _beyond(found, allowed), allowed, verdict)
    for rules in by_group(resources):
        openings = [_beyond(INGRESS[each.type](each), allowed) for each in rules]
        every = [opening for each in openings for opening in each]
        alone = any(opening.everywhere for opening in every) or any(map(together, openings))
        if not alone and together(every):
            verdict.violated(
                rules[0], "is open to the internet beyond the gateway's ports: its rules add up to all addresses"
            )


def _evaluate_opening(resource: Resource, opening: Opening, allowed: Sequence[int], verdict: Verdict) -> None:
    source, port = opening.source, opening.unknown_port()
    if source.unknown:
        verdict.undecided(resource, source, opening.key)
    elif opening.everywhere and port and opening.within(allowed):
        verdict.undecided(resource, port, opening.key)
    elif opening.everywhere:
        problem = f"is open to the whole internet beyond the gateway's ports: {source.path} means every address"
        verdict.violated(resource, problem, opening.key)
    elif source.text is None:
        problem = f"allows an unknown range: {source.path} is not a range of addresses"
        verdict.violated(resource, problem, opening.key)


RELEASE = "kubernetes:helm.sh/v3:Release"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
OPERATED = (
    IN_CLUSTER,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana",
)
"""Objects from which an operator creates pods."""

_HOUSED = frozenset((*WORKLOADS, *OPERATED, RELEASE))
"""Types with pods in their namespace."""
Place = tuple[str, str]
"""Cluster and namespace."""


@stack_rule(
    Declaration(
        name="namespace-isolation",
        description="Every namespace with pods denies all traffic by default.",
        why="Otherwise one compromised pod can reach every other",
        clauses=("CIS Kubernetes 5.3.2", "NSA Kubernetes Hardening: network separation"),
        types=(*WORKLOADS, *OPERATED, RELEASE, NETWORK_POLICY, *clouds.together("namespace-isolation")),
        schema={
            "chartNamespaces": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Namespaces of cluster services, whose charts bring their own policies.",
            }
        },
    )
)
def namespace_isolation(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check each namespace once, at its first workload."""
    clouds.evaluate_together("namespace-isolation", resources, settings, verdict)
    excepted = set(settings["chartNamespaces"])
    policies = [each for each in resources if each.type == NETWORK_POLICY]
    denied: dict[Place, list[Property | None]] = defaultdict(list)
    for policy in policies:
        unknown = _unknown_denial(policy)
        if unknown or _denies_all(policy):
            denied[_place(policy)].append(unknown)
    for policy in (each for each in policies if _place(each) in denied and _place(each)[1] not in excepted):
        if opened := _opened_again(policy):
            verdict.violated(
                policy, f"opens its namespace: {opened.path} selects every pod of the cluster, or everything"
            )
    evaluated: set[Place] = set()
    for workload in (each for each in resources if each.type in _HOUSED):
        place = _place(workload)
        if place in evaluated or place[1] in excepted:
            continue
        evaluated.add(place)
        _evaluate_isolation(workload, denied.get(place, []), verdict)


METADATA = tuple(map(ip_address, ("169.254.169.254", *clouds.types(lambda cloud: cloud.metadata))))
"""Where clouds tell a node's own credentials to whoever asks."""
MOST_PRIVATE = {4: 2**16, 6: 2**80}
"""Private addresses that a service may need to call: those of one network of a cloud, a /16, or of one site, a /48.
Source: RFC 4193, section 3.1."""
HTTPS = 443
"""TCP port. Source: RFC 9110, section 4.2.2."""
DNS = 53
"""Port of names, which a node may answer and not a pod. Source: RFC 1035, section 4.2."""
EGRESS = "egress"
"""The setting of a service that opens networks."""


@resource_rule(
    Declaration(
        name="egress-networks",
        description="Pods call private networks of at most 65,536 addresses, all addresses by HTTPS alone, and never the clouds' "
        "metadata service.",
        why="A compromised pod looks for databases and credentials in every network that it can reach",
        clauses=("NSA Kubernetes Hardening: network separation", "OWASP A10:2021: server-side request forgery"),
        types=(NETWORK_POLICY,),
        schema={
            "everywherePorts": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1, "maximum": 65535},
                "default": [HTTPS, 6443, 9000],
                "description": "Ports, besides that of DNS, at which a rule may name no target: of HTTPS, of the API servers of "
                "clusters and of stores of objects, whose addresses differ between clusters.",
            }
        },
    )
)
def egress_networks(policy: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check each range that a policy lets pods call, less its exceptions, and the ports of rules without a target, which
    are for every address and every pod. The APIs of clouds and stores of objects are anywhere, at the port of HTTPS."""
    everywhere = {DNS, *(int(port) for port in settings["everywherePorts"])}
    egress = policy["spec"]["egress"]
    for rule in [egress] if egress.unknown else egress.elements():
        peers = [rule["to"]] if rule["to"].unknown else [each for each in rule["to"].elements() if names_some(each)]
        if not peers:
            _evaluate_without_target(policy, rule, everywhere, verdict)
        for peer in peers:
            _evaluate_range(policy, peer, _is_https(rule["ports"]), verdict)


def _evaluate_without_target(policy: Resource, rule: Property, allowed: Collection[int], verdict: Verdict) -> None:
    ports = rule["ports"]
    if unknown := ports.first_unknown:
        verdict.undecided(policy, unknown, EGRESS)
    elif not _are_among(ports, allowed):
        problem = f"lets pods call every address, with the clouds' metadata service: {rule['to'].path} names no target"
        verdict.violated(policy, problem, EGRESS)


def _evaluate_range(policy: Resource, peer: Property, is_https: bool, verdict: Verdict) -> None:
    block = peer["ipBlock"]
    if unknown := block["cidr"].first_unknown or block["except"].first_unknown:
        verdict.undecided(policy, unknown, EGRESS)
    elif block.present and not (is_https and _all_addresses(peer)) and (problem := _too_much(block)):
        verdict.violated(policy, f"lets pods call {problem}: {block['cidr'].path}", EGRESS)


def _is_https(ports: Property) -> bool:
    """Return whether it is the port of HTTPS alone, at which there is no metadata service."""
    return _are_among(ports, {HTTPS})


def _are_among(ports: Property, allowed: Collection[int]) -> bool:
    """Return whether there are ports, and none but allowed ones; no port means every port."""
    found = list(ports.elements())
    return bool(found) and all(each["port"].whole_number in allowed and each["endPort"].missing for each in found)


def _too_much(block: Property) -> str:
    """Return what of a range is too much; empty if nothing is."""
    ranges = addresses.networks(block["cidr"].text or "")
    holes = [found for each in block["except"].elements() for found in addresses.networks(each.text or "") or ()]
    if ranges is None:
        return "something that is no range of addresses"
    if any(_holds(ranges, each) and not _holds(holes, each) for each in METADATA):
        return "the clouds' metadata service"
    if any(addresses.private(ranges, holes, version) > most for version, most in MOST_PRIVATE.items()):
        return "more private addresses than one network has"
    return ""


def _holds(ranges: Iterable[addresses.Network], address: IPv4Address | IPv6Address) -> bool:
    return any(address in each for each in ranges)


def _place(resource: Resource) -> Place:
    namespace = _namespace(resource)
    return resource.provider, "" if namespace.unknown else namespace.text or "default"


def _namespace(resource: Resource) -> Property:
    return resource["namespace"] if resource.type == RELEASE else resource["metadata"]["namespace"]


def _evaluate_isolation(workload: Resource, denials: Sequence[Property | None], verdict: Verdict) -> None:
    if _namespace(workload).unknown:
        verdict.undecided(workload, _namespace(workload))
    elif None in denials:
        return
    elif denials and denials[0]:
        verdict.undecided(workload, denials[0])
    else:
        verdict.violated(workload, "is in a namespace that denies no traffic: no NetworkPolicy there selects all pods")


def _unknown_denial(policy: Resource) -> Property | None:
    spec = policy["spec"]
    return next(filter(None, (spec[key].first_unknown for key in ("podSelector", "policyTypes"))), None)


def _opened_again(policy: Resource) -> Property | None:
    """Return the peer that opens a policy too far: policies add up, so no policy can deny what another one allows. Rules
    without peers are for `open-ingress` and `egress-networks`."""
    for way, key in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"][way].elements():
            leaves = way == "egress" and not rule["ports"].unknown and not list(rule["ports"].elements())
            for peer in rule[key].elements():
                if _all_pods(peer) or (leaves and _all_addresses(peer)):
                    return peer
    return None


def _all_pods(peer: Property) -> bool:
    """Return whether it selects every namespace and every pod, or all but some."""
    spaces, pods = peer["namespaceSelector"], peer["podSelector"]
    return spaces.present and _picks_all(spaces) and (pods.missing or _picks_all(pods))


NAMED = "kubernetes.io/metadata.name"
"""The label that every namespace has. Source: Kubernetes, automatic labelling."""


def _picks_all(selector: Property) -> bool:
    """Return whether nothing that it asks for is a label that only some have."""
    if selector.first_unknown:
        return False
    return not selector["matchLabels"].mapping and all(map(_excludes, selector["matchExpressions"].elements()))


def _excludes(expression: Property) -> bool:
    operator = expression["operator"].text
    return operator in ("NotIn", "DoesNotExist") or (operator == "Exists" and expression["key"].text == NAMED)


def _all_addresses(peer: Property) -> bool:
    return addresses.are_wide(addresses.networks(peer["ipBlock"]["cidr"].text or "") or ())


def _denies_all(policy: Resource) -> bool:
    """Return whether it denies all pods in both directions; DNS is allowed, which is egress to a port without a target."""
    spec, selector = policy["spec"], policy["spec"]["podSelector"]
    everything = not selector["matchLabels"].mapping and not list(selector["matchExpressions"].elements())
    types = {each.text for each in spec["policyTypes"].elements()}
    shut = not list(spec["ingress"].elements()) and all(map(_narrow, spec["egress"].elements()))
    return everything and {"Ingress", "Egress"} <= types and shut


def _narrow(rule: Property) -> bool:
    return rule["ports"].listing and any(rule["ports"].elements())
