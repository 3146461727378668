"""What holds data on Azure: how it grows, is copied, expires, is adopted and protected."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import one, plan
from tests.components.clouds.test_azure import CLUSTER, SERVER

ELSEWHERE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/data/providers"
OLD = f"{ELSEWHERE}/Microsoft.DBforPostgreSQL/flexibleServers/old"
ACCOUNT = "azure-native:storage:StorageAccount"


def declared(shop: str, cluster: str = CLUSTER) -> Plan:
    return plan(cluster, f"{{blue: {{version: 1.0.0}}, {shop}}}")


@pytest.fixture(scope="module")
def adopted() -> Plan:
    database = f"shop_db: {{adopt: {OLD}, maximumStorage: 50, readReplicas: 1, pooling: true}}"
    return declared(f"databases: {{{database}}}, buckets: {{receipts: {{adopt: oldreceipts}}}}")


@pytest.fixture(scope="module")
def unprotected() -> Plan:
    bucket = f"buckets: {{receipts: {{adopt: {ELSEWHERE}/Microsoft.Storage/storageAccounts/older}}}}"
    return declared(bucket, CLUSTER + "protect: false\n")


def test_an_adopted_server_keeps_its_name_and_group(adopted: Plan) -> None:
    """An import fails when what is declared differs from what is there."""
    server = one(adopted, SERVER, "shop/shop_db")
    assert server.state["importID"] == OLD
    assert (server.inputs["resourceGroupName"], server.inputs["serverName"]) == ("data", "old")
    parameters = [step for step in adopted.steps if step.type == "azure-native:dbforpostgresql:Configuration"]
    assert {step.inputs["resourceGroupName"] for step in parameters} == {"data"}


def test_an_adopted_account_is_imported_by_its_id(adopted: Plan, unprotected: Plan) -> None:
    """A name alone is one in the cluster's own resource group; an id may be of any."""
    named, reported = one(adopted, ACCOUNT, "shop/receipts"), one(unprotected, ACCOUNT, "shop/receipts")
    own = ELSEWHERE.replace("/data/", "/slipway-test-main/")
    assert named.state["importID"] == f"{own}/Microsoft.Storage/storageAccounts/oldreceipts"
    assert named.inputs["accountName"] == "oldreceipts"
    assert reported.state["importID"] == f"{ELSEWHERE}/Microsoft.Storage/storageAccounts/older"
    assert (reported.inputs["resourceGroupName"], reported.inputs["accountName"]) == ("data", "older")


@pytest.mark.parametrize("wrong", ["old", f"{OLD}/databases/x", OLD.replace("flexibleServers", "servers")])
def test_an_id_of_something_else_is_refused(wrong: str) -> None:
    """The error names the id, the kind that is needed, and an example."""
    from components.clouds.azure.adopted import Adopted

    with pytest.raises(
        ValueError, match=r"is not the id of a Microsoft.DBforPostgreSQL/flexibleServers, for example /"
    ):
        Adopted.server(wrong)


def test_a_reader_waits_for_the_servers_parameters(adopted: Plan) -> None:
    """A server that is being changed refuses to be copied."""
    reader = one(adopted, SERVER, "shop/shop_db-reader-0")
    last = one(adopted, "azure-native:dbforpostgresql:Configuration", "shop/shop_db-pgbouncer.enabled")
    assert last.urn in reader.dependencies


def test_storage_grows_only_within_its_bound(adopted: Plan, unprotected: Plan) -> None:
    """Azure knows no bound: growth is off where the next size is beyond maximumStorage."""
    assert one(adopted, SERVER, "shop/shop_db").inputs["storage"] == {"storageSizeGB": 32, "autoGrow": "Disabled"}
    assert one(unprotected, SERVER).inputs["storage"] == {"storageSizeGB": 32, "autoGrow": "Enabled"}


@pytest.mark.parametrize(("asked", "kept"), [(3, 7), (60, 35)])
def test_backups_are_kept_as_azure_can_and_tagged_as_asked(asked: int, kept: int) -> None:
    """Azure keeps 7 to 35 days; the tag stays honest, so that the policy pack can tell."""
    planned = declared(f"databases: {{shop_db: {{backup: {{retentionDays: {asked}}}}}}}")
    server = one(planned, SERVER).inputs
    assert server["backup"]["backupRetentionDays"] == kept
    assert server["tags"]["slipway-backup-retention"] == str(asked)


def test_files_expire_when_the_system_says_so(adopted: Plan) -> None:
    """Files by expireDays; what was overwritten once it can no longer be brought back."""
    (rule,) = one(adopted, "azure-native:storage:ManagementPolicy", "shop/receipts").inputs["policy"]["rules"]
    assert rule["enabled"] is True
    assert rule["definition"]["actions"] == {
        "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 400}},
        "version": {"delete": {"daysAfterCreationGreaterThan": 90}},
    }


def test_protection_follows_the_cluster(adopted: Plan, unprotected: Plan) -> None:
    """A cluster without protection can be taken down whole."""
    assert one(adopted, ACCOUNT, "shop/receipts").state["protect"] is True
    for type_, name in ((ACCOUNT, "shop/receipts"), (SERVER, "shop/shop_db")):
        assert not one(unprotected, type_, name).state.get("protect")
