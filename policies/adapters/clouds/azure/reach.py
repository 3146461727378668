"""The subscriptions that role assignments reach, and the identities that pods take on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from adapters.safeguards import EACH, every
from framework import Property, Resource

_SCOPE = re.compile(r"/subscriptions/([0-9a-f-]{36})(/.*)?", re.IGNORECASE)


def _of_assignment(assignment: Resource) -> Iterator[tuple[Property, str]]:
    """Return the subscription of its scope; a management group has many, and so no name here."""
    scope = assignment["scope"]
    if scope.present:
        found = _SCOPE.fullmatch(scope.text or "")
        yield scope, found[1].lower() if found else ""


def _of_ids(*paths: tuple[str, ...]) -> Callable[[Resource], Iterator[tuple[Property, str]]]:
    """Return a function that returns the subscriptions of the ids at some paths."""

    def subscriptions(resource: Resource) -> Iterator[tuple[Property, str]]:
        for named in (each for path in paths for each in every(resource.properties, path)):
            if found := _SCOPE.fullmatch(named.text or ""):
                yield named, found[1].lower()

    return subscriptions


REACHED: Mapping[str, Callable[[Resource], Iterator[tuple[Property, str]]]] = {
    "azure-native:authorization:RoleAssignment": _of_assignment,
    "azure-native:network:VirtualNetworkPeering": _of_ids(("remoteVirtualNetwork", "id")),
    "azure-native:network:PrivateEndpoint": _of_ids(
        ("privateLinkServiceConnections", EACH, "privateLinkServiceId"),
        ("manualPrivateLinkServiceConnections", EACH, "privateLinkServiceId"),
    ),
}

IDENTITIES = ("azure-native:managedidentity:UserAssignedIdentity",)
IDENTITY_KEYS: Mapping[str, str] = {
    "azure.workload.identity/client-id": "clientId",
    "azure.workload.identity/tenant-id": "tenantId",
    "AZURE_CLIENT_ID": "clientId",
    "AZURE_TENANT_ID": "tenantId",
}
"""Annotations of service accounts and variables of pods, with the output of the identity that they name. Source: Entra
Workload ID, labels and annotations."""
