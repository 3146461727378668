"""PostgreSQL in the cluster, run by the CloudNativePG operator: specs of its API."""

from __future__ import annotations

from typing import Any

from components.manifests import priorities, secret
from components.manifests.versions import Pins
from slipway.settings.databases import Backup, Database
from slipway.settings.services import Resources

CLUSTER = ("postgresql.cnpg.io/v1", "Cluster")
POOLER = ("postgresql.cnpg.io/v1", "Pooler")
SCHEDULED_BACKUP = ("postgresql.cnpg.io/v1", "ScheduledBackup")
OBJECT_STORE = ("barmancloud.cnpg.io/v1", "ObjectStore")

BARMAN = "barman-cloud.cloudnative-pg.io"
SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
"""Resources of the operator's auxiliary pods; in a namespace with a quota every container must declare them."""

SIZES = {
    "small": Resources(cpu="250m", memory="1Gi", cpu_limit="2", memory_limit="1Gi"),
    "medium": Resources(cpu="500m", memory="2Gi", cpu_limit="2", memory_limit="2Gi"),
    "large": Resources(cpu="1", memory="4Gi", cpu_limit="4", memory_limit="4Gi"),
    "xlarge": Resources(cpu="2", memory="8Gi", cpu_limit="8", memory_limit="8Gi"),
}


def pods(name: str) -> dict[str, str]:
    """Returns the labels that the operator sets on the pods of a cluster."""
    return {"cnpg.io/cluster": name}


def cluster(name: str, database: Database, *, superuser: str, owner: str, storage_class: str | None) -> dict[str, Any]:
    """Returns a cluster. `superuser` and `owner` are Secrets with a login; the roles Job creates the other roles and
    their grants."""
    resources = SIZES[database.size]
    storage = {"size": f"{database.storage}Gi"} | ({"storageClass": storage_class} if storage_class else {})
    spec: dict[str, Any] = {
        # Every standby serves reads, so the failover standby counts as a reader too.
        "instances": 1 + max(int(database.high_availability), database.read_replicas),
        "priorityClassName": priorities.DATA,
        "imageName": Pins().image(f"cloudnative-pg-{database.version}"),
        "storage": storage,
        "enableSuperuserAccess": True,
        "superuserSecret": {"name": superuser},
        "bootstrap": {"initdb": {"database": "app", "owner": "app", "secret": {"name": owner}}},
        "postgresql": {
            "parameters": {
                "log_min_duration_statement": str(database.slow_query_ms),
                "pg_stat_statements.track": "all",
            },
        },
        "seccompProfile": {"type": "RuntimeDefault"},
        "resources": {
            "requests": {"cpu": resources.cpu, "memory": resources.memory},
            "limits": {"cpu": resources.cpu_limit, "memory": resources.memory_limit},
        },
    }
    if database.backup != "none":
        spec["plugins"] = [{"name": BARMAN, "isWALArchiver": True, "parameters": {"barmanObjectName": name}}]
    return spec


def object_store(namespace: str, backup: Backup) -> dict[str, Any]:
    """Returns the store of backups and WAL; the operator's plugin deletes backups older than the retention."""
    key = {"name": secret.OBJECT_STORE}
    return {
        "retentionPolicy": f"{backup.retention_days}d",
        "configuration": {
            "destinationPath": f"s3://backups/{namespace}",
            "s3Credentials": {
                "accessKeyId": {**key, "key": "AWS_ACCESS_KEY_ID"},
                "secretAccessKey": {**key, "key": "AWS_SECRET_ACCESS_KEY"},
                "region": {**key, "key": "AWS_REGION"},
            },
            "wal": {"compression": "gzip"},
            "data": {"compression": "gzip"},
        },
        "instanceSidecarConfiguration": {
            # The store's address is in the Secret, but the API accepts one in plain text only: boto3 reads this
            # variable.
            "env": [
                {"name": "AWS_ENDPOINT_URL", "valueFrom": {"secretKeyRef": {**key, "key": "AWS_ENDPOINT_URL"}}},
            ],
            "resources": SMALL,
        },
    }


def scheduled_backup(name: str) -> dict[str, Any]:
    """Returns a daily full backup, the first one immediate. The schedule's first field is seconds."""
    return {
        "schedule": "0 0 1 * * *",
        "immediate": True,
        "cluster": {"name": name},
        "method": "plugin",
        "pluginConfiguration": {"name": BARMAN},
    }


def pooler(name: str) -> dict[str, Any]:
    """Returns PgBouncer for the primary, in transaction mode: a connection belongs to a client for one transaction
    only."""
    return {
        "cluster": {"name": name},
        "instances": 2,
        "type": "rw",
        "pgbouncer": {"poolMode": "transaction", "parameters": {"max_client_conn": "1000", "default_pool_size": "20"}},
        "template": {
            "spec": {
                "priorityClassName": priorities.DATA,
                "containers": [{"name": "pgbouncer", "resources": SMALL}],
                "initContainers": [{"name": "bootstrap-controller", "resources": SMALL}],
            }
        },
    }
