"""Data can be read by whom it is meant for only, where it lies and on its way."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds import buckets, encryption
from kinds.cluster_objects import Match, Shortlist, refers, same_text
from kinds.databases import DATABASES
from kinds.safeguards import at


@resource_rule(
    Declaration(
        name="encryption-at-rest",
        description="Every database, bucket, volume and queue, and every cluster's secrets, are encrypted where they lie.",
        why="A disk, a snapshot or a backup that gets into other hands is readable otherwise",
        clauses=(
            "runbook: marketplace, 2.2",
            "runbook: smartwallet, data encryption is enabled",
            "CIS AWS Foundations 3.0: 2.2.1, 2.3.1, 2.4.1",
            "CIS EKS 5.3.1",
            "AWS Foundational Security Best Practices: RDS.3, DocumentDB.1",
        ),
        types=(*encryption.AT_REST, *encryption.ENCRYPTIONS, encryption.CLUSTER, encryption.STORAGE_CLASS),
        severity=Severity.CRITICAL,
    )
)
def encryption_at_rest(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge what a cloud does not encrypt by itself."""
    for safeguard in encryption.AT_REST.get(resource.type, ()):
        safeguard.judge(resource, verdict)
    if resource.type in encryption.ENCRYPTIONS:
        _judge_bucket(resource, verdict)
    elif resource.type == encryption.CLUSTER:
        _judge_secrets(resource, verdict)
    elif resource.type == encryption.STORAGE_CLASS:
        _judge_storage(resource, verdict)


def _judge_bucket(configuration: Resource, verdict: Verdict) -> None:
    rules = configuration["rules"]
    for rule in [rules] if rules.unknown else rules.elements():
        encryption.ALGORITHM.judge(configuration, verdict, at(rule, encryption.ALGORITHM.path))
    if not rules.unknown and not any(rules.elements()):
        verdict.violated(configuration, "encrypts nothing: rules is no list of them")


def _judge_secrets(cluster: Resource, verdict: Verdict) -> None:
    resources = cluster["encryptionConfig"]["resources"]
    encryption.CLUSTER_KEY.judge(cluster, verdict)
    if resources.first_unknown:
        verdict.undecided(cluster, resources.first_unknown)
    elif cluster["encryptionConfig"].present and not any(each.text == "secrets" for each in resources.elements()):
        verdict.violated(cluster, f"keeps secrets without a key of its own: {resources.path} does not hold secrets")


def _judge_storage(storage: Resource, verdict: Verdict) -> None:
    provisioner = storage["provisioner"]
    safeguard = encryption.PROVISIONERS.get(provisioner.text or "")
    if provisioner.unknown:
        verdict.undecided(storage, provisioner)
    elif safeguard:
        safeguard.judge(storage, verdict)


@resource_rule(
    Declaration(
        name="encryption-in-transit",
        description="Whatever talks over a network talks TLS 1.2 or later.",
        why="What travels in plain text, or under a broken cipher, is read and altered on its way",
        clauses=(
            "runbook: marketplace, SSL/TLS",
            "CIS Azure Foundations 2.1: 3.1, 3.15, 4.3.1",
            "AWS Foundational Security Best Practices: CloudFront.3, CloudFront.10, RDS.38",
        ),
        types=(
            *encryption.IN_TRANSIT,
            *encryption.PARAMETER_GROUPS,
            *encryption.GROUPED,
            encryption.CONFIGURATION,
        ),
        severity=Severity.HIGH,
    )
)
def encryption_in_transit(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge whoever answers, and whoever asks an origin."""
    for safeguard in encryption.IN_TRANSIT.get(resource.type, ()):
        safeguard.judge(resource, verdict)
    if resource.type == buckets.DISTRIBUTION:
        _judge_distribution(resource, verdict)
    elif resource.type in encryption.PARAMETER_GROUPS:
        _judge_parameters(resource, verdict)
    elif resource.type in encryption.GROUPED:
        _judge_defaults(resource, verdict)
    elif resource.type == encryption.CONFIGURATION:
        _judge_configuration(resource, verdict)


def _judge_distribution(distribution: Resource, verdict: Verdict) -> None:
    for behaviour in encryption.behaviours(distribution):
        encryption.VIEWERS.judge(distribution, verdict, at(behaviour, encryption.VIEWERS.path))
    for way in encryption.servers(distribution):
        encryption.ORIGIN.judge(distribution, verdict, at(way, encryption.ORIGIN.path))
        if not way.unknown:
            _judge_versions(distribution, way["originSslProtocols"], verdict)


def _judge_versions(distribution: Resource, versions: Property, verdict: Verdict) -> None:
    for version in list(versions.elements()) or [versions]:
        encryption.ORIGIN_VERSION.judge(distribution, verdict, version)


def _judge_parameters(group: Resource, verdict: Verdict) -> None:
    family = group["family"]
    forcing = encryption.forced(family.text or "", server=group.type == encryption.PARAMETER_GROUPS[0])
    if family.unknown:
        verdict.undecided(group, family)
    elif forcing:
        safeguard, value = encryption.parameter(group, forcing[0], by_default=forcing[1])
        safeguard.judge(group, verdict, value)


def _judge_defaults(database: Resource, verdict: Verdict) -> None:
    """Judge one without parameters of its own; a copy has those of its source."""
    group, engine, version = database[encryption.GROUPED[database.type]], database["engine"], database["engineVersion"]
    forcing = encryption.forced(f"{engine.text or ''}{version.text or ''}", server="instance" in database.type)
    if group.present or DATABASES[database.type].copy(database).present or (forcing and forcing[1]):
        return
    if engine.unknown or (forcing and version.unknown):
        verdict.undecided(database, engine if engine.unknown else version)
    elif forcing:
        verdict.violated(database, f"can be talked to without TLS by default: {group.path} is not set", "version")


def _judge_configuration(configuration: Resource, verdict: Verdict) -> None:
    name = configuration["configurationName"]
    safeguard = encryption.CONFIGURED.get(name.text or "")
    if name.unknown:
        verdict.undecided(configuration, name)
    elif safeguard:
        safeguard.judge(configuration, verdict)


GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"


@stack_rule(
    Declaration(
        name="plain-http",
        description="Nothing is served in plain HTTP: buckets refuse it, gateways only redirect it.",
        why="A request without TLS has told its secrets before anything can answer",
        clauses=(
            "runbook: marketplace, SSL/TLS",
            "CIS AWS Foundations 3.0: 2.1.1",
            "AWS Foundational Security Best Practices: S3.5",
        ),
        types=(*buckets.AWS_BUCKETS, buckets.POLICY, buckets.DISTRIBUTION, GATEWAY, ROUTE),
    )
)
def plain_http(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each bucket with its policy, each route with the listeners that it hangs on."""
    policies = buckets.Belongings(resources, buckets.POLICY)
    distributions = {each.urn for each in resources if each.type == buckets.DISTRIBUTION}
    for bucket in (each for each in resources if each.type in buckets.AWS_BUCKETS):
        _judge_bucket_policy(bucket, policies, distributions, verdict)
    found = [each for each in resources if each.type == GATEWAY]
    gateways = Shortlist(found, [_known(each["metadata"]["name"]) or () for each in found])
    for route in (each for each in resources if each.type == ROUTE):
        _judge_route(route, gateways, verdict)


def _judge_bucket_policy(
    bucket: Resource, policies: buckets.Belongings, distributions: set[str], verdict: Verdict
) -> None:
    own = policies.of(bucket)
    unknown = [each for each in own if each["policy"].unknown]
    if any(buckets.refuses_plain_http(each["policy"]) for each in own):
        return
    if any(buckets.known_later(each, distributions) for each in unknown):
        return
    if unknown or (policies.doubtful and not own):
        verdict.undecided(bucket, unknown[0]["policy"] if unknown else policies.doubtful[0]["bucket"])
    else:
        verdict.violated(bucket, "answers plain HTTP: no policy of it denies what comes without TLS")


def _known(name: Property) -> list[str] | None:
    return None if name.text is None else [name.text]


def _judge_route(route: Resource, gateways: Shortlist, verdict: Verdict) -> None:
    parents, rules = route["spec"]["parentRefs"], route["spec"]["rules"]
    others = Match(Match.YES - _only_redirects(rules))
    for parent in [parents] if parents.unknown else parents.elements():
        for gateway in gateways.sharing(_known(parent["name"])):
            served = min(_hangs_on_http(route, parent, gateway), others)
            unknown = next(filter(None, (each.first_unknown for each in (parents, rules, *_listeners(gateway)))), None)
            if served is Match.MAYBE and unknown:
                verdict.undecided(route, unknown)
            elif served is not Match.NO:
                problem = "serves plain HTTP: it hangs on a listener without TLS and does not only redirect"
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
