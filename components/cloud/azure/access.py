"""Who may do what: role assignments with names that follow from what they grant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
}
"""Ids of built-in roles, the same in every subscription."""
_NAMES = uuid.UUID("5e1a3c0e-31a4-5d0b-9f6d-0a4f6f0f5a11")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """`role` for `principal` on `scope`; `key` tells the grant from every other of the subscription."""

    key: str
    role: str
    principal: pulumi.Input[str]
    principal_type: str | None
    scope: pulumi.Input[str]


def grant(name: str, subscription: str, wanted: Grant, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """An assignment is named by a GUID; one that follows from its key is the same on every run."""
    definition = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[wanted.role]}"
    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=str(uuid.uuid5(_NAMES, f"{subscription}/{wanted.key}")),
        role_definition_id=definition,
        principal_id=wanted.principal,
        principal_type=wanted.principal_type,
        scope=wanted.scope,
        opts=opts,
    )
