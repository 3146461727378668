"""Every name, label, annotation and tag, computed in one place.

Selectors are immutable in Kubernetes and names decide what Pulumi replaces: change a function here only with aliases.
"""

from __future__ import annotations

from collections.abc import Mapping

from slipway.settings.limits import most
from slipway.settings.one_off import SLOT
from slipway.settings.stacks import RELEASES_NAMESPACE
from slipway.settings.store_names import (
    UNSAID,
    archive,
    archive_test,
    claim,
    container,
    globally_unique,
    hyphenated,
    kubernetes_name,
    registry,
    restore_test,
    restoring,
    shortened,
    site,
    unpacking,
    vault_name,
    vault_secret,
)
from slipway.settings.store_names import cluster_name as cluster
from slipway.settings.store_names import database_server as database

NAME = "app.kubernetes.io/name"
"""Label with the service of a pod, the same in both slots."""
SOURCE = "slipway.dev/source"
"""Annotation and tag with the source of a resource (Setting.source)."""
ENVIRONMENT = "slipway.dev/environment"
"""Label and tag with the name of an environment that has one of its own."""
BACKUP_RETENTION = "slipway.dev/backup-retention"
"""Annotation and tag of a database or a volume: its declared retention in days, or `none`."""
UNSAVED = "slipway.dev/unsaved"
"""Annotation with the reason why a volume has no backup. Policies then require none."""
ELSEWHERE = {"metrics": "slipway.dev/watched-by", "logs": "slipway.dev/logs-collected-by"}
"""Annotations of a namespace whose pods others watch, or collect the logs of: who."""
ALERTMANAGER = "slipway.dev/alertmanager"
"""Annotation of alerts for receivers that the cluster owner manages: `present`."""
SINGLETON = "slipway.dev/singleton"
"""Annotation with the reason why a Deployment has one pod only. Policies then require no autoscaler."""
UNPROBED = "slipway.dev/unprobed"
"""Annotation with the reason why a Deployment's own container has no probes. Policies then require none of it."""
STREAM = {"slipway.dev/stream": "true"}
"""Annotation of a route's limits: its requests may last for ever on purpose."""
LIVE_ONLY = "slipway.dev/live-only"
"""Annotation of a Deployment that has pods in the live slot only: `true`."""
NODE_POOL, SPOT = "slipway.dev/node-pool", "slipway.dev/spot"
"""Label and taint of the nodes of a pool besides the usual ones: its name; and `true` where the cloud may take them back."""
FIXED = "slipway.dev/fixed-replicas"
"""Annotation of a Deployment whose number of pods is fixed on purpose: `true`. Policies then require no autoscaler."""
FORCE = "pulumi.com/patchForce"
"""Annotation by which Pulumi takes fields over from others: here the number of pods from an autoscaler of before."""
SKIP_AWAIT, WAIT_FOR = "pulumi.com/skipAwait", "pulumi.com/waitFor"
"""Annotations that make Pulumi skip waiting for an object, or wait for a condition of it."""
MANAGER = "slipway"
CLUSTER = "cluster"
"""System name of resources that belong to a cluster and to no single system."""
CACHE = "cache"
"""Component label of the pods of a cache in the cluster, by which policies find it."""
RELEASES_ACCOUNT = "controller"
"""Service account of the controller of releases."""
GATEWAY_SERVICE = "slipway-gateway"
"""Service in the gateway's namespace by which the controller of releases reaches the proxies from inside."""
BYPASS_KEY = "smoke-tests"
"""Key of the bypass token in its Secret."""

__all__ = [
    "RELEASES_NAMESPACE",
    "SLOT",
    "UNSAID",
    "archive",
    "archive_test",
    "claim",
    "cluster",
    "container",
    "database",
    "elsewhere",
    "globally_unique",
    "hyphenated",
    "kubernetes_name",
    "registry",
    "restore_test",
    "restoring",
    "shortened",
    "site",
    "unpacking",
    "vault_name",
    "vault_secret",
]


def environment(name: str) -> dict[str, str]:
    """Returns the label or tag of an environment that has a name of its own."""
    return {ENVIRONMENT: name} if name else {}


def elsewhere(who: Mapping[str, str]) -> dict[str, str]:
    """Returns the annotations of a namespace whose pods others watch, by what they do."""
    return {ELSEWHERE[what]: text for what, text in who.items()}


def in_slot(service: str, slot: str) -> str:
    """Returns `fleet-api-blue` for `fleet-api` in `blue`: its Deployment, Service, ConfigMap, HPA and PDB."""
    return f"{service}-{slot}"


def labels(system: str, service: str | None = None, slot: str | None = None) -> dict[str, str]:
    """Returns Kubernetes' recommended labels; with a service and a slot they include its selector."""
    result = {"app.kubernetes.io/part-of": system, "app.kubernetes.io/managed-by": MANAGER}
    if service is not None:
        result[NAME] = service
    if slot is not None:
        result[SLOT] = slot
    return result


def supporting(system: str, name: str) -> dict[str, str]:
    """Returns the labels of supporting workloads, which serve no visitors and have a fixed number of pods."""
    return {**labels(system, name), "app.kubernetes.io/component": "support"}


def slot_cookie(stack: str, system: str) -> str:
    """Returns the name of the cookie that pins a visitor to a slot, at the edge and at the gateway alike."""
    return f"slipway-slot-{stack}-{system}"


def selector(service: str, slot: str) -> dict[str, str]:
    """Returns the labels that select the pods of a service in a slot."""
    return {NAME: service, SLOT: slot}


def source_annotation(source: str) -> dict[str, str]:
    return {SOURCE: source}


def tags(source: str, own: Mapping[str, str], **more: str) -> dict[str, str]:
    """Returns the tags of a cloud resource: the stack's `own`, its source, and `more` with underscores as hyphens."""
    ours = {"slipway.dev/source": source} | {
        f"slipway.dev/{key.replace('_', '-')}": value for key, value in more.items()
    }
    return {**own, "managed-by": MANAGER, **ours}


CRON_JOB = most("kubernetes cron job")
HASH = 8
"""Digits of the digest at the end of many Jobs' names, because a Job's template is immutable. Chosen: 32 bits of
SHA-256."""
JOB_GROUP = most("kubernetes job") - HASH - 1
"""Maximum length of such Jobs' name prefix, which also selects their pods."""


def hashed(prefix: str, digest: str) -> str:
    """Returns the name of a Job; another `digest` gives another name."""
    return f"{shortened(prefix, JOB_GROUP)}-{digest[:HASH]}"


def dump(database: str) -> str:
    """Returns the name of the CronJob that dumps a database each night."""
    return shortened(f"{kubernetes_name(database)}-dump", CRON_JOB)


def migration(name: str) -> str:
    """Returns the name prefix of a migration's Jobs."""
    return shortened(f"migrate-{name}", JOB_GROUP)
