"""Azure permissions of a service account: its own identity, by workload identity."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi
import pulumi_azure_native as azure

from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.queues import PORT
from components.clouds.azure.role_assignments import Grant, grant
from components.clouds.contract import (
    IdentityArgs,
    IdentityFacts,
    NoIdentity,
    UseBucket,
    UseQueue,
    UseResource,
    UseTopic,
    WorkloadIdentity,
    WriteBackups,
)
from components.manifests import names
from components.manifests.network_policy import NetworkPeer
from components.manifests.pod import Identity
from slipway.settings.clouds.grants.azure import roles
from slipway.settings.limits import most

APIS = NetworkPeer(443, ("0.0.0.0/0",))
"""Addresses of Azure's APIs, which are many and change, and of the private endpoints."""
CLIENT_ID = "azure.workload.identity/client-id"
CONTRIBUTOR = "Storage Blob Data Contributor"
"""Role of a service on a bucket of its system."""
QUEUE_ROLES = {"send": "Azure Service Bus Data Sender", "receive": "Azure Service Bus Data Receiver"}
"""Role of a service on a queue of its system by right; it sends to topics by the first one."""
USE = {"azure.workload.identity/use": "true"}


@dataclass(frozen=True, kw_only=True)
class PodIdentityArgs:
    context: AzureClusterContext
    namespace: str
    service_account: str
    tags: Mapping[str, str]
    queues: bool = False
    """Whether it uses queues, which its pods call by AMQP."""
    full_name: str | None = None
    """Its name, if it is not the only identity of the service account."""


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
        full_name = args.full_name or identity_name(context, args.namespace, args.service_account)
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
            peers=[APIS, *([NetworkPeer(PORT, (context.network.endpoints_cidr,))] if args.queues else [])],
        )
        self.bindings, self.grants = [trusted], [trusted, self]
        self.register_outputs({"client": identity.client_id})

    def may(self, key: str, role: pulumi.Input[str], scope: pulumi.Input[str]) -> pulumi.Resource:
        """Grants `role` on `scope`; `key` is unique among the identity's grants."""
        return self._grant(key, role, scope, self._opts)

    def may_of(self, owner: pulumi.Resource, key: str, role: str, scope: pulumi.Input[str]) -> pulumi.Resource:
        """Grants `role` on what `owner` is, which the grant belongs to: it was a child of the identity before."""
        opts = pulumi.ResourceOptions(parent=owner, aliases=[pulumi.Alias(parent=self)])
        return self._grant(key, role, scope, opts)

    def _grant(
        self, key: str, role: pulumi.Input[str], scope: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        wanted = _wanted(self._full_name, self.principal, key, role, scope)
        return grant(f"{self._name}-{key}", self._context, wanted, opts)


class ControllerIdentity(WorkloadIdentity, Protocol):
    """The identity of a controller of the cluster, to which the zones of systems grant rights."""

    @property
    def principal(self) -> pulumi.Output[str]: ...

    def may_of(self, owner: pulumi.Resource, key: str, role: str, scope: pulumi.Input[str]) -> pulumi.Resource: ...


@dataclass(frozen=True, kw_only=True)
class ReferencedIdentity:
    """The identity of a controller that another stack has."""

    name: str
    """Its resource name in Pulumi."""
    context: AzureClusterContext
    namespace: str
    service_account: str
    principal: pulumi.Output[str]
    facts: IdentityFacts = field(default_factory=IdentityFacts)
    bindings: Sequence[pulumi.Resource] = ()
    grants: Sequence[pulumi.Resource] = ()

    def may_of(self, owner: pulumi.Resource, key: str, role: str, scope: pulumi.Input[str]) -> pulumi.Resource:
        full_name = identity_name(self.context, self.namespace, self.service_account)
        wanted = _wanted(full_name, self.principal, key, role, scope)
        return grant(f"{self.name}-{key}", self.context, wanted, pulumi.ResourceOptions(parent=owner))


def identity_name(context: AzureClusterContext, namespace: str, service_account: str) -> str:
    return names.shortened(f"{context.cluster_name}-{namespace}-{service_account}", most("azure identity"))


def _wanted(
    full_name: str, principal: pulumi.Output[str], key: str, role: pulumi.Input[str], scope: pulumi.Input[str]
) -> Grant:
    return Grant(
        key=f"{full_name}/{key}", role=role, principal=principal, principal_type="ServicePrincipal", scope=scope
    )


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
            queues=any(isinstance(each, UseQueue | UseTopic) for each in args.grants),
        ),
        context.below(opts),
    )
    own = [each for each in args.grants if isinstance(each, UseBucket | WriteBackups)]
    for each in own:
        role = CONTRIBUTOR if isinstance(each, UseBucket) else context.backup_writer
        created.may(f"{each.bucket.account}-{each.bucket.bucket}", role, each.bucket.id)
    mine = {f"{each.bucket.account}/blobservices/default/containers/{each.bucket.bucket}" for each in own}
    for each in args.grants:
        if isinstance(each, UseQueue | UseTopic):
            _grant_queue(created, each)
        if isinstance(each, UseResource):
            _grant_with_others(created, each, mine)
    return created


def _grant_queue(identity: PodIdentity, grant: UseQueue | UseTopic) -> None:
    """Assigns the role of each right on one queue or topic."""
    if isinstance(grant, UseTopic):
        identity.may(f"topic-{grant.name}-send", QUEUE_ROLES["send"], grant.topic.id)
        return
    for right in grant.may:
        identity.may(f"queue-{grant.name}-{right}", QUEUE_ROLES[right], grant.queue.id)


def _grant_with_others(identity: PodIdentity, grant: UseResource, mine: Collection[str]) -> None:
    """Assigns the roles of a grant on a resource of others. Another resource is another assignment, because Azure moves
    none; it refuses a second one of the same role, so that on a container of `mine` is left out."""
    scope = grant.settings.resource
    assert scope is not None, "identities leave out grants without a resource"
    digest = hashlib.sha256(scope.lower().encode()).hexdigest()[:8]
    for role, right in roles(grant.settings):
        if role == CONTRIBUTOR and any(scope.lower().endswith(f"/{each}") for each in mine):
            continue
        identity.may(f"{grant.name}-{right}-{digest}", role, scope)
