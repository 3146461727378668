"""Azure for rules."""

from __future__ import annotations

from adapters.clouds.azure import (
    backups,
    costs,
    encryption,
    guards,
    load_balancers,
    logs,
    network,
    regions,
    registries,
    rights,
    storage,
)
from adapters.clouds.azure.clauses import CLAUSES
from adapters.clouds.azure.databases import DATABASES, LOCKS, SERVER
from adapters.clouds.contract import Cloud, Provider, guarded, parts

CLOUD = Cloud(
    name="azure",
    package="azure-native",
    provider=Provider(
        identity=("subscriptionId",),
        others=("tenantId", "environment", "location", "disablePulumiPartnerId"),
        settings={"subscriptionId": "subscription"},
    ),
    rules=parts(
        CLAUSES,
        alone={
            "encryption-at-rest": encryption.AT_REST,
            "encryption-in-transit": {
                **encryption.IN_TRANSIT,
                load_balancers.GATEWAY: load_balancers.gateway_in_transit,
                load_balancers.ROUTE: load_balancers.route_in_transit,
                load_balancers.DOMAIN: guarded(load_balancers.LOWEST),
            },
            "image-scanning": {registries.REGISTRY: guarded(registries.SERVES_KNOWN)},
            "vault-exposure": {guards.VAULT: network.vault_exposure},
        },
        together={
            "bucket-exposure": (storage.EXPOSED, storage.bucket_exposure),
            "plain-http": ((load_balancers.GATEWAY,), load_balancers.plain_http),
        },
    ),
    databases=DATABASES,
    firewalls=network.FIREWALLS,
    watched=(SERVER,),
    locks=LOCKS,
    schedules=backups.SCHEDULES,
    guards=guards.GUARDS,
    kept_days=guards.DAYS,
    protected=guards.PROTECTED,
    places=regions.PLACES,
    rights=rights.RIGHTS,
    clusters=(rights.CLUSTER,),
    key_variables=rights.KEY_VARIABLES,
    auth=rights.AUTH,
    ingress={**network.INGRESS, **load_balancers.INGRESS},
    rule_groups=network.RULE_GROUPS,
    internal=network.INTERNAL,
    source_ranges=network.SOURCE_RANGES,
    secret_values=("azure-native:keyvault:Secret",),
    budgets=costs.BUDGETS,
    taggable=costs.TAGGABLE,
    tag_name=costs.tag_name,
    log_stores=logs.LOG_STORES,
    carriers=logs.CARRIERS,
    registries=registries.REGISTRIES,
    ignorable={rights.CLUSTER: ("agentPoolProfiles[*].count",)},
)
