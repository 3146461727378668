"""A connection pool for a database: RDS Proxy, which logs in with the application's role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.identity import ServiceRole, ServiceRoleArgs
from components.clouds.aws.policy import allow, deferred
from components.clouds.contract import Role
from components.manifests import names
from slipway.settings.limits import most


@dataclass(frozen=True, kw_only=True)
class PoolerArgs:
    identifier: str
    """Identifier of the database's instance; `instance` is the same value, available once the instance exists."""
    instance: pulumi.Input[str]
    login: Role
    subnets: Sequence[pulumi.Input[str]]
    security_group: pulumi.Input[str]
    key: pulumi.Input[str]
    """Key that encrypts the database and its login."""
    tags: Mapping[str, str]


class Pooler(pulumi.ComponentResource):
    """RDS Proxy for a database; `endpoint` is its host, the port is the database's."""

    endpoint: pulumi.Output[str]

    def __init__(self, name: str, args: PoolerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Pooler", name, opts=opts)
        own = pulumi.ResourceOptions(parent=self)
        proxy_name = names.shortened(f"{args.identifier}-pooler", most("rds proxy"))
        login = aws.secretsmanager.Secret(
            name,
            name=f"{args.identifier}/pooler",
            kms_key_id=args.key,
            recovery_window_in_days=7,
            tags=dict(args.tags),
            opts=own,
        )
        filled = aws.secretsmanager.SecretVersion(
            name,
            secret_id=login.id,
            secret_string=pulumi.Output.secret(
                pulumi.Output.json_dumps({"username": args.login.name, "password": args.login.password})
            ),
            opts=own,
        )
        reader = self._reader_of(name, proxy_name, login, args)
        proxy = aws.rds.Proxy(
            name,
            name=proxy_name,
            engine_family="POSTGRESQL",
            require_tls=True,
            idle_client_timeout=1800,
            role_arn=reader.arn,
            auths=[aws.rds.ProxyAuthArgs(auth_scheme="SECRETS", iam_auth="DISABLED", secret_arn=login.arn)],
            vpc_subnet_ids=list(args.subnets),
            vpc_security_group_ids=[args.security_group],
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[filled, reader]),
        )
        group = aws.rds.ProxyDefaultTargetGroup(
            name,
            db_proxy_name=proxy.name,
            connection_pool_config=aws.rds.ProxyDefaultTargetGroupConnectionPoolConfigArgs(
                max_connections_percent=90, max_idle_connections_percent=50, connection_borrow_timeout=30
            ),
            opts=own,
        )
        aws.rds.ProxyTarget(
            name,
            db_proxy_name=proxy.name,
            target_group_name=group.name,
            db_instance_identifier=args.instance,
            opts=own,
        )
        self.endpoint = proxy.endpoint
        self.register_outputs({"endpoint": proxy.endpoint})

    def _reader_of(self, name: str, proxy_name: str, login: aws.secretsmanager.Secret, args: PoolerArgs) -> ServiceRole:
        role = ServiceRole(
            name,
            ServiceRoleArgs(role_name=proxy_name, service="rds.amazonaws.com", tags=args.tags),
            pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicy(
            name,
            name="read-login",
            role=role.name,
            policy=deferred(allow(["secretsmanager:GetSecretValue"], login.arn), allow(["kms:Decrypt"], args.key)),
            opts=pulumi.ResourceOptions(parent=role),
        )
        return role
