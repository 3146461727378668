"""KEDA's right to count the messages by which it scales services."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.clouds.azure.context import AzureClusterContext
from components.clouds.azure.pod_identity import PodIdentity, PodIdentityArgs, identity_name
from components.clouds.contract import QueueScalingArgs, QueueScalingFacts, QueueTrigger
from components.manifests.environment import QueueFacts

ROLE = "Azure Service Bus Data Owner"
"""Role of KEDA on a queue: it reads the queue's properties, for which Service Bus wants the right to manage it. Source: KEDA,
scaler azure-servicebus, and AKS, KEDA add-on with workload identity."""


@dataclass(frozen=True, kw_only=True)
class AzureQueueScalingArgs:
    context: AzureClusterContext
    asked: QueueScalingArgs


class QueueScaling(pulumi.ComponentResource):
    """An identity of the system's own, which KEDA takes for its queues alone."""

    facts: QueueScalingFacts

    def __init__(self, name: str, args: AzureQueueScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:QueueScaling", name, opts=opts)
        context, asked = args.context, args.asked
        namespace, account = asked.reader
        identity = PodIdentity(
            name,
            PodIdentityArgs(
                context=context,
                namespace=namespace,
                service_account=account,
                tags=context.tagged(asked.source, system=asked.scope.system),
                # No service of the system is called so.
                full_name=identity_name(context, asked.scope.namespace, "_keda"),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        for key, queue in asked.queues.items():
            identity.may(f"queue-{key}-count", ROLE, queue.id)
        self.facts = QueueScalingFacts(
            triggers={key: _trigger(each) for key, each in asked.queues.items()},
            identity={"provider": "azure-workload", "identityId": identity.client},
        )
        self.register_outputs({})


def _trigger(queue: QueueFacts) -> QueueTrigger:
    return QueueTrigger(
        type="azure-servicebus",
        metadata={"queueName": queue.name, "namespace": queue.host.partition(".")[0]},
        threshold="messageCount",
        activation="activationMessageCount",
    )
