"""Checks the requirements of a stack against the capabilities of its cloud, before the cloud is called. Each cloud's
own checks are in `clouds/`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slipway.settings.clouds import CLOUDS
from slipway.settings.clouds.grants import granted_kinds as grants
from slipway.settings.cluster_settings import ManagedCluster
from slipway.settings.databases import Backup, Bucket, Database, DataClass
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.services import InStore
from slipway.settings.stacks import DeployedSystem, StackCluster


def findings(name: str, cluster: StackCluster) -> Found:
    """Yield the requirements of the cluster `name` that its cloud cannot meet; paths begin at the stack's
    configuration."""
    settings, path = cluster.settings, ("clusters", name)
    yield from CLOUDS[settings.cloud].findings(path, settings, cluster)
    for system in cluster.systems.values():
        yield from _system((*path, "systems", system.name), cluster, system)


def across(clusters: Mapping[str, StackCluster]) -> Found:
    """Yield what clusters of a stack cannot both have in their cloud."""
    for cloud in CLOUDS.values():
        yield from cloud.across(clusters)


def _system(path: Path, cluster: StackCluster, system: DeployedSystem) -> Found:
    settings, definition = cluster.settings, system.definition
    queue = definition.queue
    without = CLOUDS[settings.cloud].lacks.get("broker")
    if queue is not None and queue.hosting == "managed" and without is not None:
        yield Finding((*path, "queue", "hosting"), f"is not available: {without}")
    lacking = CLOUDS[settings.cloud].lacks.get("queues")
    for key, declared in (("queues", definition.queues), ("topics", definition.topics)):
        if declared and lacking is not None:
            yield Finding(path, f"has {key} ({', '.join(declared)}), which are not available: {lacking}")
    yield from _origins(path, settings.cloud, system)
    yield from _classes(path, settings.cloud, system)
    yield from grants.findings(
        path, system, CLOUDS[settings.cloud].grantable, CLOUDS[settings.cloud].lacks.get("grants")
    )
    if not isinstance(settings, ManagedCluster):
        return
    if definition.budget is not None and definition.owner.email is None and not settings.billing_contacts:
        rule = "has a budget without a recipient: set 'owner.email' in the system or 'billingContacts' of the cluster"
        yield Finding((*path,), rule)
    yield from _residence(path, settings, system)
    allowed, second = definition.compliance.regions, settings.second_region
    for kept, data_class in _copied(definition.databases.items(), definition.buckets.items()):
        related = ((*path[:2], "secondRegion"),)
        if second is None:
            rule = "requires a second region, but the cluster has none: set its 'secondRegion'"
            yield Finding((*path, *kept), rule, related)
        elif data_class == "personal" and allowed and second not in allowed:
            rule = (
                f"would copy personal data to {second}, which is not one of the system's regions: {', '.join(allowed)}"
            )
            yield Finding((*path, *kept), rule, related)


def _origins(path: Path, cloud: str, system: DeployedSystem) -> Found:
    """Check that values in use are where the cloud can have them."""
    form = CLOUDS[cloud].secret_entry
    for name, secret in system.definition.secrets.items():
        if isinstance(secret.origin, InStore):
            if form is None:
                rule = (
                    f"has secrets.{name}.from.entry, but {CLOUDS[cloud].lacks['secrets']}: name a Secret, such as "
                    "{secret: legacy/shop-env}"
                )
                yield Finding(path, rule)
            elif not re.fullmatch(form.pattern, secret.origin.entry):
                yield Finding(path, f"has secrets.{name}.from.entry, which is not {form.rule}, such as {form.example}")


def _classes(path: Path, cloud: str, system: DeployedSystem) -> Found:
    """Check that no volume of a managed cluster names a class that only clusters of another cloud have; who provides any
    other cluster knows its classes."""
    if not issubclass(CLOUDS[cloud].cluster, ManagedCluster):
        return
    others = {each: name for name, of in CLOUDS.items() if name != cloud for each in of.storage_classes}
    for service, declared in system.definition.services.items():
        for volume, settings in declared.volumes.items():
            if settings.storage_class in others:
                rule = (
                    f"has services.{service}.volumes.{volume}.storageClass {settings.storage_class}, a class of clusters on "
                    f"{others[settings.storage_class]}, and this one is on {cloud}: leave it out for the cluster's own"
                )
                yield Finding(path, rule)


def _residence(path: Path, settings: Any, system: DeployedSystem) -> Found:
    """Check that personal data is in an allowed region to begin with: its databases and buckets are in the cluster's."""
    definition = system.definition
    allowed = definition.compliance.regions
    stores = [(f"databases.{name}", each) for name, each in definition.databases.items() if each.hosting == "managed"]
    stores += [(f"buckets.{name}", each) for name, each in definition.buckets.items()]
    personal = [name for name, each in stores if each.data_class == "personal"]
    if allowed and personal and settings.region not in allowed:
        rule = (
            f"would hold personal data of system '{system.name}' ({', '.join(personal)}), whose 'compliance.regions' "
            f"are {', '.join(allowed)}"
        )
        yield Finding((*path[:2], "region"), rule, (path,))


def _copied(
    databases: Iterable[tuple[str, Database]], buckets: Iterable[tuple[str, Bucket]]
) -> Iterator[tuple[Path, DataClass]]:
    """Yield what is copied to a second region, with its data class."""
    for name, database in databases:
        if isinstance(database.backup, Backup) and database.backup.copy_to_second_region:
            yield ("databases", name, "backup", "copyToSecondRegion"), database.data_class
        if database.replica_in_second_region:
            yield ("databases", name, "replicaInSecondRegion"), database.data_class
    for name, bucket in buckets:
        if bucket.copy_to_second_region:
            yield ("buckets", name, "copyToSecondRegion"), bucket.data_class
