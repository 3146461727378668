"""Role assignments, with names derived from what they grant."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureContext

ROLES = {
    "Azure Service Bus Data Owner": "090c5cfd-751d-490a-894a-3ce6f1109419",
    "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    "Cognitive Services OpenAI User": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Queue Data Message Processor": "8a0f0c08-91a1-4084-bc3d-661d67233fed",
    "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
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
"""Ids of built-in roles, which are the same in every subscription."""
_NAMES = uuid.UUID("5e1a3c0e-31a4-5d0b-9f6d-0a4f6f0f5a11")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Grants `role`, a name in ROLES or an id, to `principal` on `scope`; `key` is unique within the subscription."""

    key: str
    role: pulumi.Input[str]
    principal: pulumi.Input[str]
    principal_type: str | None
    scope: pulumi.Input[str]


def grant(name: str, context: AzureContext, wanted: Grant, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """Assigns the role under a GUID derived from the grant's key, so that every run computes the same name."""
    subscription = _subscription(wanted.scope) or context.subscription
    definitions = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions"
    known = wanted.role if isinstance(wanted.role, str) else ""
    definition = f"{definitions}/{ROLES[known]}" if known in ROLES else wanted.role
    return azure.authorization.RoleAssignment(
        name,
        role_assignment_name=str(uuid.uuid5(_NAMES, f"{context.subscription}/{wanted.key}")),
        role_definition_id=definition,
        principal_id=wanted.principal,
        principal_type=wanted.principal_type,
        scope=wanted.scope,
        opts=opts,
    )


def _subscription(scope: pulumi.Input[str]) -> str | None:
    """Returns the subscription of a known scope, where built-in roles have an id of its own."""
    parts = scope.split("/") if isinstance(scope, str) else []
    return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else None


WRITER_ACTIONS = [
    f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{each}"
    for each in ("read", "write", "add/action")
]


def backup_writer(name: str, context: AzureContext, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Creates a role that can add and read backups but not delete them, and returns its id; Azure has no such built-in
    role."""
    return azure.authorization.RoleDefinition(
        name,
        role_definition_id=str(uuid.uuid5(_NAMES, f"{context.subscription}/{context.cluster_name}/backup-writer")),
        role_name=f"{context.cluster_name} backup writer",
        role_type="CustomRole",
        description="Adds and reads backups, and deletes none",
        scope=context.group_id,
        assignable_scopes=[context.group_id],
        permissions=[
            azure.authorization.PermissionArgs(
                actions=["Microsoft.Storage/storageAccounts/blobServices/containers/read"], data_actions=WRITER_ACTIONS
            )
        ],
        opts=opts,
    ).id
