"""Permissions on Azure: custom roles, and role assignments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from adapters.clouds.azure.registries import REGISTRY
from adapters.clouds.azure.storage import ACCOUNT
from adapters.clouds.contract import AuthSetting, Problem, Rights, listed
from framework import Resource

CLUSTER = "azure-native:containerservice:ManagedCluster"
_OWNERS = re.compile(
    r"(.*/)?(8e3af657-a8ff-443c-a75c-2fe8c4bcb635|b24988ac-6180-42a0-ab88-20f7382dd24c|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
    r"|f58310d9-a9f6-439a-9e8d-f62e7b41a168|a8889054-8d42-49c9-bc1c-52486c10e7cd)",
    re.IGNORECASE,
)
"""Azure's built-in roles Owner, Contributor, and those that assign roles: User Access, Role Based Access Control and
Reservations Administrator. Azure ignores case."""
_EVERY_AZURE_ACTION = re.compile(r"\*(/(?!read$).*)?|microsoft\.\*(/.*)?|microsoft\.[\w.]+/\*", re.IGNORECASE)


def _role_problems(role: Resource) -> Iterator[Problem]:
    permissions = role["permissions"]
    for group in ("actions", "dataActions"):
        for permission in listed(permissions):
            for action in listed(permission[group]):
                if action.unknown:
                    yield action, ""
                elif _EVERY_AZURE_ACTION.fullmatch(action.text or ""):
                    yield action, "allows it on everything that the scope holds"


def _assignment_problems(assignment: Resource) -> Iterator[Problem]:
    role = assignment["roleDefinitionId"]
    if role.unknown:
        yield role, ""
    elif _OWNERS.fullmatch(role.text or ""):
        yield role, "is a role that allows everything"


def _escalations(role: Resource) -> Iterator[Problem]:
    for permission in listed(role["permissions"]):
        refused = [(each.text or "").lower() for each in permission["notActions"].elements()]
        for action in permission["actions"].elements():
            written = (action.text or "").lower()
            taken = [each for each in _ESCALATIONS if fnmatchcase(each, written)]
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
    "microsoft.storage/storageaccounts/listkeys/action",
    "microsoft.containerregistry/registries/listcredentials/action",
    "microsoft.keyvault/vaults/accesspolicies/write",
)
"""Actions of Azure that allow privilege escalation, in lower case."""


RIGHTS: Mapping[str, Rights] = {
    "azure-native:authorization:RoleDefinition": Rights(wildcards=_role_problems, escalations=_escalations),
    "azure-native:authorization:RoleAssignment": Rights(wildcards=_assignment_problems, seen_later=True),
}
KEY_VARIABLES = (
    r"(AZURE|ARM)_(CLIENT_SECRET|CLIENT_CERTIFICATE\w*|ACCESS_KEY|STORAGE_(ACCOUNT_)?KEY|STORAGE_CONNECTION_STRING)"
    r"|(AZURE|ARM)_(STORAGE_)?SAS_TOKEN"
)
AUTH = {
    CLUSTER: AuthSetting(lambda cluster: cluster["disableLocalAccounts"], True),
    REGISTRY: AuthSetting(lambda registry: registry["adminUserEnabled"], False, closed_by_default=True),
    ACCOUNT: AuthSetting(lambda account: account["allowSharedKeyAccess"], False),
}
