"""Schedules of Azure's backup vaults."""

from __future__ import annotations

from adapters.clouds.contract import Purpose, Schedules, each_of
from framework import Property, Resource


def _copies(policy: Resource) -> list[Property]:
    """Return the schedules of backup rules; a policy of continuous backups has none."""
    rules = [each for each in each_of(policy["properties"]["policyRules"]) if each["trigger"].present]
    return [when for each in rules for when in each_of(each["trigger"]["schedule"]["repeatingTimeIntervals"])]


SCHEDULES = {"azure-native:dataprotection:BackupPolicy": Schedules(_copies, Purpose.COPY)}
