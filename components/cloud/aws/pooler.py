"""A connection pool before a database: RDS Proxy, which logs in as the application's role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from builders import names
from components.cloud.aws.identity import ServiceRole
from components.cloud.contract import Role


@dataclass(frozen=True, kw_only=True)
class PoolerArgs:
    identifier: str
    """Of the database's instance."""
    login: Role
    subnets: Sequence[pulumi.Input[str]]
    security_group: pulumi.Input[str]
    key: pulumi.Input[str]
    """That the database is encrypted with, and so its login."""
    tags: Mapping[str, str]


class Pooler(pulumi.ComponentResource):
    """`endpoint` is its host; the port is the database's own."""

    endpoint: pulumi.Output[str]

    def __init__(self, name: str, args: PoolerArgs, instance: aws.rds.Instance, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:Pooler", name, opts=pulumi.ResourceOptions(parent=parent))
        opts = pulumi.ResourceOptions(parent=self)
        proxy_name = names.shortened(f"{args.identifier}-pooler", 60)
        login = aws.secretsmanager.Secret(
            name,
            name=f"{args.identifier}/pooler",
            kms_key_id=args.key,
            recovery_window_in_days=7,
            tags=dict(args.tags),
            opts=opts,
        )
        filled = aws.secretsmanager.SecretVersion(
            name,
            secret_id=login.id,
            secret_string=pulumi.Output.secret(
                pulumi.Output.json_dumps({"username": args.login.name, "password": args.login.password})
            ),
            opts=opts,
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
            opts=opts,
        )
        aws.rds.ProxyTarget(
            name,
            db_proxy_name=proxy.name,
            target_group_name=group.name,
            db_instance_identifier=instance.identifier,
            opts=opts,
        )
        self.endpoint = proxy.endpoint
        self.register_outputs({"endpoint": proxy.endpoint})

    def _reader_of(self, name: str, proxy_name: str, login: aws.secretsmanager.Secret, args: PoolerArgs) -> ServiceRole:
        role = ServiceRole(name, proxy_name, "rds.amazonaws.com", args.tags, self)
        read = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": login.arn}
        decrypt = {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": args.key}
        aws.iam.RolePolicy(
            name,
            name="read-login",
            role=role.name,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [read, decrypt]}),
            opts=pulumi.ResourceOptions(parent=role),
        )
        return role
