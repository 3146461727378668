"""The policy pack: the list of its rules."""

from pulumi_policy import PolicyPack

import shared_reading
from backups import database_backup_schedules, database_backups
from levels import configuration
from workloads import container_hardening, deployment_availability, deployment_replicas

RULES = [
    database_backups,
    database_backup_schedules,
    deployment_replicas,
    deployment_availability,
    container_hardening,
]

shared_reading.install()
PolicyPack("slipway", [*RULES], initial_config=configuration(RULES))
