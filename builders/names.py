"""Every name, label, annotation and tag, computed in one place.

Selectors are immutable in Kubernetes and names decide what Pulumi replaces: change a function here only with aliases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from settings.store_names import cluster_name as cluster
from settings.store_names import database_server as database
from settings.store_names import globally_unique, shortened, site, vault_name, vault_secret

SOURCE = "slipway.dev/source"
"""Annotation and tag that point to the value a resource comes from (Setting.source)."""
SLOT = "slipway.dev/slot"
BACKUP_RETENTION = "slipway.dev/backup-retention"
"""Annotation and tag of a database: the declared days of retention, or `none`."""
MANAGER = "slipway"
CLUSTER = "cluster"
"""What is part of no system but of what all of them stand on."""
GATEWAY_NAMESPACE = "envoy-gateway-system"

__all__ = [
    "cluster",
    "database",
    "globally_unique",
    "shortened",
    "site",
    "vault_name",
    "vault_secret",
]

_AZURE_FORBIDS = re.compile(r"[<>%&\\?/.]+")


def in_slot(service: str, slot: str) -> str:
    """`fleet-api` in `blue` as `fleet-api-blue`: its Deployment, Service, ConfigMap, HPA and PDB."""
    return f"{service}-{slot}"


def kubernetes_name(name: str) -> str:
    """`fleet_db` as `fleet-db`."""
    return name.replace("_", "-")


def labels(system: str, service: str | None = None, slot: str | None = None) -> dict[str, str]:
    """Kubernetes' recommended labels; with a service and a slot they include its selector."""
    result = {"app.kubernetes.io/part-of": system, "app.kubernetes.io/managed-by": MANAGER}
    if service is not None:
        result["app.kubernetes.io/name"] = service
    if slot is not None:
        result[SLOT] = slot
    return result


def supporting(system: str, name: str) -> dict[str, str]:
    """Labels of what stands beside the services and no visitor waits for: its number of pods is fixed."""
    return {**labels(system, name), "app.kubernetes.io/component": "support"}


def slot_cookie(stack: str, system: str) -> str:
    """The cookie that keeps a visitor in a slot, at the edge and at the gateway alike."""
    return f"slipway-slot-{stack}-{system}"


def selector(service: str, slot: str) -> dict[str, str]:
    """The labels that tell the pods of a service in a slot from all others of the namespace."""
    return {"app.kubernetes.io/name": service, SLOT: slot}


def source_annotation(source: str) -> dict[str, str]:
    return {SOURCE: source}


def tags(source: str, own: Mapping[str, str], **more: str) -> dict[str, str]:
    """Tags of a cloud resource: the stack's `own`, where it comes from, and `more` with underscores as hyphens."""
    ours = {"slipway.dev/source": source} | {
        f"slipway.dev/{key.replace('_', '-')}": value for key, value in more.items()
    }
    return {**own, "managed-by": MANAGER, **ours}


def azure_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The same tags with keys that Azure accepts: `slipway.dev/source` as `slipway-source`."""
    return {_AZURE_FORBIDS.sub("-", key.replace("slipway.dev/", "slipway/")): value for key, value in tags.items()}


CRON_JOB = 52
"""The longest name of a CronJob: its Jobs' names have eleven letters more."""


def dump(database: str) -> str:
    """The CronJob that dumps a database each night."""
    return shortened(f"{kubernetes_name(database)}-dump", CRON_JOB)


def restore_test(database: str) -> str:
    """The CronJob that restores its newest dump into a scratch database."""
    return shortened(f"{kubernetes_name(database)}-restore-test", CRON_JOB)


def migration(name: str) -> str:
    """What the names of a migration's Jobs begin with."""
    return shortened(f"migrate-{name}", 54)
