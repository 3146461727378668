"""The retention of logs: the bodies of PUT requests to Elasticsearch, by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from components.cluster.logs.manifests import places
from components.cluster.logs.manifests.snapshots import REPOSITORY, Snapshots
from slipway.settings.operations import Logs
from slipway.settings.stacks import DeployedSystem

PRIORITY = 500
"""Priority of index templates. Source: Elasticsearch's own templates have 100 to 200."""
SNAPSHOT_DAYS = 30
"""Retention of snapshots of logs, in days. Chosen: the shortest retention that the policy pack accepts."""
Requests = Mapping[str, Mapping[str, Any]]


def requests(
    systems: Sequence[DeployedSystem], environment: str, *, nodes: int, snapshots: Snapshots | None
) -> dict[str, Any]:
    """Returns the requests in the order in which they must be sent."""
    kept = {places.GATEWAY: Logs(), **{deployed.name: deployed.definition.logs for deployed in systems}}
    result: dict[str, Any] = {}
    for system, logs in kept.items():
        result |= _requests(system, environment, nodes, audit=False, days=logs.retention_days)
        if system != places.GATEWAY:
            result |= _requests(system, environment, nodes, audit=True, days=logs.audit_retention_days)
    return result if snapshots is None else result | _copied(snapshots)


def policy_name(system: str, environment: str, *, audit: bool = False) -> str:
    return f"{system}-audit-{environment}" if audit else f"{system}-{environment}"


def _requests(system: str, environment: str, nodes: int, *, audit: bool, days: int) -> dict[str, Any]:
    policy = policy_name(system, environment, audit=audit)
    stream = places.data_stream(system, environment, audit=audit)
    return {f"/_ilm/policy/{policy}": _policy(days), f"/_index_template/{stream}": _template(stream, policy, nodes)}


def _policy(days: int) -> dict[str, Any]:
    """Returns an ILM policy. Days count from the rollover of an index, which is full or a day old, so a line stays up
    to a day longer."""
    rollover = {"max_age": "1d", "max_primary_shard_size": "30gb"}
    return {
        "policy": {
            "phases": {
                "hot": {"actions": {"rollover": rollover}},
                "delete": {"min_age": f"{days}d", "actions": {"delete": {}}},
            }
        }
    }


def _template(stream: str, policy: str, nodes: int) -> dict[str, Any]:
    return {
        "index_patterns": [stream],
        "priority": PRIORITY,
        "data_stream": {},
        "template": {
            "settings": {
                "index.lifecycle.name": policy,
                "index.number_of_shards": 1,
                "index.number_of_replicas": 1 if nodes > 1 else 0,
            },
            "mappings": _mappings(),
        },
    }


def _mappings() -> dict[str, Any]:
    """Returns mappings that store an application's fields in one flattened field: searchable, and without type
    conflicts."""
    keyword = {"type": "keyword", "ignore_above": 1024}
    ours = ("system", "service", "slot", "environment", "cluster")
    kubernetes = ("namespace", "pod", "container", "node")
    return {
        "dynamic": False,
        "properties": {
            "@timestamp": {"type": "date"},
            "message": {"type": "text"},
            "fields": {"type": "flattened", "ignore_above": 8000},
            "log": {"properties": {"level": keyword}},
            "slipway": {"properties": dict.fromkeys(ours, keyword)},
            "kubernetes": {"properties": dict.fromkeys(kubernetes, keyword)},
            "data_stream": {
                "properties": {each: {"type": "constant_keyword"} for each in ("type", "dataset", "namespace")}
            },
        },
    }


def _copied(snapshots: Snapshots) -> dict[str, Any]:
    """Returns an SLM policy: a snapshot every night, retained for a month. Snapshots are incremental."""
    return {
        f"/_snapshot/{REPOSITORY}": {"type": snapshots.kind, "settings": {**snapshots.settings, "base_path": "logs"}},
        "/_slm/policy/nightly": {
            "schedule": "0 30 1 * * ?",
            "name": "<logs-{now/d}>",
            "repository": REPOSITORY,
            "config": {"indices": ["logs-*"], "include_global_state": False},
            "retention": {"expire_after": f"{SNAPSHOT_DAYS}d", "min_count": 5, "max_count": 60},
        },
    }
