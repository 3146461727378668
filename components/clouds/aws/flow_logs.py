"""Flow logs of a network, for investigating incidents."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext
from components.clouds.aws.identity import ServiceRole, ServiceRoleArgs
from components.clouds.aws.policy import allow, deferred


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    context: AwsContext
    vpc_id: pulumi.Input[str]
    part: str
    """Distinguishes this log from the cluster's other logs."""
    region: str | None = None
    """The network's region, if it differs from the cluster's."""


def log_flows(name: str, args: FlowLogsArgs, parent: pulumi.Resource) -> None:
    """Creates a log of all flows and the role that writes it."""
    context, full_name = args.context, f"{args.context.cluster_name}-{args.part}"
    tags = {**context.cluster_tags, "Name": full_name}
    opts = pulumi.ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(
        name,
        name=f"/slipway/{context.cluster_name}/{args.part}",
        region=args.region,
        retention_in_days=context.log_retention_days,
        tags=tags,
        opts=opts,
    )
    role = ServiceRole(
        name,
        ServiceRoleArgs(role_name=full_name, service="vpc-flow-logs.amazonaws.com", tags=tags, account=context.account),
        opts,
    )
    write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    policy = aws.iam.RolePolicy(
        name,
        name="write-flow-logs",
        role=role.name,
        policy=deferred(allow(write, pulumi.Output.concat(group.arn, ":*"))),
        opts=opts,
    )
    aws.ec2.FlowLog(
        name,
        region=args.region,
        vpc_id=args.vpc_id,
        traffic_type="ALL",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy]),
    )
