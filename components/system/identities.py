"""The service accounts of a system, each with only the cloud permissions of its service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import pulumi
from pulumi_kubernetes import core

from components.clouds.contract import (
    Cloud,
    Grant,
    IdentityArgs,
    IdentityFacts,
    QueuesFacts,
    UseBucket,
    UseQueue,
    UseResource,
    UseTopic,
    WriteBackups,
)
from components.manifests import namespace
from components.manifests.environment import BucketFacts
from components.manifests.scope import Scope
from components.system.backups.manifests.retention import BUCKET
from slipway.settings.queues import QueueRight
from slipway.settings.references import FromBucket, FromCloudQueue, FromTopic
from slipway.settings.services import Service
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    scope: Scope
    cloud: Cloud
    definition: System
    buckets: Mapping[str, BucketFacts]
    backups: BucketFacts | None
    queues: QueuesFacts
    depends_on: Sequence[pulumi.Resource]


class Identities(pulumi.ComponentResource):
    """Creates the service accounts. A service may use the buckets, queues and topics in its environment and what its
    `grants` name; the jobs that back up may add to the bucket of backups."""

    facts: dict[str, IdentityFacts]
    """Identities by service, and `backups` if there are backups. Depending on this component waits for all grants."""

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Identities", name, opts=opts)
        self._args = args
        self.facts = {
            service: self._account(
                service,
                declared.source,
                [
                    *(UseBucket(bucket=args.buckets[used]) for used in buckets_of(args.definition, declared)),
                    *queue_grants(args.definition, declared, args.queues),
                    *(UseResource(name=key, settings=each) for key, each in declared.grants.items() if each.resource),
                ],
            )
            for service, declared in args.definition.services.items()
        }
        if args.backups is not None:
            grant = WriteBackups(bucket=args.backups)
            kind = "databases" if args.definition.databases else "services"
            self.facts[BUCKET] = self._account(BUCKET, f"{args.definition.source}{kind}", [grant])
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


def queue_grants(system: System, service: Service, facts: QueuesFacts) -> Iterator[UseQueue | UseTopic]:
    """Yields the rights on queues and topics in a service's environment: of a queue what any of its variables says."""
    used = list(system.uses(service))
    for name, queue in facts.queues.items():
        asked = {
            right for each in used if isinstance(each, FromCloudQueue) and each.queue == name for right in each.may
        }
        if asked:
            yield UseQueue(name=name, queue=queue, may=[right for right in get_args(QueueRight) if right in asked])
    for name in dict.fromkeys(each.topic for each in used if isinstance(each, FromTopic)):
        yield UseTopic(name=name, topic=facts.topics[name])


def buckets_of(system: System, service: Service) -> list[str]:
    """Returns the names of the buckets in a service's environment, without duplicates."""
    return list(dict.fromkeys(value.bucket for value in system.uses(service) if isinstance(value, FromBucket)))
