"""What pods of a service account may do in Azure: an identity of their own, by workload identity."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from builders import names
from builders.network_policy import Target
from builders.pod import Identity
from components.cloud.azure.access import Grant, grant
from components.cloud.azure.place import Place
from components.cloud.contract import IdentityArgs, IdentityFacts, UseBucket

APIS = Target(443, ("0.0.0.0/0",))
"""Azure's own addresses, which are many and change, and the private endpoints."""
CLIENT_ID = "azure.workload.identity/client-id"
USE = {"azure.workload.identity/use": "true"}


class PodIdentity(pulumi.ComponentResource):
    """`facts` is all that pods need; `principal` lets others grant more."""

    facts: IdentityFacts
    principal: pulumi.Output[str]
    client: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        namespace: str,
        account: str,
        place: Place,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource,
    ) -> None:
        super().__init__(
            "slipway:azure:PodIdentity", name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._name, self._place = name, place
        self._opts = pulumi.ResourceOptions(parent=self)
        full_name = names.shortened(f"{place.cluster_name}-{namespace}-{account}", 120)
        identity = azure.managedidentity.UserAssignedIdentity(
            name,
            resource_name_=full_name,
            resource_group_name=place.resource_group,
            location=place.location,
            tags=dict(tags),
            opts=self._opts,
        )
        trusted = azure.managedidentity.FederatedIdentityCredential(
            name,
            federated_identity_credential_resource_name="cluster",
            resource_name_=identity.name,
            resource_group_name=place.resource_group,
            issuer=place.issuer,
            subject=f"system:serviceaccount:{namespace}:{account}",
            audiences=["api://AzureADTokenExchange"],
            opts=self._opts,
        )
        self._full_name = full_name
        self.principal, self.client = identity.principal_id, identity.client_id
        self.facts = IdentityFacts(
            annotations={CLIENT_ID: identity.client_id},
            pod=Identity(labels=USE),
            targets=[APIS],
            trusted=[trusted],
            made=[trusted, self],
        )
        self.register_outputs({"client": identity.client_id})

    def may(self, key: str, role: pulumi.Input[str], scope: pulumi.Input[str]) -> pulumi.Resource:
        """Grants `role` on `scope`; `key` tells the grant from the identity's others."""
        wanted = Grant(
            key=f"{self._full_name}/{key}",
            role=role,
            principal=self.principal,
            principal_type="ServicePrincipal",
            scope=scope,
        )
        return grant(f"{self._name}-{key}", self._place.subscription, wanted, self._opts)


def identity(
    args: IdentityArgs,
    containers: Mapping[str, pulumi.Input[str]],
    place: Place,
    parent: pulumi.Resource,
    provider: pulumi.ProviderResource,
) -> IdentityFacts:
    """Answers `Cloud.identity`: no identity where nothing is granted. `containers` are the ids of buckets, by name."""
    if not args.grants:
        return IdentityFacts()
    created = PodIdentity(
        args.scope.logical(args.name),
        args.scope.namespace,
        args.name,
        place,
        place.tagged(args.source, system=args.scope.system),
        parent,
        provider,
    )
    for each in args.grants:
        role = "Storage Blob Data Contributor" if isinstance(each, UseBucket) else place.backup_writer
        created.may(each.bucket.name.replace("/", "-"), role, containers[each.bucket.name])
    return created.facts
