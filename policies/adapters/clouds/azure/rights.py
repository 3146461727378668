"""Permissions on Azure: custom roles, and role assignments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase

from adapters.clouds.azure.guards import VAULT
from adapters.clouds.azure.inbound_access import CLUSTER
from adapters.clouds.azure.registries import REGISTRY
from adapters.clouds.azure.storage import ACCOUNT
from adapters.clouds.contract import AuthSetting, Problem, Rights, listed
from adapters.token_subjects import names_subject
from framework import Resource

_OWNERS = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "a8889054-8d42-49c9-bc1c-52486c10e7cd": "Reservations Administrator",
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": "Key Vault Administrator",
    "8b54135c-b56d-4d72-a534-26097cfdc8d8": "Key Vault Data Access Administrator",
    "f25e0fa2-a7c8-4377-a976-54943a77a395": "Key Vault Contributor",
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": "Storage Account Contributor",
    "81a9662b-bebf-436f-a333-f67b29880f12": "Storage Account Key Operator Service Role",
    "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59": "Managed Identity Contributor",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
    "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8": "Azure Kubernetes Service Cluster Admin Role",
    "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8": "Azure Kubernetes Service Contributor Role",
    "fb1c8493-542b-48eb-b624-b4c8fea62acd": "Security Admin",
}
"""Azure's built-in roles that allow everything, assign roles, or read keys and run programs of others. Source:
learn.microsoft.com/azure/role-based-access-control/built-in-roles."""
_READERS = ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "43d0d8ad-25c7-4714-9337-8ba259a9fe05")
"""Azure's built-in roles Reader and Monitoring Reader."""
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]*/?", re.IGNORECASE)
_EVERY_AZURE_ACTION = re.compile(r"\*(/(?!read$).*)?|microsoft\.\*(/.*)?|microsoft\.[\w.]+/\*", re.IGNORECASE)


def _role_problems(role: Resource) -> Iterator[Problem]:
    for scope in listed(role["assignableScopes"]):
        if scope.text == "/" or "/managementgroups/" in (scope.text or "").lower():
            yield scope, "lets it be assigned in every subscription"
    permissions = role["permissions"]
    for group in ("actions", "dataActions"):
        for permission in listed(permissions):
            for action in listed(permission[group]):
                if action.unknown:
                    yield action, ""
                elif _EVERY_AZURE_ACTION.fullmatch(action.text or ""):
                    yield action, "allows it on everything that the scope holds"


def _assignment_problems(assignment: Resource) -> Iterator[Problem]:
    role, scope = assignment["roleDefinitionId"], assignment["scope"]
    id_ = (role.text or "").rpartition("/")[2].lower()
    if role.unknown:
        yield role, ""
    elif id_ in _OWNERS:
        yield role, f"is {_OWNERS[id_]}, a role that allows everything or leads to it"
    elif id_ not in _READERS and _SUBSCRIPTION.fullmatch(scope.text or ""):
        yield scope, "is a whole subscription: name the resource group"


def _cluster_problems(cluster: Resource) -> Iterator[Problem]:
    roles = cluster["enableRBAC"]
    if roles.present and not roles.unknown and roles.value is not True:
        yield roles, "lets every login do everything: it is not true"


def _vault_problems(vault: Resource) -> Iterator[Problem]:
    """Return why a vault does not ask roles, which alone name a secret, expire and are logged."""
    properties = vault["properties"]
    roles = properties["enableRbacAuthorization"]
    if not roles.unknown and roles.value is not True:
        yield roles, "is not true: access policies of the vault are for all of its secrets"
        return
    for policy in listed(properties["accessPolicies"]):
        for kind in policy["permissions"].keys:
            for permission in listed(policy["permissions"][kind]):
                if (permission.text or "").lower() in ("all", "purge"):
                    yield permission, "allows everything on all secrets of the vault"


def _vault_escalations(vault: Resource) -> Iterator[Problem]:
    for key in ("enabledForDeployment", "enabledForTemplateDeployment"):
        if vault["properties"][key].value is True:
            yield vault["properties"][key], "lets whoever deploys read its secrets"


_AUDIENCE = "api://AzureADTokenExchange"
_ISSUERS = re.compile(
    r"https://([\w-]+\.oic\.prod-aks\.azure\.(com|us|cn)|token\.actions\.githubusercontent\.com|gitlab\.com|api\.pulumi\.com)(/.*)?"
)
"""Issuers of tokens: managed clusters, and pipelines, whose subjects name an owner."""


def _federation_problems(credential: Resource, _known: Collection[str]) -> Iterator[Problem]:
    """Return why tokens of others may be the identity's. The issuer of a cluster that does not exist yet is empty."""
    issuer, subject, matching = credential["issuer"], credential["subject"], credential["claimsMatchingExpression"]
    if issuer.text and not _ISSUERS.fullmatch(issuer.text):
        yield issuer, "is no issuer of a managed cluster or of known pipelines"
    if matching.present:
        yield matching, "accepts every token that matches a pattern: write the subject"
    elif not subject.unknown and not names_subject(subject.text or ""):
        yield subject, "is no subject with an owner, such as system:serviceaccount:shop:api"
    for audience in listed(credential["audiences"]):
        if not audience.unknown and audience.text != _AUDIENCE:
            yield audience, f"accepts tokens for others: only {_AUDIENCE} is for it"


def _escalations(role: Resource) -> Iterator[Problem]:
    for permission in listed(role["permissions"]):
        refused = [(each.text or "").lower() for each in permission["notActions"].elements()]
        for action in (*permission["actions"].elements(), *permission["dataActions"].elements()):
            written = (action.text or "").lower()
            taken = [each for each in _ESCALATIONS if fnmatchcase(each, written)]
            taken += [written] if _KEYS.fullmatch(written) else []
            if not _EVERY_AZURE_ACTION.fullmatch(written) and not all(
                any(fnmatchcase(each, other) for other in refused) for each in taken
            ):
                yield action, "lets its holder escalate privileges"


_ESCALATIONS = (
    "microsoft.authorization/roleassignments/write",
    "microsoft.authorization/roledefinitions/write",
    "microsoft.authorization/elevateaccess/action",
    "microsoft.authorization/policyassignments/write",
    "microsoft.authorization/locks/delete",
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials/write",
    "microsoft.containerservice/managedclusters/listclusteradmincredential/action",
    "microsoft.containerservice/managedclusters/runcommand/action",
    "microsoft.compute/virtualmachines/runcommand/action",
    "microsoft.compute/virtualmachines/extensions/write",
    "microsoft.resources/deployments/write",
    "microsoft.managedidentity/userassignedidentities/assign/action",
    "microsoft.storage/storageaccounts/listkeys/action",
    "microsoft.containerregistry/registries/listcredentials/action",
    "microsoft.keyvault/vaults/secrets/getsecret/action",
    "microsoft.keyvault/vaults/accesspolicies/write",
)
"""Actions of Azure that allow privilege escalation, in lower case."""
_KEYS = re.compile(
    r"microsoft\.[\w.]+/.*(list\w*(keys|sas|secrets|credentials|adminkeys)|generatecredentials|publishxml)/action"
)
"""Actions that return keys and tokens of services, in lower case."""


RIGHTS: Mapping[str, Rights] = {
    "azure-native:authorization:RoleDefinition": Rights(wildcards=_role_problems, escalations=_escalations),
    "azure-native:authorization:RoleAssignment": Rights(wildcards=_assignment_problems, seen_later=True),
    "azure-native:managedidentity:FederatedIdentityCredential": Rights(trust=_federation_problems),
    CLUSTER: Rights(wildcards=_cluster_problems),
    VAULT: Rights(wildcards=_vault_problems, escalations=_vault_escalations),
}
KEY_VARIABLES = (
    r"(AZURE|ARM)_(CLIENT_SECRET|CLIENT_CERTIFICATE\w*|ACCESS_KEY|STORAGE_(ACCOUNT_)?KEY|STORAGE_CONNECTION_STRING)"
    r"|(AZURE|ARM)_(STORAGE_)?SAS_TOKEN"
)
AUTH = {
    CLUSTER: [
        AuthSetting(lambda cluster: cluster["disableLocalAccounts"], True),
        AuthSetting(lambda cluster: cluster["aadProfile"]["managed"], True),
    ],
    REGISTRY: [AuthSetting(lambda registry: registry["adminUserEnabled"], False, closed_by_default=True)],
    ACCOUNT: [
        AuthSetting(lambda account: account["allowSharedKeyAccess"], False),
        AuthSetting(lambda account: account["isLocalUserEnabled"], False, closed_by_default=True),
        AuthSetting(lambda account: account["isSftpEnabled"], False, closed_by_default=True),
    ],
}
