"""Regions of data on AWS: the resource's region, else the provider's, and those to which plans copy backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.clouds.aws.backup_plans import PLAN
from adapters.clouds.aws.buckets import BUCKETS, VAULT
from adapters.clouds.aws.managed_caches import CACHE
from adapters.clouds.aws.managed_databases import DATABASES
from adapters.clouds.aws.managed_queues import QUEUE, TOPIC
from adapters.clouds.contract import Place, Places, each_of
from framework import Absence, Property, Resource


def _here(resource: Resource, providers: Mapping[str, Resource]) -> Iterator[Place]:
    """Return the resource's region, or else its provider's."""
    provider = providers.get(resource.provider)
    own = resource["region"]
    yield Place(provider["region"] if own.missing and provider else own)


def _vaults(plan: Resource, _: Mapping[str, Resource]) -> Iterator[Place]:
    for rule in each_of(plan["rules"]):
        for action in each_of(rule["copyActions"]):
            yield Place(_in_arn(action["destinationVaultArn"]), "backup.copyToSecondRegion")


def _in_arn(arn: Property) -> Property:
    if arn.text is None:
        return arn
    parts = arn.text.split(":")
    return Property(parts[3] if len(parts) > 3 and parts[3] else Absence.MISSING, arn.path)


PLACES: Mapping[str, Places] = {
    **dict.fromkeys((*DATABASES, *BUCKETS, VAULT, CACHE, QUEUE, TOPIC), _here),
    PLAN: _vaults,
}
