"""Logs are gathered, masked, kept long enough to look into an incident, and deleted when their time is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from frame import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule
from kinds.cluster_objects import Match, same_place
from kinds.logs import (
    AGENT_CHART,
    CARRIERS,
    CONFIG_MAP,
    ELASTICSEARCH,
    EXPORTS,
    KEEPERS,
    RELEASE,
    Agent,
    Group,
    carries,
    cluster_of,
    days_of,
    requests,
)
from kinds.pods import LABELS


@resource_rule(
    Declaration(
        name="log-retention",
        description="All logs are kept for a time that is set, neither too short nor for ever.",
        why="An incident is found weeks after it began; and what is kept for ever is paid, and leaks, for ever",
        clauses=(
            "AWS Foundational Security Best Practices: CloudWatch.16",
            "runbook: marketplace, 7.2: log retention policies",
        ),
        types=KEEPERS.keys(),
        schema={
            "minimumDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3650,
                "default": 30,
                "description": "Days that any log is kept at least.",
            },
            "maximumDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3650,
                "default": 730,
                "description": "Days that any log is kept at most.",
            },
        },
    )
)
def log_retention(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Judge one keeper of logs, or each policy that Elasticsearch is told."""
    keeper = KEEPERS[resource.type]
    lowest, highest = int(settings["minimumDays"]), int(settings["maximumDays"])
    for retention in keeper.retentions(resource):
        days = days_of(retention)
        if retention.unknown:
            verdict.undecided(resource, retention)
        elif days is None or days < 1:
            problem = f"keeps logs for ever: {retention.path} is no number of days"
            verdict.violated(resource, f"{problem}; see {keeper.setting}")
        elif not lowest <= days <= highest:
            problem = f"keeps logs for {days} days by {retention.path}, not for {lowest} to {highest}"
            verdict.violated(resource, f"{problem}; see {keeper.setting}")


WHY_AUDIT = "Without them nobody can say afterwards who changed, read or tried what"


@resource_rule(
    Declaration(
        name="audit-logs",
        description="Clusters and databases send the logs that tell who did what.",
        why=WHY_AUDIT,
        clauses=("CIS EKS 2.1.1", "AWS Foundational Security Best Practices: EKS.8, RDS.9, DocumentDB.4"),
        types=EXPORTS.keys(),
    )
)
def audit_logs(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Judge what a resource says that it sends."""
    exports = EXPORTS[resource.type]
    sent = resource[exports.property]
    _judge_sent(resource, [sent] if sent.unknown else list(sent.elements()), exports.needed, verdict)


@stack_rule(
    Declaration(
        name="audit-log-settings",
        description="Networks, clusters and databases have something that sends the logs of who did what.",
        why=WHY_AUDIT,
        clauses=("CIS AWS 3.0.0: 3.7", "CIS AKS 2.1.1", "AWS Foundational Security Best Practices: EC2.6"),
        types=(*CARRIERS, *{each.type for each in CARRIERS.values()}),
    )
)
def audit_log_settings(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each resource whose logs another sends, with all that may."""
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        by_type[each.type].append(each)
    for kind, carrier in CARRIERS.items():
        others = {each.urn for each in resources if each.type in CARRIERS}
        for subject in by_type[kind]:
            matches = {each: carries(each, carrier.link, subject, others) for each in by_type[carrier.type]}
            found = [name for each, match in matches.items() if match is Match.YES for name in carrier.sent(each)]
            doubt = [each[carrier.link] for each, match in matches.items() if match is Match.MAYBE]
            _judge_sent(subject, [*found, *doubt], carrier.needed, verdict)


def _judge_sent(resource: Resource, sent: Sequence[Property], needed: Sequence[Group], verdict: Verdict) -> None:
    names = {each.text for each in sent}
    missing = [group for group in needed if names.isdisjoint(group)]
    unknown = next((each for each in sent if each.unknown), None)
    if missing and unknown:
        verdict.undecided(resource, unknown)
    elif missing:
        logs = ", ".join(group[0] for group in missing)
        verdict.violated(resource, f"does not send its logs: {logs}")


CLUSTERS = ("aws:eks/cluster:Cluster", "azure-native:containerservice:ManagedCluster")
JUDGED = TEMPLATES, PLANS = "/_index_template/", "/_slm/policy/"


@stack_rule(
    Declaration(
        name="log-lifecycle",
        description="Elasticsearch deletes old logs by a policy, and copies the others every night.",
        why="Indices without an end fill the disks until Elasticsearch takes no line; lost disks take all lines along",
        clauses=("Elasticsearch: index and snapshot lifecycle management",),
        types=(ELASTICSEARCH, CONFIG_MAP, *CLUSTERS),
    )
)
def log_lifecycle(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each Elasticsearch by what it is told. Copies are asked for where the plan has a cluster on a cloud, whose
    pods have an identity to write to a bucket with."""
    on_cloud = any(each.type in CLUSTERS for each in resources)
    configs = [each for each in resources if each.type == CONFIG_MAP]
    for search in (each for each in resources if each.type == ELASTICSEARCH):
        near = [each for each in configs if same_place(search, each) is not Match.NO]
        told = {path: body for each in near for path, body in requests(each).items()}
        unknown = next((each["data"]["requests"] for each in near if each["data"]["requests"].unknown), None)
        problems = list(_lifecycle(told, copied=on_cloud))
        for problem in problems if unknown is None else []:
            verdict.violated(search, problem)
        if problems and unknown is not None:
            verdict.undecided(search, unknown)
        for body in (body for path, body in told.items() if body.unknown and path.startswith(JUDGED)):
            verdict.undecided(search, body)


def _lifecycle(told: dict[str, Property], *, copied: bool) -> Iterator[str]:
    templates = [body for path, body in told.items() if path.startswith(TEMPLATES)]
    if not templates:
        yield "is told of no template, so its indices have no end"
    for template in (each for each in templates if not each.unknown):
        policy = template["template"]["settings"]["index.lifecycle.name"]
        if f"/_ilm/policy/{policy.text}" not in told:
            yield f"keeps indices without an end: {template.path} names no policy that it is told"
    plans = [body for path, body in told.items() if path.startswith(PLANS)]
    if copied and not any(each.unknown or _copies(each, told) for each in plans):
        yield "is told of no snapshots that go to a repository and are deleted in time"


def _copies(plan: Property, told: dict[str, Property]) -> bool:
    kept = days_of(plan["retention"]["expire_after"]) is not None
    return kept and plan["schedule"].text is not None and f"/_snapshot/{plan['repository'].text}" in told


SERVED_BY = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
)


@stack_rule(
    Declaration(
        name="service-logs",
        description="What every workload writes is gathered on its node, and masked before it is kept.",
        why="A pod's lines are gone with the pod; and lines hold passwords and personal data more often than anyone plans",
        clauses=("runbook: marketplace, 7.2: deploy logging stack", "OWASP Logging Cheat Sheet: data to exclude"),
        types=(*SERVED_BY, RELEASE),
    )
)
def service_logs(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Judge each workload with the agents of its cluster, and each agent by the way that lines take in it."""
    agents: dict[str, list[Agent]] = defaultdict(list)
    for release in (each for each in resources if each.type == RELEASE and each["chart"].text == AGENT_CHART):
        agents[cluster_of(release)].append(Agent(release))
        _judge_agent(Agent(release), verdict)
    for workload in (each for each in resources if each.type in SERVED_BY):
        labels, namespace = LABELS[workload.type](workload), workload["metadata"]["namespace"]
        own = agents[cluster_of(workload)]
        match = max((each.gathers(labels, namespace) for each in own), default=Match.NO)
        if match is Match.MAYBE:
            verdict.undecided(workload, _unknown(own, labels, namespace))
        elif match is Match.NO:
            verdict.violated(workload, "is read by no agent: what its pods write is gone with them")


def _judge_agent(agent: Agent, verdict: Verdict) -> None:
    unknown = next((agent.config[key] for key in ("sinks", "transforms") if agent.config[key].unknown), None)
    if unknown:
        verdict.undecided(agent.release, unknown)
    for sink in agent.unmasked():
        verdict.violated(agent.release, f"sends lines of pods to {sink} without masking them")


def _unknown(agents: Sequence[Agent], labels: Property, namespace: Property) -> Property:
    configs = [each.config["sources"] for each in agents]
    return next(found for each in (labels, namespace, *configs) if (found := each.first_unknown))
