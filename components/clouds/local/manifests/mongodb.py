"""A document database in the cluster, run by MongoDB's operator: specs of its API."""

from __future__ import annotations

from typing import Any

from pulumi_kubernetes import rbac

from components.manifests import priorities
from components.manifests.scope import Scope
from components.manifests.versions import pins
from slipway.settings.databases import Database
from slipway.settings.services import Resources

API_VERSION = "mongodbcommunity.mongodb.com/v1"
KIND = "MongoDBCommunity"
PORT = 27017
"""MongoDB's default port."""
IMAGE = "mongodb"
"""Name in `versions.yaml`: its tag is a version and the base image that the operator appends."""

SIZES = {
    "small": Resources(cpu="250m", memory="1Gi", cpu_limit="2", memory_limit="1Gi"),
    "medium": Resources(cpu="500m", memory="2Gi", cpu_limit="2", memory_limit="2Gi"),
    "large": Resources(cpu="1", memory="4Gi", cpu_limit="4", memory_limit="4Gi"),
    "xlarge": Resources(cpu="2", memory="8Gi", cpu_limit="8", memory_limit="8Gi"),
}
AGENT = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "384Mi"}}
"""Resources of the operator's containers in each database pod."""
CLOSED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def pods(name: str) -> dict[str, str]:
    """Returns the labels that the operator sets on the pods of a database."""
    return {"app": f"{name}-svc"}


def spec(
    name: str, database_name: str, database: Database, *, user: str, login: str, storage_class: str | None
) -> dict[str, Any]:
    """Returns the spec; `login` is the Secret with the password of `user`, who owns the database."""
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{database.storage}Gi"}},
    } | ({"storageClassName": storage_class} if storage_class else {})
    return {
        "members": 3 if database.high_availability else 1,
        "type": "ReplicaSet",
        "version": pins()["images"][IMAGE]["tag"].partition("-")[0],
        "security": {"authentication": {"modes": ["SCRAM"]}},
        "users": [
            {
                "name": user,
                "db": "admin",
                "passwordSecretRef": {"name": login, "key": "password"},
                "roles": [{"name": "readWrite", "db": database_name}, {"name": "dbAdmin", "db": database_name}],
                "scramCredentialsSecretName": name,
            }
        ],
        "additionalMongodConfig": {
            "operationProfiling.mode": "slowOp",
            "operationProfiling.slowOpThresholdMs": database.slow_query_ms,
        },
        "statefulSet": {
            "spec": {
                "template": {"spec": _pod(name, database)},
                "volumeClaimTemplates": [
                    {"metadata": {"name": "data-volume"}, "spec": claim},
                    {
                        "metadata": {"name": "logs-volume"},
                        "spec": {**claim, "resources": {"requests": {"storage": "2Gi"}}},
                    },
                ],
            }
        },
    }


def _pod(name: str, database: Database) -> dict[str, Any]:
    size = SIZES[database.size]
    server = {
        "requests": {"cpu": size.cpu, "memory": size.memory},
        "limits": {"cpu": size.cpu_limit, "memory": size.memory_limit},
    }
    return {
        "priorityClassName": priorities.DATA,
        "serviceAccountName": f"{name}-mongodb",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 2000,
            "fsGroup": 2000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {"name": "mongod", "resources": server, "securityContext": CLOSED},
            {"name": "mongodb-agent", "resources": AGENT, "securityContext": CLOSED},
        ],
        "initContainers": [
            {"name": each, "resources": AGENT, "securityContext": CLOSED}
            for each in ("mongod-posthook", "mongodb-agent-readinessprobe")
        ],
    }


def agent(scope: Scope, *, name: str, source: str) -> tuple[rbac.v1.RoleInitArgs, rbac.v1.RoleBindingInitArgs]:
    """Returns the rights of the operator's agent in each pod: it reads its configuration and updates its own pod."""
    account = f"{name}-mongodb"
    role = rbac.v1.RoleInitArgs(
        metadata=scope.metadata(account, source),
        rules=[
            rbac.v1.PolicyRuleArgs(
                api_groups=[""], resources=["secrets"], resource_names=[f"{name}-config"], verbs=["get"]
            ),
            rbac.v1.PolicyRuleArgs(
                api_groups=[""],
                resources=["pods"],
                resource_names=[f"{name}-{index}" for index in range(3)],
                verbs=["get", "patch", "delete"],
            ),
        ],
    )
    binding = rbac.v1.RoleBindingInitArgs(
        metadata=scope.metadata(account, source),
        role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=account),
        subjects=[rbac.v1.SubjectArgs(kind="ServiceAccount", name=account, namespace=scope.namespace)],
    )
    return role, binding
