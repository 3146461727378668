"""Regions of data on Azure: the resource's location, and the paired region for copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from adapters.clouds.azure import managed_queues
from adapters.clouds.azure.managed_caches import CACHE
from adapters.clouds.azure.managed_databases import DOCUMENTS, SERVER
from adapters.clouds.azure.storage import ACCOUNT
from adapters.clouds.contract import Place, Places, missing
from adapters.regions import plain
from framework import Absence, Property, Resource

_PAIRED: Mapping[str, str] = {
    "australiaeast": "australiasoutheast",
    "australiasoutheast": "australiaeast",
    "brazilsouth": "southcentralus",
    "canadacentral": "canadaeast",
    "canadaeast": "canadacentral",
    "centralindia": "southindia",
    "centralus": "eastus2",
    "eastasia": "southeastasia",
    "eastus": "westus",
    "eastus2": "centralus",
    "francecentral": "francesouth",
    "germanywestcentral": "germanynorth",
    "japaneast": "japanwest",
    "japanwest": "japaneast",
    "koreacentral": "koreasouth",
    "koreasouth": "koreacentral",
    "northcentralus": "southcentralus",
    "northeurope": "westeurope",
    "norwayeast": "norwaywest",
    "southafricanorth": "southafricawest",
    "southcentralus": "northcentralus",
    "southeastasia": "eastasia",
    "southindia": "centralindia",
    "swedencentral": "swedensouth",
    "switzerlandnorth": "switzerlandwest",
    "uaenorth": "uaecentral",
    "uksouth": "ukwest",
    "ukwest": "uksouth",
    "westcentralus": "westus2",
    "westeurope": "northeurope",
    "westus": "eastus",
    "westus2": "westcentralus",
    "westus3": "eastus",
}
"""Paired regions, to which Azure copies geo-redundant data. Newer regions have none."""
_GEO_REDUNDANT = ("Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS")


def _there(
    copied: Callable[[Resource], Property], copies: tuple[str, ...], key: str
) -> Callable[[Resource, Mapping[str, Resource]], Iterator[Place]]:
    def places(resource: Resource, _: Mapping[str, Resource]) -> Iterator[Place]:
        location = resource["location"]
        yield Place(location)
        if copied(resource).unknown:
            yield Place(copied(resource), key)
        elif copied(resource).text in copies:
            yield Place(_pair_of(location), key)

    return places


def _pair_of(location: Property) -> Property:
    if location.text is None:
        return location
    return Property(_PAIRED.get(plain(location.text), Absence.MISSING), f"the pair of {location.path}")


def _storage_of(vault: Resource) -> Property:
    settings = vault["properties"]["storageSettings"]
    return settings if settings.unknown else next((each["type"] for each in settings.elements()), settings)


PLACES: Mapping[str, Places] = {
    SERVER: _there(lambda server: server["backup"]["geoRedundantBackup"], ("Enabled",), "backup.copyToSecondRegion"),
    **dict.fromkeys((DOCUMENTS, CACHE, managed_queues.SERVER), _there(missing, (), "")),
    ACCOUNT: _there(lambda account: account["sku"]["name"], _GEO_REDUNDANT, "copyToSecondRegion"),
    "azure-native:dataprotection:BackupVault": _there(_storage_of, ("GeoRedundant",), "secondRegion"),
}
