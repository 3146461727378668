"""The queues and topics of a system, and what its pods know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core, meta

from components.clouds.contract import Cloud, QueuesArgs, QueuesFacts
from components.manifests import names
from components.manifests.environment import QUEUES, queue_key
from components.manifests.scope import Scope
from slipway.settings.system import System


@dataclass(frozen=True, kw_only=True)
class SystemQueuesArgs:
    scope: Scope
    definition: System
    cloud: Cloud
    depends_on: Sequence[pulumi.Resource]


class SystemQueues(pulumi.ComponentResource):
    """Creates the queues in the cloud, and a ConfigMap from which pods have their names and addresses, none of which is
    secret: identities alone let a service send or receive."""

    facts: QueuesFacts

    def __init__(self, name: str, args: SystemQueuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Queues", name, opts=opts)
        definition = args.definition
        source = f"{definition.source}{'queues' if definition.queues else 'topics'}"
        wanted = QueuesArgs(scope=args.scope, source=source, queues=definition.queues, topics=definition.topics)
        self.facts = args.cloud.queues(wanted, pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)))
        core.v1.ConfigMap(
            args.scope.logical(QUEUES),
            config_map(args.scope, source, self.facts),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        self.register_outputs({})


def config_map(scope: Scope, source: str, facts: QueuesFacts) -> core.v1.ConfigMapInitArgs:
    return core.v1.ConfigMapInitArgs(
        metadata=meta.v1.ObjectMetaArgs(
            name=QUEUES,
            namespace=scope.namespace,
            labels=names.labels(scope.system),
            annotations=names.source_annotation(source),
        ),
        data={
            queue_key(kind, name, form): text
            for kind, several in (("queue", facts.queues), ("topic", facts.topics))
            for name, each in several.items()
            for form, text in each.forms.items()
        },
    )
