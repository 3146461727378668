"""What each target would say of the objects of a plan, without asking it: names, sizes, numbers, and no two of one name."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from slipway.rehearsal import Plan
from slipway.rehearsal.plan import UNKNOWN
from slipway.scanners.charts import crd_validation
from slipway.settings.limits import most

LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
RDS = r"[a-z](-?[a-z0-9])*"
WORD = r"[A-Za-z0-9][A-Za-z0-9_-]*"
LABEL_VALUE = r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?"

NAMES = {
    "Namespace": (LABEL, "kubernetes namespace"),
    "Service": (r"[a-z]([a-z0-9-]*[a-z0-9])?", "kubernetes service"),
    "Job": (SUBDOMAIN, "kubernetes job"),
    "CronJob": (SUBDOMAIN, "kubernetes cron job"),
    "StatefulSet": (SUBDOMAIN, "kubernetes stateful set"),
    "RabbitmqCluster": (LABEL, "rabbitmq cluster"),
    "Cluster": (LABEL, "cloudnative-pg cluster"),
}
"""By kind; all others are DNS subdomains."""

CLOUD_NAMES = {
    ("aws:rds/instance:Instance", "identifier"): (RDS, "rds identifier"),
    ("aws:rds/instance:Instance", "finalSnapshotIdentifier"): (RDS, "aws tag value"),
    ("aws:docdb/cluster:Cluster", "clusterIdentifier"): (RDS, "rds identifier"),
    ("aws:docdb/clusterInstance:ClusterInstance", "identifier"): (RDS, "rds identifier"),
    ("aws:rds/proxy:Proxy", "name"): (RDS, "rds proxy"),
    ("aws:rds/parameterGroup:ParameterGroup", "name"): (RDS, "aws tag value"),
    ("aws:rds/subnetGroup:SubnetGroup", "name"): (RDS, "aws tag value"),
    ("aws:eks/cluster:Cluster", "name"): (WORD, "aws budget"),
    ("aws:iam/role:Role", "name"): (r"[\w+=,.@-]+", "iam role"),
    ("aws:iam/rolePolicy:RolePolicy", "name"): (r"[\w+=,.@-]+", "iam policy"),
    ("aws:backup/vault:Vault", "name"): (WORD, "cluster"),
    ("aws:backup/plan:Plan", "name"): (r"[\w.-]+", "backup plan"),
    ("aws:backup/selection:Selection", "name"): (r"[\w.-]+", "backup plan"),
    ("aws:backup/restoreTestingPlan:RestoreTestingPlan", "name"): (r"\w+", "backup plan"),
    ("aws:backup/restoreTestingSelection:RestoreTestingSelection", "name"): (r"\w+", "backup plan"),
    ("aws:elasticache/replicationGroup:ReplicationGroup", "replicationGroupId"): (RDS, "elasticache id"),
    ("aws:elasticache/user:User", "userId"): (RDS, "elasticache id"),
    ("aws:elasticache/userGroup:UserGroup", "userGroupId"): (RDS, "elasticache id"),
    ("azure-native:redisenterprise:RedisEnterprise", "clusterName"): (RDS, "azure cache"),
    ("aws:sqs/queue:Queue", "name"): (r"[\w-]+(\.fifo)?", "sqs queue"),
    ("aws:sns/topic:Topic", "name"): (r"[\w-]+(\.fifo)?", "sns topic"),
    ("azure-native:servicebus:Namespace", "namespaceName"): (r"(?=.{6})[A-Za-z](-?[A-Za-z0-9])*", "azure service bus"),
    ("azure-native:servicebus:Queue", "queueName"): (r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", "azure service bus queue"),
    ("azure-native:servicebus:Topic", "topicName"): (r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", "azure service bus queue"),
    ("azure-native:servicebus:Subscription", "subscriptionName"): (
        r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?",
        "azure service bus subscription",
    ),
    ("aws:mq/broker:Broker", "brokerName"): (r"[\w-]+", "mq broker"),
    ("aws:s3/bucket:Bucket", "bucket"): (r"(?!xn--)[a-z0-9][a-z0-9-]+[a-z0-9]", "s3 bucket"),
    ("aws:ecr/repository:Repository", "name"): (r"[a-z0-9]+([._/-][a-z0-9]+)*", "ecr repository"),
    ("aws:budgets/budget:Budget", "name"): (r"[^:\\]+", "aws budget"),
    ("aws:cloudfront/function:Function", "name"): (r"[\w-]+", "cloudfront name"),
    ("aws:cloudfront/keyValueStore:KeyValueStore", "name"): (r"[\w-]+", "cloudfront name"),
    ("aws:acm/certificate:Certificate", "domainName"): (SUBDOMAIN, "aws certificate"),
    ("azure-native:containerservice:ManagedCluster", "resourceName"): (WORD, "azure cluster"),
    ("azure-native:resources:ResourceGroup", "resourceGroupName"): (r"[\w-]+", "azure resource group"),
    ("azure-native:dbforpostgresql:Server", "serverName"): (RDS, "azure database server"),
    ("azure-native:mongocluster:MongoCluster", "mongoClusterName"): (RDS, "azure document server"),
    ("azure-native:storage:StorageAccount", "accountName"): (r"[a-z0-9]{3,}", "azure storage account"),
    ("azure-native:storage:BlobContainer", "containerName"): (r"(?=...)[a-z0-9](-?[a-z0-9])*", "azure container"),
    ("azure-native:keyvault:Vault", "vaultName"): (r"[A-Za-z](-?[A-Za-z0-9])*", "azure vault"),
    ("azure-native:keyvault:Secret", "secretName"): (r"[A-Za-z0-9-]+", "iam policy"),
    ("azure-native:dataprotection:BackupVault", "vaultName"): (r"[A-Za-z][A-Za-z0-9-]*", "azure backup vault"),
    ("azure-native:dataprotection:BackupInstance", "backupInstanceName"): (r"[A-Za-z0-9-]+", "azure backup instance"),
    ("azure-native:containerregistry:Registry", "registryName"): (r"[A-Za-z0-9]{5,}", "azure registry"),
    ("azure-native:managedidentity:UserAssignedIdentity", "resourceName"): (WORD, "azure identity"),
    ("azure-native:consumption:Budget", "budgetName"): (r"[\w-]+", "azure budget"),
}


def refusals(plan: Plan) -> list[str]:
    """Everything that some target would refuse."""
    found: list[str] = []
    for step in plan.steps:
        if step.package == "kubernetes" and "kind" in step.inputs:
            found += [f"{step.name}: {each}" for each in of_object(step.inputs)]
        elif step.state.get("custom"):
            found += [f"{step.name}: {each}" for each in _of_cloud(step.type, step.inputs)]
    return [*found, *_twice(plan)]


def of_object(found: Mapping[str, Any]) -> Iterator[str]:
    """Of one of Kubernetes."""
    metadata, kind = found["metadata"], found["kind"]
    form, limit = NAMES.get(kind, (SUBDOMAIN, "kubernetes name"))
    yield from _named(f"{kind} {metadata['name']}", metadata["name"], form, limit)
    for key, value in _labels(found if kind != "PrometheusRule" else metadata):
        yield from _named(f"{kind} {metadata['name']}: label {key}", value, LABEL_VALUE, "kubernetes label")
    annotations = metadata.get("annotations") or {}
    if len(json.dumps(annotations).encode()) > most("kubernetes annotations"):
        yield f"{kind} {metadata['name']} has too large annotations"
    size = len(json.dumps(found, ensure_ascii=False).encode())
    if size > most("kubernetes object"):
        yield f"{kind} {metadata['name']} has {size} bytes"
    if kind in ("ConfigMap", "Secret"):
        parts = [part for key in ("data", "stringData") if isinstance(part := found.get(key), Mapping)]
        data = {key: value for part in parts for key, value in part.items()}
        yield from (
            f"{kind} {metadata['name']}: key {key}" for key in data if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key)
        )
        if sum(len(key) + len(str(value).encode()) for key, value in data.items()) > most("kubernetes config map"):
            yield f"{kind} {metadata['name']} holds too much"
    if kind == "HorizontalPodAutoscaler" and not 1 <= found["spec"]["minReplicas"] <= found["spec"]["maxReplicas"]:
        yield f"{kind} {metadata['name']} has no room"
    for port in _ports(found):
        yield from _named(f"{kind} {metadata['name']}: port", port, LABEL, "kubernetes port")
    if kind == "HTTPRoute":
        yield from _route(metadata["name"], found["spec"]["rules"])
    schema = crd_validation.recorded().get((found["apiVersion"], kind))
    if schema is not None:
        yield from (f"{kind} {metadata['name']}{each}" for each in crd_validation.problems(schema, dict(found)))


def _ports(found: Any) -> Iterator[str]:
    """Names of the ports of containers."""
    if isinstance(found, Mapping):
        yield from (each["name"] for each in found.get("ports") or () if "containerPort" in each and "name" in each)
    for each in found.values() if isinstance(found, Mapping) else found if isinstance(found, list | tuple) else ():
        yield from _ports(each)


def _route(name: str, rules: list[dict[str, Any]]) -> Iterator[str]:
    """What its CRD says in CEL, which the recorded schemas do not hold."""
    counts = [len(rule.get("matches", [{}])) for rule in rules]
    if sum(counts) > most("route matches") or max(counts) > most("route matches of a rule"):
        yield f"HTTPRoute {name} has {counts} matches"
    for rule, count in zip(rules, counts, strict=True):
        if count != 1 and any("replacePrefixMatch" in json.dumps(each) for each in rule.get("filters") or ()):
            yield f"HTTPRoute {name} replaces a prefix in a rule of {count} matches"


def _of_cloud(kind: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    for (of, key), (form, limit) in CLOUD_NAMES.items():
        value = inputs.get(key)
        if of == kind and isinstance(value, str) and UNKNOWN not in value:
            yield from _named(f"{kind} {key}", value, form, limit)
    tags = inputs.get("tags")
    if isinstance(tags, dict):
        for key, value in tags.items():
            if kind.startswith("aws:") and isinstance(value, str):
                yield from _named(f"{kind} tag {key}", value, r"[\w\s.:/=+@-]*", "aws tag value")


def _named(what: str, name: str, form: str, limit: str) -> Iterator[str]:
    if len(name) > most(limit):
        yield f"{what}: {name} has {len(name)} letters, and {limit} takes {most(limit)}"
    if not re.fullmatch(form, name):
        yield f"{what}: {name} is not of the form {form}"


def _labels(found: Any) -> Iterator[tuple[str, str]]:
    """Of the object, of its pods, and those that pods are chosen by."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            if key in ("labels", "matchLabels") and isinstance(value, Mapping):
                yield from ((name, each) for name, each in value.items() if isinstance(each, str))
            else:
                yield from _labels(value)
    elif isinstance(found, list):
        for each in found:
            yield from _labels(each)


def _twice(plan: Plan) -> list[str]:
    """Two objects of one name are one to the API server: the second is refused, or takes over the first."""
    names = Counter(
        (
            step.inputs["apiVersion"].partition("/")[0],
            step.inputs["kind"],
            step.inputs["metadata"].get("namespace"),
            step.inputs["metadata"]["name"],
        )
        for step in plan.steps
        if step.package == "kubernetes" and "kind" in step.inputs and "name" in step.inputs.get("metadata", {})
    )
    return [f"{' '.join(map(str, name))} is there {count} times" for name, count in names.items() if count > 1]
