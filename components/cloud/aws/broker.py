"""RabbitMQ on Amazon MQ, for systems that want the cloud to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from builders import names
from components.cloud.aws.firewall import firewall
from components.cloud.contract import BrokerArgs, BrokerEndpoint, Reach

PORT = 5671
MANAGEMENT_PORT = 443
"""Of its API, by which definitions are put in."""
VERSION = "4.2"
INSTANCE = "mq.m7g.medium"
HIGHLY_AVAILABLE = 3
USER = "slipway"


@dataclass(frozen=True, kw_only=True)
class BrokerSurroundings:
    cluster_name: str
    vpc_id: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    networks: tuple[str, ...]
    clients: tuple[str, ...]
    protect: bool
    tags: Mapping[str, str]


class Broker(pulumi.ComponentResource):
    """Three nodes over zones, or one when fewer are asked for; private, encrypted, over TLS only. Its virtual host is
    made by whoever imports the system's definitions."""

    endpoint: BrokerEndpoint

    def __init__(
        self, args: BrokerArgs, around: BrokerSurroundings, parent: pulumi.Resource, provider: pulumi.ProviderResource
    ) -> None:
        self._name = args.scope.logical(args.name)
        super().__init__(
            "slipway:aws:Broker", self._name, opts=pulumi.ResourceOptions(parent=parent, providers=[provider])
        )
        self._args, self._around = args, around
        self._full_name = names.shortened(f"{around.cluster_name}-{args.name}", 50)
        self._tags = names.tags(args.settings.source, around.tags, system=args.scope.system)
        self._opts = pulumi.ResourceOptions(parent=self)
        password = random.RandomPassword(self._name, length=32, special=False, opts=self._opts).result
        broker = self._broker(password)
        endpoint = broker.instances.apply(lambda nodes: (nodes[0].endpoints or [""])[0])
        host = endpoint.apply(lambda url: url.removeprefix("amqps://").rpartition(":")[0])
        self.endpoint = BrokerEndpoint(
            server=self._full_name,
            port=PORT,
            reach=Reach(networks=around.networks),
            made=args.store.keep(args.secret, args.settings.source, self._login(host, password), self),
        )
        self.register_outputs({"server": self._full_name})

    def _broker(self, password: pulumi.Output[str]) -> aws.mq.Broker:
        clustered = self._args.settings.replicas >= HIGHLY_AVAILABLE
        return aws.mq.Broker(
            self._name,
            broker_name=self._full_name,
            engine_type="RabbitMQ",
            engine_version=VERSION,
            host_instance_type=INSTANCE,
            deployment_mode="CLUSTER_MULTI_AZ" if clustered else "SINGLE_INSTANCE",
            publicly_accessible=False,
            subnet_ids=list(self._around.subnets) if clustered else [self._around.subnets[0]],
            security_groups=[self._firewall().id],
            auto_minor_version_upgrade=True,
            encryption_options=aws.mq.BrokerEncryptionOptionsArgs(use_aws_owned_key=True),
            logs=aws.mq.BrokerLogsArgs(general=True),
            maintenance_window_start_time=aws.mq.BrokerMaintenanceWindowStartTimeArgs(
                day_of_week="SUNDAY", time_of_day="03:00", time_zone="UTC"
            ),
            users=[aws.mq.BrokerUserArgs(username=USER, password=password)],
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._around.protect),
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        return firewall(
            self._name,
            self._full_name,
            self._around.vpc_id,
            self._around.clients,
            (PORT, MANAGEMENT_PORT),
            self._tags,
            self._opts,
        )

    def _login(self, host: pulumi.Output[str], password: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
        """In the form in which RabbitMQ's operator gives it."""
        url = pulumi.Output.format("amqps://{0}:{1}@{2}:{3}/{4}", USER, password, host, PORT, self._args.settings.vhost)
        return {
            "connection_string": url,
            "username": USER,
            "password": password,
            "host": host,
            "port": str(PORT),
        }
