"""What a cloud cannot do of what is asked of it, found before the cloud is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from settings.aws_zones import zone_ids
from settings.cross_checks import Finding, Found
from settings.databases import Backup, Bucket, Database, DataClass
from settings.pointers import Path
from settings.stacks import AwsCluster, AzureCluster, PlacedCluster, PlacedSystem

LOG_RETENTION = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""Days that CloudWatch can keep logs."""
WORKSPACE_RETENTION = (30, 730)
"""Days that a workspace of Azure can keep logs, from and to."""
SMALLEST_STORAGE = 20
"""GiB of gp3 storage that RDS starts with."""


def findings(name: str, cluster: PlacedCluster) -> Found:
    """What the cluster `name` asks of its cloud in vain; paths begin at the stack's configuration."""
    settings, path = cluster.settings, ("clusters", name)
    if isinstance(settings, AwsCluster):
        yield from _aws(path, settings, cluster)
    elif isinstance(settings, AzureCluster):
        yield from _azure(path, settings, cluster)
    for system in cluster.systems.values():
        yield from _system((*path, "systems", system.name), cluster, system)


def _aws(path: Path, settings: AwsCluster, cluster: PlacedCluster) -> Found:
    days = settings.kubernetes.log_retention_days
    if days not in LOG_RETENTION:
        known = ", ".join(map(str, LOG_RETENTION))
        rule = f"is not a number of days that CloudWatch keeps logs; known are {known}"
        yield Finding((*path, "kubernetes", "logRetentionDays"), rule)
    yield from _second_region(path, settings)
    yield from _zones(path, settings)
    for system, name, database in _databases(cluster):
        if database.engine == "postgres" and database.storage < SMALLEST_STORAGE:
            rule = f"asks for a database that is smaller than RDS makes; give {SMALLEST_STORAGE} GiB or more"
            yield Finding((*path, "systems", system.name, "databases", name, "storage"), rule)
        if database.backup == "none" and database.read_replicas:
            rule = "asks for read replicas without a backup, of which RDS makes them"
            yield Finding((*path, "systems", system.name, "databases", name, "readReplicas"), rule)


def _zones(path: Path, settings: AwsCluster) -> Found:
    """Three zones are not to be had everywhere."""
    for region in (settings.region, settings.second_region):
        try:
            zone_ids(region or settings.region, settings.network.zones)
        except ValueError as error:
            yield Finding((*path, "network", "zones"), str(error), ((*path, "region"),))


def _azure(path: Path, settings: AzureCluster, cluster: PlacedCluster) -> Found:
    low, high = WORKSPACE_RETENTION
    if not low <= settings.kubernetes.log_retention_days <= high:
        rule = f"is not a number of days that Azure keeps logs ({low}–{high})"
        yield Finding((*path, "kubernetes", "logRetentionDays"), rule)
    yield from _second_region(path, settings)
    budgets = [system.name for system in cluster.systems.values() if system.definition.budget is not None]
    if settings.budgets_from is None and (budgets or settings.monthly_budget is not None):
        rule = "is required where there is a budget, for example 2026-11-01"
        yield Finding((*path, "budgetsFrom"), rule, tuple((*path, "systems", name) for name in budgets))
    elif settings.budgets_from is not None and not settings.budgets_from.endswith("-01"):
        yield Finding((*path, "budgetsFrom"), "is not the first day of a month")


def _second_region(path: Path, settings: AwsCluster | AzureCluster) -> Found:
    if settings.second_region == settings.region:
        yield Finding((*path, "secondRegion"), "is the cluster's own region", ((*path, "region"),))
    if settings.second_region is not None and settings.network.second_cidr is None:
        rule = "needs 'secondCidr' where there is a second region, for example 10.21.0.0/16"
        yield Finding((*path, "network"), rule, ((*path, "secondRegion"),))


def _system(path: Path, cluster: PlacedCluster, system: PlacedSystem) -> Found:
    settings, definition = cluster.settings, system.definition
    queue = definition.queue
    if queue is not None and queue.placement == "managed" and settings.cloud != "aws":
        yield Finding(
            (*path, "queue", "placement"), f"is not to be had: {settings.cloud} runs no RabbitMQ; say 'cluster'"
        )
    if settings.cloud == "local":
        return
    if definition.budget is not None and definition.owner.email is None and not settings.billing_contacts:
        rule = "has a budget of which nobody would hear; give 'owner.email' in the system or 'billingContacts' of the cluster"
        yield Finding((*path,), rule)
    allowed, second = definition.compliance.regions, settings.second_region
    for kept, data_class in _copied(definition.databases.items(), definition.buckets.items()):
        related = ((*path[:2], "secondRegion"),)
        if second is None:
            rule = "is to be copied to a second region, but the cluster names none; give it 'secondRegion'"
            yield Finding((*path, *kept), rule, related)
        elif data_class == "personal" and allowed and second not in allowed:
            rule = (
                f"would take personal data to {second}, which is not one of the system's regions: {', '.join(allowed)}"
            )
            yield Finding((*path, *kept), rule, related)


def _copied(
    databases: Iterable[tuple[str, Database]], buckets: Iterable[tuple[str, Bucket]]
) -> Iterator[tuple[Path, DataClass]]:
    """What goes to a second region, and how sensitive it is."""
    for name, database in databases:
        if isinstance(database.backup, Backup) and database.backup.copy_to_second_region:
            yield ("databases", name, "backup", "copyToSecondRegion"), database.data_class
        if database.replica_in_second_region:
            yield ("databases", name, "replicaInSecondRegion"), database.data_class
    for name, bucket in buckets:
        if bucket.copy_to_second_region:
            yield ("buckets", name, "copyToSecondRegion"), bucket.data_class


def _databases(cluster: PlacedCluster) -> Iterator[tuple[PlacedSystem, str, Database]]:
    for system in cluster.systems.values():
        for name, database in system.definition.databases.items():
            if database.placement == "managed":
                yield system, name, database
