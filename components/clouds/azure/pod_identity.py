"""Azure permissions of a service account: its own identity, by workload identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.access import Grant, grant
from components.clouds.azure.context import AzureClusterContext
from components.clouds.contract import IdentityArgs, IdentityFacts, NoIdentity, UseBucket, WorkloadIdentity
from components.manifests import names
from components.manifests.network_policy import NetworkPeer
from components.manifests.pod import Identity
from slipway.settings.limits import most

APIS = NetworkPeer(443, ("0.0.0.0/0",))
"""Addresses of Azure's APIs, which are many and change, and of the private endpoints."""
CLIENT_ID = "azure.workload.identity/client-id"
USE = {"azure.workload.identity/use": "true"}


@dataclass(frozen=True, kw_only=True)
class PodIdentityArgs:
    context: AzureClusterContext
    namespace: str
    service_account: str
    tags: Mapping[str, str]


class PodIdentity(pulumi.ComponentResource):
    """The identity of a service account. Pods need only `facts`; other components grant permissions to `principal`."""

    facts: IdentityFacts
    bindings: Sequence[pulumi.Resource]
    grants: Sequence[pulumi.Resource]
    principal: pulumi.Output[str]
    client: pulumi.Output[str]

    def __init__(self, name: str, args: PodIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:PodIdentity", name, opts=opts)
        context = self._context = args.context
        self._name, self._opts = name, pulumi.ResourceOptions(parent=self)
        full_name = names.shortened(
            f"{context.cluster_name}-{args.namespace}-{args.service_account}", most("azure identity")
        )
        identity = azure.managedidentity.UserAssignedIdentity(
            name,
            resource_name_=full_name,
            resource_group_name=context.resource_group,
            location=context.location,
            tags=dict(args.tags),
            opts=self._opts,
        )
        trusted = azure.managedidentity.FederatedIdentityCredential(
            name,
            federated_identity_credential_resource_name="cluster",
            resource_name_=identity.name,
            resource_group_name=context.resource_group,
            issuer=context.issuer,
            subject=f"system:serviceaccount:{args.namespace}:{args.service_account}",
            audiences=["api://AzureADTokenExchange"],
            opts=self._opts,
        )
        self._full_name = full_name
        self.principal, self.client = identity.principal_id, identity.client_id
        self.facts = IdentityFacts(
            annotations={CLIENT_ID: identity.client_id},
            pod=Identity(labels=USE),
            peers=[APIS],
        )
        self.bindings, self.grants = [trusted], [trusted, self]
        self.register_outputs({"client": identity.client_id})

    def may(self, key: str, role: pulumi.Input[str], scope: pulumi.Input[str]) -> pulumi.Resource:
        """Grants `role` on `scope`; `key` is unique among the identity's grants."""
        wanted = Grant(
            key=f"{self._full_name}/{key}",
            role=role,
            principal=self.principal,
            principal_type="ServicePrincipal",
            scope=scope,
        )
        return grant(f"{self._name}-{key}", self._context, wanted, self._opts)


def identity(args: IdentityArgs, context: AzureClusterContext, opts: pulumi.ResourceOptions) -> WorkloadIdentity:
    """Implements `Cloud.identity`: no identity if nothing is granted."""
    if not args.grants:
        return NoIdentity()
    created = PodIdentity(
        args.scope.logical(args.name),
        PodIdentityArgs(
            context=context,
            namespace=args.scope.namespace,
            service_account=args.name,
            tags=context.tagged(args.source, system=args.scope.system),
        ),
        context.below(opts),
    )
    for each in args.grants:
        role = "Storage Blob Data Contributor" if isinstance(each, UseBucket) else context.backup_writer
        created.may(f"{each.bucket.account}-{each.bucket.bucket}", role, each.bucket.id)
    return created
