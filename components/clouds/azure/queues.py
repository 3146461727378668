"""Queues and topics on Service Bus: in the private network, by identities alone."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import servicebus

from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.clouds.contract import QueuesArgs, QueuesFacts
from components.manifests import names
from components.manifests.environment import QueueFacts
from slipway.settings.fields import seconds
from slipway.settings.limits import most
from slipway.settings.queues import CloudQueue, Topic

PORT = 5671
"""Port of AMQP over TLS. Source: Azure Service Bus, frequently asked questions."""
DUPLICATES = "PT10M"
"""How long a repeated message of an ordered queue is recognised. Source: Azure Service Bus, duplicate detection: the default."""


@dataclass(frozen=True, kw_only=True)
class AzureQueuesArgs:
    context: AzureClusterContext
    asked: QueuesArgs


class Queues(pulumi.ComponentResource):
    """A namespace of the system's own, encrypted by Azure's key and in every zone, with its queues and topics. A queue keeps
    its dead letters itself."""

    facts: QueuesFacts

    def __init__(self, name: str, args: AzureQueuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Queues", name, opts=opts)
        self._args, self._context = args.asked, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        # A lost queue loses the messages that nobody has received yet.
        self._kept = pulumi.ResourceOptions(parent=self, protect=args.context.protect)
        self._server = namespace_name(args.context, args.asked.scope.system)
        namespace = self._namespace(name)
        queues = {key: self._queue(key, queue, namespace) for key, queue in args.asked.queues.items()}
        topics = {
            key: self._topic(key, topic, namespace, list(queues.values())) for key, topic in args.asked.topics.items()
        }
        self.facts = QueuesFacts(
            queues={key: self._facts(key, each.id) for key, each in queues.items()},
            topics={key: self._facts(key, each.id) for key, each in topics.items()},
        )
        self.register_outputs({"server": self._server})

    def _namespace(self, name: str) -> servicebus.Namespace:
        context = self._context
        tags = context.tagged(self._args.source, system=self._args.scope.system)
        namespace = servicebus.Namespace(
            name,
            namespace_name=self._server,
            resource_group_name=context.resource_group,
            location=context.location,
            # The only tier with private endpoints. Source: Azure Service Bus, private endpoints.
            sku=servicebus.SBSkuArgs(name=servicebus.SkuName.PREMIUM, tier=servicebus.SkuTier.PREMIUM, capacity=1),
            premium_messaging_partitions=1,
            zone_redundant=True,
            minimum_tls_version="1.2",
            disable_local_auth=True,
            public_network_access="Disabled",
            tags=tags,
            opts=self._kept,
        )
        endpoint = PrivateEndpointArgs(
            endpoint_name=self._server, resource=namespace.id, kind="namespace", zone="queues", tags=tags
        )
        private_endpoint(name, context, endpoint, self._opts)
        return namespace

    def _queue(self, key: str, queue: CloudQueue, namespace: servicebus.Namespace) -> servicebus.Queue:
        return servicebus.Queue(
            self._args.scope.logical(key),
            queue_name=key,
            namespace_name=namespace.name,
            resource_group_name=self._context.resource_group,
            default_message_time_to_live=_span(queue.retention),
            lock_duration=_span(queue.lock),
            max_delivery_count=queue.delivery_limit,
            dead_lettering_on_message_expiration=True,
            requires_session=queue.ordered,
            requires_duplicate_detection=queue.ordered,
            duplicate_detection_history_time_window=DUPLICATES if queue.ordered else None,
            opts=self._kept,
        )

    def _topic(
        self, key: str, topic: Topic, namespace: servicebus.Namespace, queues: list[pulumi.Resource]
    ) -> servicebus.Topic:
        created = servicebus.Topic(
            self._args.scope.logical(key),
            topic_name=key,
            namespace_name=namespace.name,
            resource_group_name=self._context.resource_group,
            support_ordering=topic.ordered,
            requires_duplicate_detection=topic.ordered,
            duplicate_detection_history_time_window=DUPLICATES if topic.ordered else None,
            opts=self._opts,
        )
        for queue in topic.subscriptions:
            servicebus.Subscription(
                self._args.scope.logical(f"{key}/{queue}"),
                subscription_name=queue,
                topic_name=created.name,
                namespace_name=namespace.name,
                resource_group_name=self._context.resource_group,
                forward_to=queue,
                dead_lettering_on_message_expiration=True,
                dead_lettering_on_filter_evaluation_exceptions=True,
                opts=pulumi.ResourceOptions(parent=self, depends_on=queues),
            )
        return created

    def _facts(self, key: str, id: pulumi.Output[str]) -> QueueFacts:
        host = f"{self._server}.servicebus.windows.net"
        return QueueFacts(name=key, url=f"https://{host}/{key}", host=host, id=id)


def namespace_name(context: AzureClusterContext, system: str) -> str:
    """Returns the name of a system's namespace, unique in all of Azure."""
    prefix = f"{context.cluster_name}-{system}".replace("_", "-")
    return names.globally_unique(context.subscription, prefix, most("azure service bus"))


def _span(duration: str) -> str:
    """Returns a duration as ISO 8601 has it: `PT345600S` for four days."""
    return f"PT{int(seconds(duration))}S"
