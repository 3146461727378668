"""PostgreSQL inside the cluster, which the CloudNativePG operator runs. Specs as its API has them."""

from __future__ import annotations

from typing import Any

from builders import secret
from builders.parts import Parts
from settings.databases import Backup, Database
from settings.services import Resources

CLUSTER = ("postgresql.cnpg.io/v1", "Cluster")
POOLER = ("postgresql.cnpg.io/v1", "Pooler")
SCHEDULED_BACKUP = ("postgresql.cnpg.io/v1", "ScheduledBackup")
OBJECT_STORE = ("barmancloud.cnpg.io/v1", "ObjectStore")

BARMAN = "barman-cloud.cloudnative-pg.io"
SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
"""What the operator's pods beside a database get: in a namespace with a quota, every container must say."""

SIZES = {
    "small": Resources(cpu="250m", memory="1Gi", cpu_limit="2", memory_limit="1Gi"),
    "medium": Resources(cpu="500m", memory="2Gi", cpu_limit="2", memory_limit="2Gi"),
    "large": Resources(cpu="1", memory="4Gi", cpu_limit="4", memory_limit="4Gi"),
    "xlarge": Resources(cpu="2", memory="8Gi", cpu_limit="8", memory_limit="8Gi"),
}


def pods(name: str) -> dict[str, str]:
    """Labels that the operator gives to the pods of a cluster."""
    return {"cnpg.io/cluster": name}


def cluster(name: str, database: Database, *, superuser: str, owner: str, storage_class: str | None) -> dict[str, Any]:
    """`superuser` and `owner` are Secrets with a login. The roles Job makes the other roles and their grants."""
    resources = SIZES[database.size]
    storage = {"size": f"{database.storage}Gi"} | ({"storageClass": storage_class} if storage_class else {})
    spec: dict[str, Any] = {
        # Every standby serves reads, so the one that stands ready to take over counts as a reader too.
        "instances": 1 + max(int(database.high_availability), database.read_replicas),
        "imageName": Parts().image(f"cloudnative-pg-{database.version}"),
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
    """Where backups and logs go; the operator's plugin deletes what is older than the retention."""
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
            # The store's address stands in the Secret, and the API takes one in plain text only: boto3 reads this one.
            "env": [
                {"name": "AWS_ENDPOINT_URL", "valueFrom": {"secretKeyRef": {**key, "key": "AWS_ENDPOINT_URL"}}},
            ],
            "resources": SMALL,
        },
    }


def scheduled_backup(name: str) -> dict[str, Any]:
    """A full backup a day, the first at once. The schedule's first field is seconds."""
    return {
        "schedule": "0 0 1 * * *",
        "immediate": True,
        "cluster": {"name": name},
        "method": "plugin",
        "pluginConfiguration": {"name": BARMAN},
    }


def pooler(name: str) -> dict[str, Any]:
    """PgBouncer before the primary. A transaction keeps its connection, a session does not."""
    return {
        "cluster": {"name": name},
        "instances": 2,
        "type": "rw",
        "pgbouncer": {"poolMode": "transaction", "parameters": {"max_client_conn": "1000", "default_pool_size": "20"}},
        "template": {
            "spec": {
                "containers": [{"name": "pgbouncer", "resources": SMALL}],
                "initContainers": [{"name": "bootstrap-controller", "resources": SMALL}],
            }
        },
    }
