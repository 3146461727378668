"""Settings of Azure by which services are opened, shared or lost, from the benchmarks of CIS and of Microsoft."""

from __future__ import annotations

from typing import Any

from tests.policies.edits.data import FILES
from tests.policies.edits.identity import ASSIGNED, GRANT, assigned, azure
from tests.policies.edits.network import NSG, OF_AZURE, SERVER, STORE, VAULT, application_gateway, nsg
from tests.policies.plan_under_test import Edit
from tests.policies.swift import Addition

FEDERATED = ("FederatedIdentityCredential", "fleet-cert-manager")
CLUSTER, SUBNET, PEERING = (
    ("containerservice:ManagedCluster", "fleet"),
    ("network:Subnet", "fleet-nodes"),
    ("VirtualNetworkPeering", "fleet-copies-to-copies"),
)
ENDPOINT, POLICY = ("network:PrivateEndpoint", "logging-fleet/snapshots"), ("storage:ManagementPolicy", "fleet/backups")
BACKUPS, WORKSPACE = ("dataprotection:BackupPolicy", "fleet/fleet_db"), ("operationalinsights:Workspace", "fleet")
OTHERS = "/subscriptions/00000000-0000-4000-8000-00000000000f/resourceGroups/others/providers"
OWN = "/subscriptions/00000000-0000-4000-8000-000000000004"
GITHUB = "https://token.actions.githubusercontent.com"


def federated(**inputs: Any) -> tuple[Edit, ...]:
    return tuple(Edit(*FEDERATED, (key,), value) for key, value in inputs.items())


def beside(kind: str, **inputs: Any) -> Addition:
    return Addition(f"azure-native:{kind}", "new", inputs, NSG, (NSG,))


def pool(**inputs: Any) -> Addition:
    usual = {"vmSize": "Standard_D4ads_v5", "enableAutoScaling": True, "maxCount": 3}
    return beside("containerservice:AgentPool", **{**usual, **inputs})


def deletes(*prefixes: str, **actions: Any) -> Edit:
    """What an account deletes by itself."""
    filters = {"blobTypes": ["blockBlob"]} | ({"prefixMatch": [*prefixes]} if prefixes else {})
    definition = {"actions": actions, "filters": filters}
    return Edit(
        *POLICY, ("policy", "rules"), [{"enabled": True, "name": "it", "type": "Lifecycle", "definition": definition}]
    )


def kept(duration: str) -> Edit:
    """How long a vault keeps backups."""
    rule = {
        "objectType": "AzureRetentionRule",
        "isDefault": True,
        "name": "Default",
        "lifecycles": [{"deleteAfter": {"duration": duration, "objectType": "AbsoluteDeleteOption"}}],
    }
    return Edit(*BACKUPS, ("properties", "policyRules", 1), rule)


def cluster(*path: str | int, value: Any) -> Edit:
    return Edit(*CLUSTER, path, value)


def without(resource: tuple[str, str], *path: str | int) -> Edit:
    return Edit(*resource, path)


def redis(**inputs: Any) -> Addition:
    return beside("redisenterprise:Database", **{"clientProtocol": "Encrypted", **inputs})


def can(**permissions: list[str]) -> Edit:
    policy = {"objectId": "00000000-0000-4000-8000-00000000000a", "tenantId": "t", "permissions": permissions}
    return Edit(*VAULT, ("properties", "accessPolicies"), [policy])


CAUGHT = {
    "iam-trust": {
        "prod": [
            federated(subject="system:serviceaccount:*"),
            federated(subject=""),
            federated(subject="repo:*", issuer=GITHUB),
            federated(subject="repo:evil/app:ref:refs/heads/main", issuer="https://login.evil.example.com"),
            federated(audiences=["*"]),
            federated(audiences=["api://AzureADTokenExchange", "sts.amazonaws.com"]),
            federated(issuer="http://oidc.example.com"),
            federated(claimsMatchingExpression={"value": "claims['sub'] matches 'repo:*'", "languageVersion": 1}),
        ]
    },
    "iam-wildcards": {
        "prod": [
            *(
                assigned(each)
                for each in (
                    "00482a5a-887f-4fb3-b363-3b7fe8e74483", "17d1049b-9a84-46fb-8f53-869881c3d3ab",
                    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
                    "f25e0fa2-a7c8-4377-a976-54943a77a395", "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
                    "8b54135c-b56d-4d72-a534-26097cfdc8d8", "FB1C8493-542B-48EB-B624-B4C8FEA62ACD",
                )
            ),
            Edit(*ASSIGNED, ("scope",), OWN),
            Edit(*GRANT, ("assignableScopes",), ["/"]),
            Edit(*GRANT, ("assignableScopes",), [OWN, "/providers/Microsoft.Management/managementGroups/all"]),
            cluster("enableRBAC", value=False),
            Edit(*VAULT, ("properties", "enableRbacAuthorization"), False),
            can(secrets=["all"]),
            can(keys=["get", "Purge"]),
            azure("*/read", "*/action"),
            azure("Microsoft.Compute/*"),
        ]
    },
    "iam-escalation": {
        "prod": [
            azure("Microsoft.DocumentDB/databaseAccounts/listKeys/action"),
            azure("Microsoft.Storage/storageAccounts/listServiceSas/action"),
            azure("Microsoft.ServiceBus/namespaces/authorizationRules/listKeys/action"),
            azure("Microsoft.Compute/virtualMachines/extensions/write"),
            azure("Microsoft.Web/sites/publishxml/action"),
            azure("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"),
            azure("Microsoft.ContainerRegistry/registries/generateCredentials/action"),
            azure("Microsoft.Authorization/*/write"),
            azure("Microsoft.Resources/deployments/write"),
            Edit(*GRANT, ("permissions", 0, "dataActions"), ["Microsoft.KeyVault/vaults/secrets/*"]),
            Edit(*GRANT, ("permissions", 0, "dataActions"), ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]),
            Edit(*VAULT, ("properties", "enabledForTemplateDeployment"), True),
            Edit(*VAULT, ("properties", "enabledForDeployment"), True),
        ]
    },
    "local-accounts": {
        "prod": [
            without(CLUSTER, "aadProfile"),
            cluster("aadProfile", "managed", value=False),
            Edit(*STORE, ("isLocalUserEnabled",), True),
            Edit(*STORE, ("isSftpEnabled",), True),
            beside("containerregistry:Registry", adminUserEnabled=True, **OF_AZURE),
        ]
    },
    "open-ingress": {
        "prod": [
            without(SUBNET, "networkSecurityGroup"),
            Edit("network:VirtualNetwork", "fleet", ("subnets",), [{"name": "open", "addressPrefix": "10.50.200.0/24"}]),
            cluster("agentPoolProfiles", 1, "enableNodePublicIP", value=True),
            cluster("addonProfiles", value={"httpApplicationRouting": {"enabled": True}}),
            cluster("addonProfiles", value={"kubeDashboard": {"enabled": True}}),
            cluster("apiServerAccessProfile", value={"authorizedIPRanges": []}),
            cluster("apiServerAccessProfile", value={"enablePrivateCluster": "true"}),
            pool(enableNodePublicIP=True),
            nsg("::/0"),
            nsg("203.0.113.0/24", "internet"),
            nsg("*", port="443", destinationPortRanges=["443", "3389"]),
            nsg("Internet", port="0-65535"),
            nsg("0.0.0.0/0", access="allow", direction="inbound"),
        ]
    },
    "foreign-accounts": {
        "prod": [
            Edit(*PEERING, ("remoteVirtualNetwork", "id"), f"{OTHERS}/Microsoft.Network/virtualNetworks/theirs"),
            Edit(*ENDPOINT, ("privateLinkServiceConnections",), [{"privateLinkServiceId": f"{OTHERS}/a/theirs"}]),
            Edit(*ENDPOINT, ("manualPrivateLinkServiceConnections",), [{"privateLinkServiceId": f"{OTHERS}/a/theirs"}]),
        ]
    },
    "namespace-isolation": {
        "prod": [
            without(CLUSTER, "networkProfile", "networkPolicy"),
            cluster("networkProfile", "networkPolicy", value="none"),
            without(CLUSTER, "networkProfile"),
        ]
    },
    "security-updates": {
        "prod": [
            without(CLUSTER, "autoUpgradeProfile"),
            cluster("autoUpgradeProfile", "upgradeChannel", value="none"),
            cluster("autoUpgradeProfile", "nodeOSUpgradeChannel", value="Unmanaged"),
        ]
    },
    "database-standby": {
        "prod": [
            Edit(*SERVER, ("highAvailability", "mode"), "Disabled"),
            without(SERVER, "highAvailability"),
        ]
    },
    "audit-logs": {
        "prod": [
            beside("dbforpostgresql:Configuration", configurationName="log_connections", value="OFF"),
            beside("dbforpostgresql:Configuration", configurationName="log_checkpoints", value="off"),
        ]
    },
    "plain-http": {"prod": [application_gateway("http", port=80)]},
    "bucket-exposure": {
        "prod": [
            Edit(*STORE, ("allowCrossTenantReplication",), True),
            Edit(*STORE, ("networkRuleSet", "resourceAccessRules"), [{"resourceId": "/subscriptions/*/resourceGroups/*"}]),
            Edit(*STORE, ("networkRuleSet", "ipRules"), [{"iPAddressOrRange": "203.0.113.0/24"}, {"iPAddressOrRange": "0.0.0.0/0"}]),
        ]
    },
    "deletion-guards": {
        "prod": [
            Edit(*FILES, ("deleteRetentionPolicy", "allowPermanentDelete"), True),
            deletes(baseBlob={"delete": {"daysAfterModificationGreaterThan": 1}}),
            deletes(baseBlob={"delete": {"daysAfterCreationGreaterThan": 0}}),
            deletes(version={"delete": {"daysAfterCreationGreaterThan": 1}}),
            deletes(snapshot={"delete": {"daysAfterCreationGreaterThan": 2}}),
            kept("P1D"),
            kept("PT1H"),
        ]
    },
    "encryption-in-transit": {
        "prod": [
            beside("cdn:AFDOrigin", enforceCertificateNameCheck=False, hostName="a.example.com"),
            Edit("dbforpostgresql:Configuration", "fleet/fleet_db-require_secure_transport", ("value",), "OFF"),
            Edit(*STORE, ("minimumTlsVersion",), "TLS1_1"),
            Edit(*STORE, ("minimumTlsVersion",), "tls1_2 "),
        ]
    },
    "plain-secrets": {
        "prod": [
            cluster("servicePrincipalProfile", value={"clientId": "c", "secret": "q7Xv2LmZ0pTfR4sYk9Wb"}),
        ]
    },
}  # fmt: skip

FINE = {
    "prod": [
        federated(subject="repo:company/app:environment:prod", issuer=GITHUB),
        federated(subject="system:serviceaccount:fleet:api", issuer="https://eastus2.oic.prod-aks.azure.com/t/i/"),
        assigned("acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        (assigned("acdd72a7-3385-48ef-bd42-f606fba81ae7"), Edit(*ASSIGNED, ("scope",), OWN)),
        assigned("ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
        azure("Microsoft.Compute/disks/read", "Microsoft.Compute/disks/beginGetAccess/action"),
        azure("Microsoft.Network/publicIPAddresses/join/action"),
        Edit(*GRANT, ("assignableScopes",), [f"{OWN}/resourceGroups/slipway-prod-fleet", f"{OWN}/resourceGroups/other"]),
        Edit(*GRANT, ("permissions", 0, "dataActions"), ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"]),
        cluster("networkProfile", "networkPolicy", value="calico"),
        cluster("addonProfiles", value={"azurepolicy": {"enabled": True}, "httpApplicationRouting": {"enabled": False}}),
        pool(),
        pool(enableNodePublicIP=False),
        deletes(baseBlob={"delete": {"daysAfterModificationGreaterThan": 365}}),
        deletes(baseBlob={"delete": {"daysAfterModificationGreaterThan": 1}}, version={"delete": {"daysAfterCreationGreaterThan": 90}}),
        deletes("scratch/", baseBlob={"delete": {"daysAfterModificationGreaterThan": 1}}),
        deletes(baseBlob={"tierToCool": {"daysAfterModificationGreaterThan": 1}}),
        kept("P35D"),
        kept("P3M"),
        Edit(*FILES, ("deleteRetentionPolicy", "allowPermanentDelete"), False),
        Edit(*PEERING, ("remoteVirtualNetwork", "id"), f"{OWN}/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/copies"),
        beside("cdn:AFDOrigin", enforceCertificateNameCheck=True, hostName="a.example.com"),
        Edit(*SUBNET, ("serviceEndpoints",), [{"service": "Microsoft.Storage"}]),
        Edit(*WORKSPACE, ("retentionInDays",), 180),
    ]
}  # fmt: skip
