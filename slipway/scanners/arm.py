"""Converts the Azure resources of a plan into a template of the Resource Manager.

Pulumi's provider is generated from the manager's API, except that the content of `properties` is one level higher.
Types without a check in checkov are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slipway.rehearsal import UNKNOWN, Plan
from slipway.rehearsal.plan import Step

TYPES = {
    "authorization:RoleDefinition": ("Microsoft.Authorization/roleDefinitions", "roleDefinitionId"),
    "containerregistry:Registry": ("Microsoft.ContainerRegistry/registries", "registryName"),
    "containerservice:ManagedCluster": ("Microsoft.ContainerService/managedClusters", "resourceName"),
    "keyvault:Secret": ("Microsoft.KeyVault/vaults/secrets", "secretName"),
    "keyvault:Vault": ("Microsoft.KeyVault/vaults", "vaultName"),
    "network:NetworkSecurityGroup": ("Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName"),
    "network:VirtualNetwork": ("Microsoft.Network/virtualNetworks", "virtualNetworkName"),
    "storage:BlobContainer": ("Microsoft.Storage/storageAccounts/blobServices/containers", "containerName"),
    "storage:StorageAccount": ("Microsoft.Storage/storageAccounts", "accountName"),
}
"""By Pulumi's type: Azure's type, and the input that is the resource's name."""

HIGHEST = ("location", "tags", "sku", "kind", "identity", "zones")
RENAMED = {"enableHttpsTrafficOnly": "supportsHttpsTrafficOnly", "networkRuleSet": "networkAcls"}
API_VERSION = "2024-01-01"


@dataclass(frozen=True)
class Resource:
    """A resource of the template; `address` is checkov's name for it."""

    address: str
    label: str
    body: Mapping[str, Any]


def resources(plan: Plan) -> list[Resource]:
    """Return the Azure resources that checkov knows, in the order of the plan."""
    steps = [(step, TYPES.get(step.type.removeprefix("azure-native:"))) for step in plan.steps]
    return [_resource(step, *found) for step, found in steps if found and step.package == "azure-native"]


def _resource(step: Step, type_: str, name_key: str) -> Resource:
    inputs = dict(step.inputs)
    name = inputs.pop(name_key)
    properties = inputs.pop("properties", {})
    body = {"type": type_, "apiVersion": API_VERSION, "name": step.name if name == UNKNOWN else name}
    body |= {key: inputs.pop(key) for key in HIGHEST if key in inputs}
    body["properties"] = {RENAMED.get(key, key): value for key, value in (inputs | properties).items()}
    return Resource(f"{type_}.{body['name']}", f"{step.type.rsplit(':', 1)[-1]}/{step.name}", body)


def document(resources: Sequence[Resource]) -> Mapping[str, Any]:
    """Return the template."""
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [each.body for each in resources],
    }
