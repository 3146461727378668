"""Azure's resources read as a template of its Resource Manager."""

from __future__ import annotations

from typing import Any

from slipway.rehearsal import UNKNOWN, Plan
from slipway.rehearsal.plan import Step
from slipway.scanners import arm


def body(type_: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """What the template says of one resource called `fleet/files`."""
    urn = f"urn:pulumi:prod::slipway::{type_}::fleet/files"
    plan = Plan("slipway", "prod", "organization", (Step("create", urn, {"type": type_, "inputs": inputs}),))
    (found,) = arm.document(arm.resources(plan))["resources"]
    return found


def test_what_azure_calls_properties_goes_below() -> None:
    """The rest stays at the top; two inputs have their names back."""
    inputs = {
        "accountName": "files",
        "kind": "StorageV2",
        "enableHttpsTrafficOnly": True,
        "sku": {"name": "Standard_ZRS"},
    }
    found = body("azure-native:storage:StorageAccount", inputs)
    assert (found["type"], found["name"], found["kind"]) == ("Microsoft.Storage/storageAccounts", "files", "StorageV2")
    assert found["sku"] == {"name": "Standard_ZRS"}
    assert found["properties"] == {"supportsHttpsTrafficOnly": True}


def test_properties_that_are_called_so_are_not_nested_twice() -> None:
    """A vault's inputs have them as Azure does. A name that is not known yet is the resource's own."""
    found = body("azure-native:keyvault:Vault", {"vaultName": UNKNOWN, "properties": {"enableSoftDelete": True}})
    assert (found["name"], found["properties"]) == ("fleet/files", {"enableSoftDelete": True})


def test_types_without_a_check_are_left_out() -> None:
    """Nothing would look at them."""
    step = Step("create", "urn:pulumi:prod::slipway::azure-native:dns:Zone::z", {"type": "azure-native:dns:Zone"})
    assert arm.resources(Plan("slipway", "prod", "organization", (step,))) == []
