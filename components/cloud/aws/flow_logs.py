"""Who talked to whom in a network, for whoever looks into an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cloud.aws.identity import ServiceRole


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    vpc_id: pulumi.Input[str]
    stem: str
    """Names the network, in all regions."""
    group: str
    region: str | None = None
    """The network's, where that is not the cluster's."""
    retention_days: int
    tags: Mapping[str, str]


def log_flows(name: str, args: FlowLogsArgs, parent: pulumi.Resource) -> None:
    """A log of all flows, and the role that writes it."""
    opts = pulumi.ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(
        name,
        name=args.group,
        region=args.region,
        retention_in_days=args.retention_days,
        tags=args.tags,
        opts=opts,
    )
    role = ServiceRole(name, args.stem, "vpc-flow-logs.amazonaws.com", args.tags, parent)
    write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    policy = aws.iam.RolePolicy(
        name,
        name="write-flow-logs",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": write, "Resource": pulumi.Output.concat(group.arn, ":*")}],
            }
        ),
        opts=opts,
    )
    aws.ec2.FlowLog(
        name,
        region=args.region,
        vpc_id=args.vpc_id,
        traffic_type="ALL",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=args.tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )
