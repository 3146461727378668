"""Every name, label, annotation and tag, computed in one place.

Selectors are immutable in Kubernetes and names decide what Pulumi replaces: change a function here only with aliases.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

SOURCE = "slipway.dev/source"
"""Annotation and tag that point to the value a resource comes from (Setting.source)."""
SLOT = "slipway.dev/slot"
BACKUP_RETENTION = "slipway.dev/backup-retention"
"""Annotation and tag of a database: the declared days of retention, or `none`."""
MANAGER = "slipway"
GATEWAY_NAMESPACE = "envoy-gateway-system"

_AZURE_FORBIDS = re.compile(r"[<>%&\\?/.]+")


def in_slot(service: str, slot: str) -> str:
    """`fleet-api` in `blue` as `fleet-api-blue`: its Deployment, Service, ConfigMap, HPA and PDB."""
    return f"{service}-{slot}"


def kubernetes_name(name: str) -> str:
    """`fleet_db` as `fleet-db`."""
    return name.replace("_", "-")


def cluster(stack: str, name: str) -> str:
    """The cloud's name of a cluster and the prefix of what belongs to it: `slipway-prod-main`."""
    return f"{MANAGER}-{stack}-{name}"


def database(cluster_name: str, system: str, database_name: str) -> str:
    """The cloud's name of a database server: `slipway-prod-main-fleet-fleet-db`, at most 63 characters."""
    return shortened(f"{cluster_name}-{system}-{kubernetes_name(database_name)}", 63)


def globally_unique(scope: str, name: str, limit: int, *, hyphens: bool = True) -> str:
    """`name` and six digits that differ by `scope` (an account or a subscription), for names that the whole cloud
    shares. The same arguments give the same name, so a plan can show it."""
    digits = hashlib.sha256(f"{scope}/{name}".encode()).hexdigest()[:6]
    stem = name if hyphens else name.replace("-", "")
    separator = "-" if hyphens else ""
    return f"{stem[: limit - 6 - len(separator)].rstrip('-')}{separator}{digits}"


def shortened(name: str, limit: int) -> str:
    """`name`, or its beginning and a digest when it is longer than `limit`."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 7].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def labels(system: str, service: str | None = None, slot: str | None = None) -> dict[str, str]:
    """Kubernetes' recommended labels; with a service and a slot they include its selector."""
    result = {"app.kubernetes.io/part-of": system, "app.kubernetes.io/managed-by": MANAGER}
    if service is not None:
        result["app.kubernetes.io/name"] = service
    if slot is not None:
        result[SLOT] = slot
    return result


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
