"""What KEDA needs to scale services of a system by queues, metrics and hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, core

from components.clouds.contract import ClusterFacts, QueueScalingArgs, QueueScalingFacts, QueuesFacts, queue_reader
from components.cluster.monitoring.manifests.alerting.promql import selector
from components.manifests.environment import broker, broker_secret
from components.manifests.scope import Scope
from components.system.broker.manifests import rabbitmq_cluster
from components.system.slot.manifests.event_scaling import API_VERSION
from slipway.settings.scaled_services import cloud_queues, reads_broker, triggers
from slipway.settings.services import Service
from slipway.settings.system import System
from slipway.settings.triggers import CronTrigger, MetricTrigger, QueueTrigger, Trigger

CLOUD = "queues"
"""TriggerAuthentication by which KEDA counts messages in queues of the cloud."""


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    scope: Scope
    definition: System
    facts: ClusterFacts
    queues: QueuesFacts
    depends_on: Sequence[pulumi.Resource]


class Scaling(pulumi.ComponentResource):
    """Creates the identity and the TriggerAuthentications by which KEDA counts messages. No login is in a ScaledObject: that
    of the broker is in the Secret that services read."""

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:system:Scaling", name, opts=opts)
        self._args = args
        self._source = next(service.replicas.source for _, service, _ in triggers(args.definition))
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        self._queues = self._read_queues()
        if self._queues.identity:
            self._authenticate(CLOUD, {"podIdentity": dict(self._queues.identity)})
        if reads_broker(args.definition):
            self._read_broker()
        self.register_outputs({})

    def triggers(self, service: Service) -> list[dict[str, Any]]:
        """Returns the triggers of a service as KEDA reads them."""
        return [self._trigger(each) for each in service.replicas.triggers]

    def _read_queues(self) -> QueueScalingFacts:
        args = self._args
        wanted, reader = cloud_queues(args.definition), queue_reader(args.facts.services, [args.definition])
        if reader is None:
            return QueueScalingFacts()
        asked = QueueScalingArgs(
            scope=args.scope,
            source=self._source,
            reader=reader,
            queues={name: args.queues.queues[name] for name in wanted},
        )
        return args.facts.cloud.queue_scaling(asked, pulumi.ResourceOptions(parent=self))

    def _read_broker(self) -> None:
        """Lets KEDA log in to the broker as services do. That in the cluster has a certificate of its own authority; KEDA reads
        from a ConfigMap that it shall trust it."""
        queue, scope = self._args.definition.queue, self._args.scope
        assert queue is not None, "settings refuse queues of a broker without one"
        name = broker(scope.system)
        secrets = [{"parameter": "host", "name": broker_secret(scope.system), "key": "connection_string"}]
        trusted: dict[str, Any] = {}
        if queue.hosting == "cluster":
            signed = rabbitmq_cluster.certificate_secret(name)
            secrets.append({"parameter": "ca", "name": signed, "key": "ca.crt"})
            trusting = f"{name}-scaling"
            trusted = {"configMapTargetRef": [{"parameter": "tls", "name": trusting, "key": "tls"}]}
            core.v1.ConfigMap(
                scope.logical(trusting),
                metadata=scope.metadata(trusting, self._source),
                data={"tls": "enable"},
                opts=self._opts,
            )
        self._authenticate(name, {"secretTargetRef": secrets, **trusted})

    def _authenticate(self, name: str, spec: Mapping[str, Any]) -> None:
        scope = self._args.scope
        apiextensions.CustomResource(
            scope.logical(name),
            api_version=API_VERSION,
            kind="TriggerAuthentication",
            metadata=scope.metadata(name, self._source),
            spec=dict(spec),
            opts=self._opts,
        )

    def _trigger(self, trigger: Trigger) -> dict[str, Any]:
        if isinstance(trigger, CronTrigger):
            hours = {"timezone": trigger.time_zone, "start": trigger.start, "end": trigger.end}
            return {"type": "cron", "metadata": {**hours, "desiredReplicas": str(trigger.desired_replicas)}}
        if isinstance(trigger, MetricTrigger):
            return self._metric(trigger)
        return self._queue(trigger)

    def _metric(self, trigger: MetricTrigger) -> dict[str, Any]:
        """Returns a trigger by the sum of a metric. Without a series it cannot be read, so that the fallback is in force."""
        address = self._args.facts.services.prometheus
        assert address is not None, "settings refuse metrics without Prometheus"
        return {
            "type": "prometheus",
            "metadata": {
                "serverAddress": address,
                "query": f"sum({selector(trigger.metric, namespace=self._args.scope.namespace)})",
                "threshold": f"{trigger.threshold:.15g}",
                "activationThreshold": f"{trigger.activation_threshold:.15g}",
                "ignoreNullValues": "false",
            },
        }

    def _queue(self, trigger: QueueTrigger) -> dict[str, Any]:
        threshold, activation = str(trigger.threshold), str(trigger.activation_threshold)
        found = self._queues.triggers.get(trigger.queue)
        if found is not None:
            counted = {found.threshold: threshold, found.activation: activation}
            return {"type": found.type, "metadata": {**found.metadata, **counted}, "authenticationRef": {"name": CLOUD}}
        return {
            "type": "rabbitmq",
            "metadata": {
                "protocol": "amqp",
                "mode": "QueueLength",
                "queueName": trigger.queue,
                "value": threshold,
                "activationValue": activation,
            },
            "authenticationRef": {"name": broker(self._args.scope.system)},
        }
