"""The service accounts of a system, each with what its service may do in the cloud and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from builders import namespace
from builders.backups import BUCKET
from builders.environment import BucketFacts
from builders.scope import Scope
from components.cloud.contract import Cloud, Grant, IdentityArgs, IdentityFacts, UseBucket, WriteBackups
from settings.services import FromBucket, Service
from settings.system import System


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    scope: Scope
    cloud: Cloud
    definition: System
    buckets: Mapping[str, BucketFacts]
    backups: BucketFacts | None
    ready: Sequence[pulumi.Resource]


class Identities(pulumi.ComponentResource):
    """A service may use the buckets that it finds in its environment; the jobs that dump databases may add to the
    bucket of backups."""

    facts: dict[str, IdentityFacts]
    """By service, and that of `backups` where there are any."""

    def __init__(self, name: str, args: IdentitiesArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:system:Identities", name, opts=pulumi.ResourceOptions(parent=parent))
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
        facts = self._args.cloud.identity(IdentityArgs(scope=scope, name=name, source=source, grants=grants), self)
        core.v1.ServiceAccount(
            scope.logical(name),
            namespace.service_account(scope, name=name, source=source, annotations=facts.annotations),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.ready)),
        )
        return facts


def buckets_of(system: System, service: Service) -> list[str]:
    """Names of the buckets in a service's environment, each once."""
    values = {**system.environment, **service.environment}.values()
    return list(dict.fromkeys(value.bucket for value in values if isinstance(value, FromBucket)))
