"""Azure for rules."""

from __future__ import annotations

from adapters.clouds.azure import (
    alarms,
    backup_schedules,
    costs,
    encrypted_types,
    guards,
    inbound_access,
    load_balancers,
    log_retention,
    managed_caches,
    managed_queues,
    nodes,
    reach,
    regions,
    registries,
    rights,
    storage,
)
from adapters.clouds.azure.clauses import CLAUSES
from adapters.clouds.azure.managed_databases import DATABASES, LOCKS, SERVER
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
            "alarm-receivers": alarms.RECEIVERS,
            "cache-standby": managed_caches.STANDBY,
            "encryption-at-rest": encrypted_types.AT_REST,
            "encryption-in-transit": {
                **encrypted_types.IN_TRANSIT,
                **managed_caches.IN_TRANSIT,
                **managed_queues.IN_TRANSIT,
                load_balancers.GATEWAY: load_balancers.gateway_in_transit,
                load_balancers.ROUTE: load_balancers.route_in_transit,
                load_balancers.DOMAIN: guarded(load_balancers.LOWEST),
            },
            "image-scanning": {registries.REGISTRY: guarded(registries.SERVES_KNOWN)},
            "node-limits": {nodes.POOL: nodes.limits},
            "vault-exposure": {guards.VAULT: inbound_access.vault_exposure},
        },
        together={
            "bucket-exposure": (storage.EXPOSED, storage.bucket_exposure),
            "queue-dead-letters": ((managed_queues.QUEUE, managed_queues.SUBSCRIPTION), managed_queues.dead_letters),
            "plain-http": ((load_balancers.GATEWAY,), load_balancers.plain_http),
        },
    ),
    databases=DATABASES,
    instances={**managed_caches.PRIVATE, **managed_queues.PRIVATE},
    firewalls=inbound_access.FIREWALLS,
    watched=(SERVER,),
    locks=LOCKS,
    schedules=backup_schedules.SCHEDULES,
    guards=guards.GUARDS,
    kept_days=guards.DAYS,
    protected=guards.PROTECTED,
    places=regions.PLACES,
    rights=rights.RIGHTS,
    reached=reach.REACHED,
    account="subscriptionId",
    clusters=(rights.CLUSTER,),
    key_variables=rights.KEY_VARIABLES,
    auth={**rights.AUTH, **managed_queues.AUTH},
    ingress={**inbound_access.INGRESS, **load_balancers.INGRESS},
    rule_groups=inbound_access.RULE_GROUPS,
    internal=inbound_access.INTERNAL,
    source_ranges=inbound_access.SOURCE_RANGES,
    secret_values=("azure-native:keyvault:Secret",),
    budgets=costs.BUDGETS,
    taggable=costs.TAGGABLE,
    tag_name=costs.tag_name,
    log_stores=log_retention.LOG_STORES,
    carriers=log_retention.CARRIERS,
    registries=registries.REGISTRIES,
    disk_classes=encrypted_types.DISK_CLASSES,
    spot_nodes={nodes.SPOT: "spot"},
    ignorable={rights.CLUSTER: ("agentPoolProfiles[*].count",), nodes.POOL: ("count",)},
)
