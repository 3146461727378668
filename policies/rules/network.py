"""Nothing is reached but through the gateway: no database, no bucket, no port, no pod of another namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pulumi_policy import Severity

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds import buckets
from kinds.containers import WORKLOADS
from kinds.databases import DATABASES, IN_CLUSTER, INSTANCES
from kinds.documents import statements
from kinds.ingress import INGRESS, Opening


@resource_rule(
    Declaration(
        name="database-exposure",
        description="No database can be reached from the internet.",
        why="A database that the internet reaches is guarded by its passwords alone",
        clauses=("CIS AWS Foundations 3.0: 2.3.3", "AWS Foundational Security Best Practices: RDS.2"),
        types=(*DATABASES, *INSTANCES, IN_CLUSTER),
        severity=Severity.CRITICAL,
    )
)
def database_exposure(database: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge a database, copies too; one of CloudNativePG has the services that it declares."""
    safeguard = DATABASES[database.type].private if database.type in DATABASES else INSTANCES.get(database.type)
    if safeguard:
        safeguard.judge(database, verdict)
    services = database["spec"]["managed"]["services"]["additional"]
    for service in [services] if services.unknown else services.elements():
        type_ = service["serviceTemplate"]["spec"]["type"]
        if type_.unknown:
            verdict.undecided(database, type_)
        elif type_.present and type_.text not in ("ClusterIP", "ExternalName"):
            verdict.violated(database, f"can be reached from outside its cluster: {type_.path} opens it")


@stack_rule(
    Declaration(
        name="bucket-exposure",
        description="No bucket can be read by everybody; the files of a site go through its CDN only.",
        why="A bucket that everybody reads is found within hours",
        clauses=("CIS AWS Foundations 3.0: 2.1.4", "AWS Foundational Security Best Practices: S3.8"),
        types=(
            *buckets.AWS_BUCKETS, *buckets.CLOSED, buckets.POLICY, *buckets.WEBSITES, *buckets.ACLS,
            buckets.DISTRIBUTION,
        ),
        severity=Severity.CRITICAL,
    )
)  # fmt: skip
def bucket_exposure(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge what closes each bucket, and what would open one."""
    closings = buckets.Belongings(resources, buckets.CLOSING)
    distributions = {each.urn for each in resources if each.type == buckets.DISTRIBUTION}
    for each in resources:
        for safeguard in buckets.CLOSED.get(each.type, ()):
            safeguard.judge(each, verdict)
        if each.type in buckets.AWS_BUCKETS:
            _judge_closing(each, closings, verdict)
        elif each.type == buckets.ACCOUNT:
            _judge_account(each, verdict)
        elif each.type == buckets.POLICY:
            _judge_policy(each, distributions, verdict)
        elif each.type in buckets.WEBSITES:
            verdict.violated(each, "makes a site of its bucket that everybody reads past the CDN, and without TLS")
        elif each.type in buckets.ACLS and each["acl"].unknown:
            verdict.undecided(each, each["acl"])
        elif each.type in buckets.ACLS and each["acl"].text in buckets.PUBLIC_ACLS:
            verdict.violated(each, "lets everybody read its bucket: acl is a public one")


def _judge_closing(bucket: Resource, closings: buckets.Belongings, verdict: Verdict) -> None:
    if closings.of(bucket):
        return
    if closings.doubtful:
        verdict.undecided(bucket, closings.doubtful[0]["bucket"])
    else:
        verdict.violated(bucket, "can be opened to everybody: no BucketPublicAccessBlock closes it")


def _judge_account(account: Resource, verdict: Verdict) -> None:
    """Who has a key or a token is let in from the networks named only."""
    access, default = account["publicNetworkAccess"], account["networkRuleSet"]["defaultAction"]
    if access.text in ("Disabled", "SecuredByPerimeter") or default.text == "Deny":
        return
    if access.unknown or default.unknown:
        verdict.undecided(account, access if access.unknown else default)
    else:
        verdict.violated(account, f"can be reached from every network: {default.path} is not Deny")


def _judge_policy(policy: Resource, distributions: set[str], verdict: Verdict) -> None:
    text = policy["policy"]
    found = statements(text)
    if text.unknown:
        if not buckets.known_later(policy, distributions):
            verdict.undecided(policy, text)
    elif found is None:
        verdict.violated(policy, "is no policy that can be judged: policy is not a document of statements in JSON")
    elif any(buckets.lets_everybody_in(each) for each in found):
        verdict.violated(policy, "lets everybody into its bucket, past the site's own distribution")


@resource_rule(
    Declaration(
        name="open-ingress",
        description="Nothing but the gateway's ports is open to the whole internet.",
        why="Whatever the internet reaches is tried by everybody, every day",
        clauses=(
            "runbook: marketplace, 2.2",
            "CIS AWS Foundations 3.0: 5.2, 5.3",
            "CIS EKS 5.4.1",
            "AWS Foundational Security Best Practices: EC2.18",
        ),
        types=INGRESS.keys(),
        severity=Severity.CRITICAL,
        schema={
            "ports": {
                "type": "array",
                "items": {"type": "integer", "minimum": 1, "maximum": 65535},
                "default": [80, 443],
                "description": "Ports that visitors may reach from everywhere: those of the gateway.",
            }
        },
    )
)
def open_ingress(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge what lets traffic in. What goes out is another matter."""
    allowed = [int(port) for port in settings["ports"]]
    for opening in INGRESS[resource.type](resource):
        if not opening.within(allowed) or opening.unknown_port():
            _judge_opening(resource, opening, allowed, verdict)


def _judge_opening(resource: Resource, opening: Opening, allowed: Sequence[int], verdict: Verdict) -> None:
    source, port = opening.source, opening.unknown_port()
    if source.unknown:
        verdict.undecided(resource, source, opening.key)
    elif opening.everywhere and port and opening.within(allowed):
        verdict.undecided(resource, port, opening.key)
    elif opening.everywhere:
        problem = f"is open to the whole internet beyond the gateway's ports: {source.path} means every address"
        verdict.violated(resource, problem, opening.key)
    elif source.text is None:
        problem = f"lets in what nobody can tell: {source.path} is no range of addresses"
        verdict.violated(resource, problem, opening.key)


RELEASE = "kubernetes:helm.sh/v3:Release"
NETWORK_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
OPERATED = (
    IN_CLUSTER,
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster",
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana",
)
"""Objects of which an operator makes pods."""

Place = tuple[str, str]
"""Cluster and namespace."""


@stack_rule(
    Declaration(
        name="namespace-isolation",
        description="Every namespace with pods denies all traffic that no policy of it allows.",
        why="Without it one pod that is broken into reaches every other",
        clauses=("CIS Kubernetes 5.3.2", "NSA Kubernetes Hardening: network separation"),
        types=(*WORKLOADS, *OPERATED, RELEASE, NETWORK_POLICY),
        schema={
            "chartNamespaces": {
                "type": "array",
                "items": {"type": "string"},
                "default": [],
                "description": "Namespaces of the cluster's own services, whose charts say who may reach them.",
            }
        },
    )
)
def namespace_isolation(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Judge each namespace once, at the first workload in it."""
    excepted = set(settings["chartNamespaces"])
    policies = [each for each in resources if each.type == NETWORK_POLICY]
    denied: dict[Place, list[Property | None]] = defaultdict(list)
    for policy in policies:
        unknown = _unknown_denial(policy)
        if unknown or _denies_all(policy):
            denied[_place(policy)].append(unknown)
    judged: set[Place] = set()
    for workload in (each for each in resources if each.type != NETWORK_POLICY):
        place = _place(workload)
        if place in judged or place[1] in excepted:
            continue
        judged.add(place)
        _judge_isolation(workload, denied.get(place, []), verdict)


def _place(resource: Resource) -> Place:
    namespace = _namespace(resource)
    return resource.provider, "" if namespace.unknown else namespace.text or "default"


def _namespace(resource: Resource) -> Property:
    return resource["namespace"] if resource.type == RELEASE else resource["metadata"]["namespace"]


def _judge_isolation(workload: Resource, denials: Sequence[Property | None], verdict: Verdict) -> None:
    if _namespace(workload).unknown:
        verdict.undecided(workload, _namespace(workload))
    elif None in denials:
        return
    elif denials and denials[0]:
        verdict.undecided(workload, denials[0])
    else:
        verdict.violated(
            workload, "stands in a namespace that denies no traffic: no NetworkPolicy there picks all pods"
        )


def _unknown_denial(policy: Resource) -> Property | None:
    spec = policy["spec"]
    return next(filter(None, (spec[key].first_unknown for key in ("podSelector", "policyTypes"))), None)


def _denies_all(policy: Resource) -> bool:
    """For all pods both ways; names may be asked for, which is what egress to a port without a target is."""
    spec, selector = policy["spec"], policy["spec"]["podSelector"]
    everything = not selector["matchLabels"].mapping and not list(selector["matchExpressions"].elements())
    types = {each.text for each in spec["policyTypes"].elements()}
    shut = not list(spec["ingress"].elements()) and all(map(_narrow, spec["egress"].elements()))
    return everything and {"Ingress", "Egress"} <= types and shut


def _narrow(rule: Property) -> bool:
    return rule["ports"].listing and any(rule["ports"].elements())
