"""Where data lies: the region of what holds it, and those that its cloud copies it to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from frame import Absence, Property, Resource
from kinds.buckets import ACCOUNT, AWS_BUCKETS
from kinds.databases import DATABASES
from kinds.vaults import PLAN

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
"""Azure copies what is geo-redundant to the region that is paired with its own. Newer regions have none."""
_GEO_REDUNDANT = ("Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS")
_PROVIDER = "pulumi:providers:aws"
PROVIDERS = (_PROVIDER,)


@dataclass(frozen=True)
class Place:
    """Where some data lies."""

    cloud: str
    region: Property
    key: str = ""
    """Where the data's declaration says so, if it is a copy."""


def _here(resource: Resource, providers: Mapping[str, Resource]) -> Iterator[Place]:
    """AWS has a region by resource, and else that of the provider."""
    provider = providers.get(resource.provider)
    own = resource["region"]
    yield Place("aws", provider["region"] if own.missing and provider else own)


def _vaults(plan: Resource, _: Mapping[str, Resource]) -> Iterator[Place]:
    for rule in _each(plan["rules"]):
        for action in _each(rule["copyActions"]):
            yield Place("aws", _in_arn(action["destinationVaultArn"]), "backup.copyToSecondRegion")


def _each(listing: Property) -> Iterator[Property]:
    yield from [listing] if listing.unknown else listing.elements()


def _in_arn(arn: Property) -> Property:
    if arn.text is None:
        return arn
    parts = arn.text.split(":")
    return Property(parts[3] if len(parts) > 3 and parts[3] else Absence.MISSING, arn.path)


def _there(
    copied: Callable[[Resource], Property], copies: tuple[str, ...], key: str
) -> Callable[[Resource, Mapping[str, Resource]], Iterator[Place]]:
    """Azure has a location by resource, and a pair of it for copies."""

    def places(resource: Resource, _: Mapping[str, Resource]) -> Iterator[Place]:
        location = resource["location"]
        yield Place("azure", location)
        if copied(resource).unknown:
            yield Place("azure", copied(resource), key)
        elif copied(resource).text in copies:
            yield Place("azure", _pair_of(location), key)

    return places


def _pair_of(location: Property) -> Property:
    if location.text is None:
        return location
    return Property(_PAIRED.get(plain(location.text), Absence.MISSING), f"the pair of {location.path}")


def plain(region: str) -> str:
    """`East US 2` as `eastus2`."""
    return region.replace(" ", "").lower()


def _storage_of(vault: Resource) -> Property:
    settings = vault["properties"]["storageSettings"]
    return settings if settings.unknown else next((each["type"] for each in settings.elements()), settings)


Places = Callable[[Resource, Mapping[str, Resource]], Iterator[Place]]

HOLDERS: Mapping[str, Places] = {
    **{type_: _here for type_ in DATABASES if type_.startswith("aws:")},
    **dict.fromkeys(AWS_BUCKETS, _here),
    "aws:backup/vault:Vault": _here,
    PLAN: _vaults,
    "azure-native:dbforpostgresql:Server": _there(
        lambda server: server["backup"]["geoRedundantBackup"], ("Enabled",), "backup.copyToSecondRegion"
    ),
    "azure-native:mongocluster:MongoCluster": _there(lambda _: Property(Absence.MISSING), (), ""),
    ACCOUNT: _there(lambda account: account["sku"]["name"], _GEO_REDUNDANT, "copyToSecondRegion"),
    "azure-native:dataprotection:BackupVault": _there(_storage_of, ("GeoRedundant",), "secondRegion"),
}
"""Where each kind of resource has data, once the providers of the stack are known."""
