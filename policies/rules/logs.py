"""Logs are collected, masked, retained long enough for investigations, and then deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from adapters import clouds, elsewhere, referenced_clusters, tags
from adapters.clouds.contract import Group
from adapters.cluster_objects import Match, same_place
from adapters.local_accounts import CLUSTERS
from adapters.log_collection import (
    CARRIERS,
    CONFIG_MAP,
    ELASTICSEARCH,
    EXPORTS,
    LOG_STORES,
    RELEASE,
    Agent,
    carries,
    cluster_of,
    days_of,
    is_agent,
    requests,
)
from adapters.pod_templates import LABELS
from framework import Declaration, Property, Resource, Settings, Verdict, resource_rule, stack_rule


@resource_rule(
    Declaration(
        name="log-retention",
        description="All logs have a retention within the stack's bounds.",
        why="Incidents are found weeks after they began; logs without an end cost money and can leak for ever",
        clauses=(
            "runbook: marketplace, 7.2: log retention policies",
            *clouds.clauses("log-retention"),
        ),
        types=LOG_STORES.keys(),
        schema={
            "minimumDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3650,
                "default": 30,
                "description": "Minimum retention of logs, in days.",
            },
            "maximumDays": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3650,
                "default": 730,
                "description": "Maximum retention of logs, in days.",
            },
        },
    )
)
def log_retention(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check one log store, or each lifecycle policy of Elasticsearch."""
    log_store = LOG_STORES[resource.type]
    lowest, highest = int(settings["minimumDays"]), int(settings["maximumDays"])
    key = log_store.key if tags.is_of_cluster(resource) else ""
    for retention in log_store.retentions(resource):
        days = days_of(retention)
        if retention.unknown:
            verdict.undecided(resource, retention)
        elif days is None or days < 1:
            problem = f"retains logs for ever: {retention.path} is not a number of days"
            verdict.violated(resource, f"{problem}; see {log_store.setting}", key, lowest)
        elif not lowest <= days <= highest:
            problem = f"retains logs for {days} days by {retention.path}, not for {lowest} to {highest}"
            verdict.violated(resource, f"{problem}; see {log_store.setting}", key, lowest if days < lowest else None)


LOGGED = clouds.alone("audit-logs")
WHY_AUDIT = "Without them nobody can find out afterwards who changed or read what"


@resource_rule(
    Declaration(
        name="audit-logs",
        description="Clusters and databases export audit logs.",
        why=WHY_AUDIT,
        clauses=clouds.clauses("audit-logs"),
        types=(*EXPORTS, *LOGGED),
    )
)
def audit_logs(resource: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check the logs that a resource exports, or the parameters by which a database writes them."""
    if resource.type in LOGGED:
        LOGGED[resource.type](resource, settings, verdict)
        return
    exports = EXPORTS[resource.type]
    sent = resource[exports.property]
    _evaluate_sent(resource, [sent] if sent.unknown else list(sent.elements()), exports.needed, verdict)


@stack_rule(
    Declaration(
        name="audit-log-settings",
        description="Networks, clusters and databases have flow logs or diagnostic settings for audit logs.",
        why=WHY_AUDIT,
        clauses=clouds.clauses("audit-log-settings"),
        types=(*CARRIERS, *{each.type for each in CARRIERS.values()}),
    )
)
def audit_log_settings(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each resource whose logs another resource exports, with all candidates."""
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        by_type[each.type].append(each)
    for kind, carrier in CARRIERS.items():
        others = {each.urn for each in resources if each.type in CARRIERS}
        for subject in by_type[kind]:
            matches = {each: carries(each, carrier.link, subject, others) for each in by_type[carrier.type]}
            found = [name for each, match in matches.items() if match is Match.YES for name in carrier.sent(each)]
            doubt = [each[carrier.link] for each, match in matches.items() if match is Match.MAYBE]
            _evaluate_sent(subject, [*found, *doubt], carrier.needed, verdict)


def _evaluate_sent(resource: Resource, sent: Sequence[Property], needed: Sequence[Group], verdict: Verdict) -> None:
    names = {each.text for each in sent}
    missing = [group for group in needed if names.isdisjoint(group)]
    unknown = next((each for each in sent if each.unknown), None)
    if missing and unknown:
        verdict.undecided(resource, unknown)
    elif missing:
        logs = ", ".join(group[0] for group in missing)
        verdict.violated(resource, f"does not send its logs: {logs}")


JUDGED = TEMPLATES, PLANS = "/_index_template/", "/_slm/policy/"


@stack_rule(
    Declaration(
        name="log-lifecycle",
        description="Elasticsearch has a lifecycle policy and nightly snapshots.",
        why="Indices without a lifecycle fill the disks until Elasticsearch stops; without snapshots, lost disks lose all logs",
        clauses=("Elasticsearch: index and snapshot lifecycle management",),
        types=(ELASTICSEARCH, CONFIG_MAP, *CLUSTERS),
    )
)
def log_lifecycle(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each Elasticsearch with its configuration. Snapshots are required if the cluster is on a cloud, where pods
    have an identity for a bucket."""
    on_cloud = any(each.type in CLUSTERS for each in resources)
    configs = [each for each in resources if each.type == CONFIG_MAP]
    for search in (each for each in resources if each.type == ELASTICSEARCH):
        near = [each for each in configs if same_place(search, each) is not Match.NO]
        bodies = {path: body for each in near for path, body in requests(each).items()}
        unknown = next((each["data"]["requests"] for each in near if each["data"]["requests"].unknown), None)
        problems = list(_lifecycle(bodies, copied=on_cloud))
        for problem in problems if unknown is None else []:
            verdict.violated(search, problem)
        if problems and unknown is not None:
            verdict.undecided(search, unknown)
        for body in (body for path, body in bodies.items() if body.unknown and path.startswith(JUDGED)):
            verdict.undecided(search, body)


def _lifecycle(bodies: dict[str, Property], *, copied: bool) -> Iterator[str]:
    templates = [body for path, body in bodies.items() if path.startswith(TEMPLATES)]
    if not templates:
        yield "gets no index template, so its indices are never deleted"
    for template in (each for each in templates if not each.unknown):
        policy = template["template"]["settings"]["index.lifecycle.name"]
        if f"/_ilm/policy/{policy.text}" not in bodies:
            yield f"never deletes its indices: {template.path} names no lifecycle policy that it gets"
    plans = [body for path, body in bodies.items() if path.startswith(PLANS)]
    if copied and not any(each.unknown or _copies(each, bodies) for each in plans):
        yield "gets no snapshot policy with a repository and a retention"


def _copies(plan: Property, bodies: dict[str, Property]) -> bool:
    kept = days_of(plan["retention"]["expire_after"]) is not None
    return kept and plan["schedule"].text is not None and f"/_snapshot/{plan['repository'].text}" in bodies


SERVED_BY = (
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:apps/v1:DaemonSet",
)


@stack_rule(
    Declaration(
        name="service-logs",
        description="The logs of every workload are collected on its node and masked before they are stored.",
        why="Logs are lost with the pod, and often contain passwords and personal data",
        clauses=("runbook: marketplace, 7.2: deploy logging stack", "OWASP Logging Cheat Sheet: data to exclude"),
        types=(*SERVED_BY, RELEASE, *elsewhere.NAMESPACES, referenced_clusters.TYPE),
    )
)
def service_logs(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check each workload with the agents of its cluster, unless others collect its logs, and each agent by its pipeline."""
    collected = elsewhere.looked_after(resources, elsewhere.COLLECTED)
    agents: dict[str, list[Agent]] = defaultdict(list)
    for release in (each for each in resources if each.type == RELEASE and is_agent(each)):
        agents[cluster_of(release)].append(Agent(release))
        _evaluate_agent(Agent(release), verdict)
    shared = referenced_clusters.collecting(resources)
    for workload in (each for each in resources if each.type in SERVED_BY and not collected(each)):
        if cluster_of(workload) in shared:
            continue
        labels, namespace = LABELS[workload.type](workload), workload["metadata"]["namespace"]
        own = agents[cluster_of(workload)]
        match = max((each.gathers(labels, namespace) for each in own), default=Match.NO)
        if match is Match.MAYBE:
            verdict.undecided(workload, _unknown(own, labels, namespace))
        elif match is Match.NO:
            verdict.violated(workload, "is read by no agent: its logs are lost with its pods")


def _evaluate_agent(agent: Agent, verdict: Verdict) -> None:
    unknown = next((agent.config[key] for key in ("sinks", "transforms") if agent.config[key].unknown), None)
    if unknown:
        verdict.undecided(agent.release, unknown)
    for sink in agent.unmasked():
        verdict.violated(agent.release, f"sends logs of pods to {sink} unmasked")


def _unknown(agents: Sequence[Agent], labels: Property, namespace: Property) -> Property:
    configs = [each.config["sources"] for each in agents]
    return next(found for each in (labels, namespace, *configs) if (found := each.first_unknown))
