"""Valkey on ElastiCache: private, encrypted, over TLS only, with a password."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.clouds import contract
from components.clouds.aws.context import AwsClusterContext
from components.clouds.aws.firewall import FirewallArgs, firewall
from components.clouds.contract import Address, CacheEndpoint, NetworkPeers
from components.manifests import names
from slipway.settings.limits import most

PORT = 6379
"""Redis' default port. Source: Amazon ElastiCache User Guide, creating a cluster."""
ENGINE, VERSION, FAMILY = "valkey", "8.2", "valkey8"
NODES = (
    (384, "cache.t4g.micro"),
    (1052, "cache.t4g.small"),
    (2373, "cache.t4g.medium"),
    (4899, "cache.m7g.large"),
    (9930, "cache.m7g.xlarge"),
    (20213, "cache.r7g.xlarge"),
)
"""MiB for keys and values by type of node: its `maxmemory` without the quarter that ElastiCache reserves. Source: Amazon
ElastiCache User Guide, node-type specific parameters and `reserved-memory-percent`."""
USER, RIGHTS = "default", "on ~* &* +@all -@admin"
"""The user of clients that know a password alone, and its access string: all data, no administration."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    context: AwsClusterContext
    asked: contract.CacheArgs


def node(memory_mb: int) -> str:
    """Returns the smallest type of node with that much memory for data."""
    return next(kind for usable, kind in NODES if usable >= memory_mb)


class Cache(pulumi.ComponentResource):
    """A primary in the data subnets and, with high availability, a replica in another zone. It has no snapshots."""

    endpoint: CacheEndpoint

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Cache", name, opts=opts)
        context, asked = args.context, args.asked
        self._name, self._settings, self._context = name, asked.settings, context
        self._id = names.hyphenated(f"{context.cluster_name}-{asked.scope.system}-{asked.name}", most("elasticache id"))
        self._tags = context.tagged(asked.settings.source, system=asked.scope.system)
        self._opts = pulumi.ResourceOptions(parent=self)
        password = random.RandomPassword(name, length=32, special=False, opts=self._opts).result
        group = self._group(password)
        self.endpoint = CacheEndpoint(
            server=self._id,
            address=Address(host=group.primary_endpoint_address, port=PORT),
            password=password,
            peers=NetworkPeers(networks=context.network.data_cidrs),
        )
        self.register_outputs({"server": self._id})

    def _group(self, password: pulumi.Output[str]) -> aws.elasticache.ReplicationGroup:
        standby = self._settings.high_availability
        return aws.elasticache.ReplicationGroup(
            self._name,
            replication_group_id=self._id,
            description=f"Cache {self._id}",
            engine=ENGINE,
            engine_version=VERSION,
            node_type=node(self._settings.memory_mb),
            num_cache_clusters=2 if standby else 1,
            automatic_failover_enabled=standby,
            multi_az_enabled=standby,
            port=PORT,
            parameter_group_name=self._parameters().name,
            subnet_group_name=self._subnets().name,
            security_group_ids=[self._firewall().id],
            user_group_ids=[self._users(password).user_group_id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            snapshot_retention_limit=0,
            auto_minor_version_upgrade=True,
            maintenance_window="sun:03:00-sun:04:00",
            apply_immediately=False,
            tags=self._tags,
            opts=self._opts,
        )

    def _users(self, password: pulumi.Output[str]) -> aws.elasticache.UserGroup:
        user = aws.elasticache.User(
            self._name,
            user_id=self._id,
            user_name=USER,
            engine=ENGINE,
            access_string=RIGHTS,
            authentication_mode=aws.elasticache.UserAuthenticationModeArgs(type="password", passwords=[password]),
            tags=self._tags,
            opts=self._opts,
        )
        return aws.elasticache.UserGroup(
            self._name,
            user_group_id=self._id,
            engine=ENGINE,
            user_ids=[user.user_id],
            tags=self._tags,
            opts=self._opts,
        )

    def _parameters(self) -> aws.elasticache.ParameterGroup:
        return aws.elasticache.ParameterGroup(
            self._name,
            name=f"{self._id}-{FAMILY}",
            description=f"Parameters of {self._id}",
            family=FAMILY,
            parameters=[
                aws.elasticache.ParameterGroupParameterArgs(name="maxmemory-policy", value=self._settings.eviction)
            ],
            tags=self._tags,
            opts=self._opts,
        )

    def _subnets(self) -> aws.elasticache.SubnetGroup:
        return aws.elasticache.SubnetGroup(
            self._name,
            name=self._id,
            description=f"Where {self._id} stands",
            subnet_ids=list(self._context.network.data_subnets),
            tags=self._tags,
            opts=self._opts,
        )

    def _firewall(self) -> aws.ec2.SecurityGroup:
        args = FirewallArgs(server=self._id, network=self._context.network, ports=(PORT,), tags=self._tags)
        return firewall(self._name, args, self._opts)
