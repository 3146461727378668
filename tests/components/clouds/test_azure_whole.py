"""Azure: a system that asks for everything, with a second region."""

from __future__ import annotations

import pytest

from components.clouds.azure.private_endpoint import ip_rule
from slipway.rehearsal import UNKNOWN, Plan, Step
from tests.components.clouds.planned import WHOLE, one, plan

CLUSTER = """
cloud: azure
region: eastus2
secondRegion: centralus
frontDoor: true
monthlyBudget: 900
budgetStart: "2026-11-01"
billingContacts: [billing@example.com]
stateContainer: STATE
subscription: 00000000-0000-4000-8000-000000000001
tenant: 00000000-0000-4000-8000-000000000002
deployers: [00000000-0000-4000-8000-000000000003]
network: {cidr: 10.60.0.0/16, secondCidr: 10.61.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24, 198.51.100.7/32]}
""".replace(
    "STATE",
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/state/providers"
    "/Microsoft.Storage/storageAccounts/slipwaystate/blobServices/default/containers/state",
)
SHOP = (
    "{blue: {version: 1.0.0}, databases: {shop_db: {replicaInSecondRegion: true, backup: {copyToSecondRegion: true}}},"
    " buckets: {receipts: {copyToSecondRegion: true}}}"
)
NATIVE = "azure-native"


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan(CLUSTER, SHOP, WHOLE)


def all_of(planned: Plan, type_: str) -> list[Step]:
    return [step for step in planned.steps if step.type == type_]


def test_each_system_has_a_vault_of_its_own(planned: Plan) -> None:
    """Roles, purge protection, and closed but for the private endpoint and the networks of people."""
    properties = one(planned, f"{NATIVE}:keyvault:Vault").inputs["properties"]
    assert (properties["enableRbacAuthorization"], properties["enablePurgeProtection"]) == (True, True)
    assert properties["networkAcls"]["defaultAction"] == "Deny"
    assert [each["value"] for each in properties["networkAcls"]["ipRules"]] == ["203.0.113.0/24", "198.51.100.7"]
    assert one(planned, f"{NATIVE}:network:PrivateEndpoint", "shop/secrets")
    assert one(planned, f"{NATIVE}:keyvault:Vault").state["protect"] is True


def test_what_others_supply_has_no_entry_before_they_do(planned: Plan) -> None:
    """A vault knows no empty ones; the cluster asks for it by the name under which it will be filled."""
    entries = {step.inputs["secretName"] for step in all_of(planned, f"{NATIVE}:keyvault:Secret")}
    assert "shop-generated" in entries
    assert not any("VENDOR" in entry for entry in entries)
    supplied = one(planned, "kubernetes:external-secrets.io/v1:ExternalSecret", "shop/shop-supplied-vendor-key").inputs[
        "spec"
    ]
    assert supplied["data"] == [{"secretKey": "VENDOR_KEY", "remoteRef": {"key": "VENDOR-KEY"}}]


def test_an_identity_is_of_one_service_account(planned: Plan) -> None:
    """Tied to the cluster's issuer; only services that use something have one."""
    credentials = all_of(planned, f"{NATIVE}:managedidentity:FederatedIdentityCredential")
    assert {step.inputs["subject"] for step in credentials} == {
        "system:serviceaccount:cert-manager:cert-manager",
        "system:serviceaccount:external-dns:external-dns",
        "system:serviceaccount:logging:logs",
        "system:serviceaccount:shop:api",
        "system:serviceaccount:shop:backups",
        "system:serviceaccount:shop:secrets",
    }
    pod = one(planned, "kubernetes:apps/v1:Deployment", "shop/api-blue").inputs["spec"]["template"]
    assert pod["metadata"]["labels"]["azure.workload.identity/use"] == "true"


def test_backups_are_written_and_never_deleted(planned: Plan) -> None:
    """By a role that has no delete, into a container that is locked as long as backups are promised."""
    (permissions,) = one(planned, f"{NATIVE}:authorization:RoleDefinition").inputs["permissions"]
    assert not any("delete" in action for action in permissions["dataActions"])
    lock = one(planned, f"{NATIVE}:storage:BlobContainerImmutabilityPolicy", "shop/backups").inputs
    assert lock["immutabilityPeriodSinceCreationInDays"] == 60


def test_accounts_are_closed_and_copied_as_asked(planned: Plan) -> None:
    """Deny by default; over zones, and to another region where that is asked for."""
    accounts = {step.name: step.inputs for step in all_of(planned, f"{NATIVE}:storage:StorageAccount")}
    assert {name: each["sku"]["name"] for name, each in accounts.items()} == {
        "shop/receipts": "Standard_GZRS",
        "shop/backups": "Standard_GZRS",
        "logging-main/snapshots": "Standard_ZRS",
    }
    for each in accounts.values():
        assert each["networkRuleSet"]["defaultAction"] == "Deny"
        assert (each["allowSharedKeyAccess"], each["allowBlobPublicAccess"]) == (False, False)


def test_what_a_server_cannot_keep_goes_to_the_vault(planned: Plan) -> None:
    """60 days declared: 35 in the server, a copy a week in the vault for 60."""
    assert one(planned, f"{NATIVE}:dbforpostgresql:Server", "shop/shop_db").inputs["backup"] == {
        "backupRetentionDays": 35,
        "geoRedundantBackup": "Enabled",
    }
    rules = one(planned, f"{NATIVE}:dataprotection:BackupPolicy", "shop/shop_db").inputs["properties"]["policyRules"]
    kept = next(rule for rule in rules if rule["objectType"] == "AzureRetentionRule")
    assert kept["lifecycles"][0]["deleteAfter"]["duration"] == "P60D"
    vault = one(planned, f"{NATIVE}:dataprotection:BackupVault").inputs["properties"]
    assert vault["securitySettings"]["immutabilitySettings"] == {"state": "Unlocked"}
    assert vault["storageSettings"] == [{"datastoreType": "VaultStore", "type": "GeoRedundant"}]
    assert one(planned, f"{NATIVE}:authorization:RoleAssignment", "shop/shop_db-vault").inputs["principalId"] == UNKNOWN


def test_a_replica_stands_in_the_second_region(planned: Plan) -> None:
    """In a network of its own there."""
    copy = one(planned, f"{NATIVE}:dbforpostgresql:Server", "shop/shop_db-copy")
    assert (copy.inputs["location"], copy.inputs["createMode"], copy.state["protect"]) == ("centralus", "Replica", True)
    assert one(planned, f"{NATIVE}:network:VirtualNetwork", "main-copies").inputs["location"] == "centralus"


def test_documents_are_private(planned: Plan) -> None:
    """No public way in, a standby, and a lock against deletion."""
    properties = one(planned, f"{NATIVE}:mongocluster:MongoCluster").inputs["properties"]
    assert properties["publicNetworkAccess"] == "Disabled"
    assert properties["highAvailability"] == {"targetMode": "ZoneRedundantPreferred"}
    assert one(planned, f"{NATIVE}:network:PrivateEndpoint", "shop/papers")
    assert (
        one(planned, f"{NATIVE}:authorization:ManagementLockByScope", "shop/papers").inputs["level"] == "CanNotDelete"
    )


def test_front_door_stands_before_the_gateway(planned: Plan) -> None:
    """HTTPS only, for the site's domain; nginx in the slot answers behind it."""
    route = one(planned, f"{NATIVE}:cdn:Route").inputs
    assert (route["httpsRedirect"], route["forwardingProtocol"]) == ("Enabled", "HttpsOnly")
    origin = one(planned, f"{NATIVE}:cdn:AFDOrigin").inputs
    assert (origin["hostName"], origin["originHostHeader"]) == ("origin.shop.example.com", "shop.example.com")
    assert one(planned, "kubernetes:apps/v1:Deployment", "shop/shop-site-blue")


def test_only_hosts_below_a_zone_are_turned(planned: Plan) -> None:
    """Priority: the own name first, the standby's when that does not answer."""
    profile = one(planned, f"{NATIVE}:trafficmanager:Profile").inputs
    assert [each["target"] for each in profile["endpoints"]] == [
        "origin.api.shop.example.com",
        "standby.api.shop.example.com",
    ]
    record = one(planned, f"{NATIVE}:dns:RecordSet", "shop/api").inputs
    assert (record["relativeRecordSetName"], record["recordType"]) == ("api", "CNAME")


def test_money_is_watched(planned: Plan) -> None:
    """The cluster's budget over its group, the system's by its tag."""
    budgets = {step.name: step.inputs for step in all_of(planned, f"{NATIVE}:consumption:Budget")}
    assert {name: each["amount"] for name, each in budgets.items()} == {"main": 900, "shop": 300}
    assert budgets["shop"]["filter"]["tags"]["values"] == ["shop"]
    assert budgets["shop"]["timePeriod"] == {"startDate": "2026-11-01T00:00:00Z"}
    assert set(budgets["shop"]["notifications"]) == {"actual-50", "actual-80", "actual-100", "forecast-100"}


def test_every_resource_is_of_the_clusters_own_subscription(planned: Plan) -> None:
    """None falls back to a default provider."""
    found = [step for step in planned.steps if step.package == NATIVE and step.state["custom"]]
    assert len(found) > 100
    assert [step.urn for step in found if "pulumi:providers:azure-native::main::" not in step.provider] == []


def test_a_single_address_is_written_as_firewalls_want_it() -> None:
    """Without /32."""
    assert (ip_rule("198.51.100.7/32"), ip_rule("203.0.113.0/24")) == ("198.51.100.7", "203.0.113.0/24")


# --- a zone that exists already, in a group of its own, and a key that is being rotated ---------------------------------

DNS = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/dns/providers/Microsoft.Network/dnsZones"


@pytest.fixture(scope="module")
def existing() -> Plan:
    cluster = f"{CLUSTER}dnsZones: {{example.com: {DNS}/example.com}}\n"
    shop = SHOP.removesuffix("}") + ", secrets: {KEY: {rotated: '2026-06-01', previous: '2026-01-01'}}}"
    return plan(cluster, shop, WHOLE)


def test_records_go_into_the_zone_that_exists(existing: Plan) -> None:
    """By its own name and in its own group; no other zone is made."""
    assert all_of(existing, f"{NATIVE}:dns:Zone") == []
    records = [step.inputs for step in all_of(existing, f"{NATIVE}:dns:RecordSet")]
    assert {(each["zoneName"], each["resourceGroupName"]) for each in records} == {("example.com", "dns")}
    assert {each["relativeRecordSetName"] for each in records} == {"api.shop", "shop", "_dnsauth.shop"}


def test_what_writes_records_looks_where_the_zone_is(existing: Plan) -> None:
    """One for the cluster's group, one for the other, of one service account; each is told its zones by their names."""
    release = "kubernetes:helm.sh/v3:Release"
    own = one(existing, release, "main/external-dns").inputs["values"]
    other = one(existing, release, "main/external-dns-example-com").inputs
    assert (own["domainFilters"], other["values"]["domainFilters"]) == ([], ["example.com"])
    assert other["name"] == "external-dns-example-com"
    assert other["values"]["serviceAccount"] == {"create": False, "name": "external-dns"}
    assert '"resourceGroup": "dns"' in other["values"]["secretConfiguration"]["data"]["azure.json"]


def test_the_key_before_a_rotation_is_kept(existing: Plan) -> None:
    """It is the same resource as before the rotation, so it has the same value."""
    keys = {step.name: step.inputs.get("keepers") for step in all_of(existing, "random:index/randomBytes:RandomBytes")}
    assert keys["shop/KEY"] == {"rotated": "2026-01-01"}
    assert keys["shop/KEY-2026-06-01"] == {"rotated": "2026-06-01"}
