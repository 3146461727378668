"""The service accounts of a system, each with only the cloud permissions of its service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from components.clouds.contract import Cloud, Grant, IdentityArgs, IdentityFacts, UseBucket, WriteBackups
from components.manifests import namespace
from components.manifests.environment import BucketFacts
from components.manifests.scope import Scope
from components.system.backups.manifests.retention import BUCKET
from slipway.settings.services import FromBucket, Service
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    scope: Scope
    cloud: Cloud
    definition: System
    buckets: Mapping[str, BucketFacts]
    backups: BucketFacts | None
    depends_on: Sequence[pulumi.Resource]


class Identities(pulumi.ComponentResource):
    """Creates the service accounts. A service may use the buckets in its environment; the jobs that dump databases may
    add to the bucket of backups."""

    facts: dict[str, IdentityFacts]
    """Identities by service, and `backups` if there are dumps. Depending on this component waits for all grants."""

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Identities", name, opts=opts)
        self._args = args
        self.facts = {
            service: self._account(
                service,
                declared.source,
                [UseBucket(bucket=args.buckets[used]) for used in buckets_of(args.definition, declared)],
            )
            for service, declared in args.definition.services.items()
        }
        if args.backups is not None:
            grant = WriteBackups(bucket=args.backups)
            self.facts[BUCKET] = self._account(BUCKET, f"{args.definition.source}databases", [grant])
        self.register_outputs({})

    def _account(self, name: str, source: str, grants: Sequence[Grant]) -> IdentityFacts:
        scope = self._args.scope
        wanted = IdentityArgs(scope=scope, name=name, source=source, grants=grants)
        facts = self._args.cloud.identity(wanted, pulumi.ResourceOptions(parent=self)).facts
        core.v1.ServiceAccount(
            scope.logical(name),
            namespace.service_account(scope, name=name, source=source, annotations=facts.annotations),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.depends_on)),
        )
        return facts


def buckets_of(system: System, service: Service) -> list[str]:
    """Returns the names of the buckets in a service's environment, without duplicates."""
    values = {**system.environment, **service.environment}.values()
    return list(dict.fromkeys(value.bucket for value in values if isinstance(value, FromBucket)))
