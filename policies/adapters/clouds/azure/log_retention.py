"""Retention and export of logs on Azure."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clouds.azure.managed_databases import SERVER
from adapters.clouds.contract import OF_CLUSTER, Carrier, Group, LogStore
from framework import Property, Resource

LOG_STORES = {
    "azure-native:operationalinsights:Workspace": LogStore(
        lambda workspace: iter([workspace["retentionInDays"]]), f"{OF_CLUSTER} of the cluster", OF_CLUSTER
    )
}


def _categories(setting: Resource) -> list[Property]:
    logs = setting["logs"]
    if logs.unknown:
        return [logs]
    on = [each for each in logs.elements() if each["enabled"].unknown or each["enabled"].value is True]
    return [each[key] for each in on for key in ("category", "categoryGroup") if each[key].present]


def _diagnostics(*needed: Group) -> Carrier:
    whole = tuple((*group, "audit", "allLogs") for group in needed)
    return Carrier("azure-native:monitor:DiagnosticSetting", "resourceUri", _categories, whole)


CARRIERS: Mapping[str, Carrier] = {
    "azure-native:containerservice:ManagedCluster": _diagnostics(("kube-audit", "kube-audit-admin"), ("guard",)),
    SERVER: _diagnostics(("PostgreSQLLogs",)),
}
