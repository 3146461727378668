"""Who may do what: role assignments with names that follow from what they grant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

ROLES = {
    "AcrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "DNS Zone Contributor": "befefa01-2a29-4197-83a8-272ff33ce314",
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "PostgreSQL Flexible Server Long Term Retention Backup Role": "c088a766-074b-43ba-90d4-1fb21feae531",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Account Backup Contributor": "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Azure Kubernetes Service RBAC Cluster Admin": "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
}
"""Ids of built-in roles, the same in every subscription."""
_NAMES = uuid.UUID("5e1a3c0e-31a4-5d0b-9f6d-0a4f6f0f5a11")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """`role`, by its name in ROLES or by its id, for `principal` on `scope`; `key` tells the grant from every other of
    the subscription."""

    key: str
    role: pulumi.Input[str]
    principal: pulumi.Input[str]
    principal_type: str | None
    scope: pulumi.Input[str]


def grant(name: str, subscription: str, wanted: Grant, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """An assignment is named by a GUID; one that follows from its key is the same on every run."""
    definitions = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions"
    known = wanted.role if isinstance(wanted.role, str) else ""
    definition = f"{definitions}/{ROLES[known]}" if known in ROLES else wanted.role
    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=str(uuid.uuid5(_NAMES, f"{subscription}/{wanted.key}")),
        role_definition_id=definition,
        principal_id=wanted.principal,
        principal_type=wanted.principal_type,
        scope=wanted.scope,
        opts=opts,
    )


WRITER_ACTIONS = [
    f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{each}"
    for each in ("read", "write", "add/action")
]


def backup_writer(
    name: str, subscription: str, group_id: str, cluster_name: str, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The id of a role that adds and reads backups and deletes none: Azure has none built in."""
    return azure.authorization.RoleDefinition(
        name,
        role_definition_id=str(uuid.uuid5(_NAMES, f"{subscription}/{cluster_name}/backup-writer")),
        role_name=f"{cluster_name} backup writer",
        role_type="CustomRole",
        description="Adds and reads backups, and deletes none",
        scope=group_id,
        assignable_scopes=[group_id],
        permissions=[
            azure.authorization.PermissionArgs(
                actions=["Microsoft.Storage/storageAccounts/blobServices/containers/read"], data_actions=WRITER_ACTIONS
            )
        ],
        opts=opts,
    ).id
