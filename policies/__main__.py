"""The policy pack: the list of its rules."""

from pulumi_policy import PolicyPack

import shared_reading
from backups import database_backup_schedules, database_backups
from ledgers import data_ledger
from levels import configuration
from migration_lint import migration_lint, migration_online
from workloads import container_hardening, deployment_availability, deployment_replicas

RULES = [
    data_ledger,
    database_backups,
    database_backup_schedules,
    deployment_replicas,
    deployment_availability,
    container_hardening,
    migration_online,
    migration_lint,
]

shared_reading.install()
PolicyPack("slipway", [*RULES], initial_config=configuration(RULES))
