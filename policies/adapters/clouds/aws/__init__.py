"""AWS for rules."""

from __future__ import annotations

from adapters.clouds.aws import (
    backups,
    buckets,
    costs,
    edge,
    encryption,
    escalation,
    guards,
    load_balancers,
    logs,
    network,
    regions,
    registries,
    rights,
)
from adapters.clouds.aws.clauses import CLAUSES
from adapters.clouds.aws.databases import DATABASES, INSTANCE, INSTANCES
from adapters.clouds.contract import Cloud, Provider, guarded, parts, several

CLOUD = Cloud(
    name="aws",
    package="aws",
    provider=Provider(
        identity=("region", "allowedAccountIds"),
        others=("skipCredentialsValidation", "skipRegionValidation", "defaultTags", "maxRetries", "retryMode"),
        settings={"region": "region", "allowedAccountIds": "account"},
    ),
    rules=parts(
        CLAUSES,
        alone={
            "encryption-at-rest": encryption.AT_REST,
            "encryption-in-transit": {**encryption.IN_TRANSIT, load_balancers.LISTENER: load_balancers.in_transit},
            "image-scanning": {registries.REPOSITORY: guarded(*registries.SCANNED)},
        },
        together={
            "bucket-exposure": (buckets.EXPOSED, buckets.bucket_exposure),
            "iam-escalation-together": (escalation.TYPES, escalation.together),
            "data-residence": (("pulumi:providers:aws",), None),
            "open-ingress-together": (
                (load_balancers.BALANCER, load_balancers.LISTENER, network.LISTS),
                several(load_balancers.open_ports, network.named_lists),
            ),
            "plain-http": (
                (
                    *buckets.BUCKETS,
                    buckets.POLICY,
                    buckets.DISTRIBUTION,
                    load_balancers.BALANCER,
                    load_balancers.LISTENER,
                ),
                several(buckets.plain_http, load_balancers.plain_http),
            ),
            "replication-elsewhere": ((*buckets.BUCKETS, buckets.REPLICATION), buckets.replication_elsewhere),
            "version-and-lock": (
                (*buckets.BUCKETS, buckets.VERSIONING, buckets.VAULT, buckets.LOCK),
                buckets.version_and_lock,
            ),
        },
    ),
    databases=DATABASES,
    instances=INSTANCES,
    watched=(INSTANCE,),
    vault_types=(backups.PLAN, backups.SELECTION),
    vaults=backups.vaults,
    test_types=(backups.TEST,),
    tests=backups.tests,
    schedules=backups.SCHEDULES,
    guards=guards.GUARDS,
    kept_days=guards.DAYS,
    protected=guards.PROTECTED,
    holds_data=("aws:mq/broker:Broker",),
    places=regions.PLACES,
    provisioners=encryption.PROVISIONERS,
    rights=rights.RIGHTS,
    clusters=(rights.CLUSTER,),
    key_variables=rights.KEY_VARIABLES,
    auth=rights.AUTH,
    logins=rights.LOGINS,
    ingress=network.INGRESS,
    rule_groups=network.RULE_GROUPS,
    internal={**network.INTERNAL, **load_balancers.INTERNAL},
    source_ranges=load_balancers.SOURCE_RANGES,
    ingress_listeners=load_balancers.ingress_listeners,
    secret_values=("aws:secretsmanager/secretVersion:SecretVersion",),
    secret_entries=("aws:secretsmanager/secret:Secret",),
    filled_by=(
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:secretsmanager/secretRotation:SecretRotation",
    ),
    budgets=costs.BUDGETS,
    taggable=costs.TAGGABLE,
    log_stores=logs.LOG_STORES,
    exports=logs.EXPORTS,
    carriers=logs.CARRIERS,
    registries=registries.REGISTRIES,
    shares=edge.SHARES,
    ignorable={INSTANCE: ("backupRetentionPeriod",)},
)
