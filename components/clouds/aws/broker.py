"""RabbitMQ on Amazon MQ, for systems with a managed broker."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.clouds import contract
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.firewall import FirewallArgs, firewall
from components.clouds.contract import BrokerEndpoint, NetworkPeers
from components.manifests import names
from slipway.settings.limits import most

PORT = 5671
"""AMQP over TLS. Source: Amazon MQ Developer Guide, RabbitMQ protocols (AMQPS)."""
MANAGEMENT_PORT = 443
"""The management API, through which definitions are imported. Source: Amazon MQ Developer Guide, RabbitMQ console over
HTTPS."""
VERSION = "4.2"
SIZES = {"small": "mq.m7g.medium", "medium": "mq.m7g.large", "large": "mq.m7g.xlarge"}
HIGHLY_AVAILABLE = 3
"""Nodes of a cluster deployment. Source: Amazon MQ Developer Guide, `CLUSTER_MULTI_AZ` has three broker nodes."""
USER = "slipway"


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    context: AwsClusterContext
    asked: contract.BrokerArgs


class Broker(pulumi.ComponentResource):
    """A private, encrypted broker over TLS only, with three nodes across zones or with one. The import of the system's
    definitions creates its virtual host."""

    endpoint: BrokerEndpoint

    def __init__(self, name: str, args: BrokerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Broker", name, opts=opts)
        context, asked = args.context, args.asked
        self._name, self._args, self._context = name, asked, context
        self._full_name = names.shortened(f"{context.cluster_name}-{asked.name}", most("mq broker"))
        self._tags = context.tagged(asked.settings.source, system=asked.scope.system)
        self._opts = pulumi.ResourceOptions(parent=self)
        password = random.RandomPassword(self._name, length=32, special=False, opts=self._opts).result
        broker = self._broker(password)
        endpoint = broker.instances.apply(lambda nodes: (nodes[0].endpoints or [""])[0])
        host = endpoint.apply(lambda url: url.removeprefix("amqps://").rpartition(":")[0])
        self.endpoint = BrokerEndpoint(
            server=self._full_name,
            port=PORT,
            peers=NetworkPeers(networks=context.network.data_cidrs),
            login=self._login(host, password),
        )
        self.register_outputs({"server": self._full_name})

    def _broker(self, password: pulumi.Output[str]) -> aws.mq.Broker:
        subnets = self._context.network.data_subnets
        clustered = self._args.settings.replicas >= HIGHLY_AVAILABLE
        return aws.mq.Broker(
            self._name,
            broker_name=self._full_name,
            engine_type="RabbitMQ",
            engine_version=VERSION,
            host_instance_type=SIZES[self._args.settings.size],
            deployment_mode="CLUSTER_MULTI_AZ" if clustered else "SINGLE_INSTANCE",
            publicly_accessible=False,
            subnet_ids=list(subnets if clustered else subnets[:1]),
            security_groups=[self._firewall().id],
            auto_minor_version_upgrade=True,
            encryption_options=aws.mq.BrokerEncryptionOptionsArgs(use_aws_owned_key=True),
            logs=aws.mq.BrokerLogsArgs(general=True),
            maintenance_window_start_time=aws.mq.BrokerMaintenanceWindowStartTimeArgs(
                day_of_week="SUNDAY", time_of_day="03:00", time_zone="UTC"
            ),
            users=[aws.mq.BrokerUserArgs(username=USER, password=password)],
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, protect=self._context.protect),
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        args = FirewallArgs(
            server=self._full_name, network=self._context.network, ports=(PORT, MANAGEMENT_PORT), tags=self._tags
        )
        return firewall(self._name, args, self._opts)

    def _login(self, host: pulumi.Output[str], password: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
        """Returns the login in the form that RabbitMQ's operator uses."""
        url = pulumi.Output.format("amqps://{0}:{1}@{2}:{3}/{4}", USER, password, host, PORT, self._args.settings.vhost)
        return {
            "connection_string": url,
            "username": USER,
            "password": password,
            "host": host,
            "port": str(PORT),
        }
