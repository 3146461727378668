"""Logs of networks and databases are sent to where they are kept for a while, those of copies too."""

from __future__ import annotations

import pytest

from slipway.rehearsal import Plan
from tests.components.clouds.planned import SYSTEM, depends_on, plan

COPIED = SYSTEM.replace("{extensions: [pgcrypto]}", "{readReplicas: 1, replicaInSecondRegion: true}")
AWS = """
cloud: aws
region: eu-west-1
secondRegion: eu-central-1
account: "111122223333"
deployers: [arn:aws:iam::111122223333:role/deployer]
network: {cidr: 10.60.0.0/16, secondCidr: 10.61.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24], logRetentionDays: 30}
"""
AZURE = """
cloud: azure
region: westeurope
secondRegion: northeurope
subscription: 00000000-0000-0000-0000-000000000001
tenant: 00000000-0000-0000-0000-000000000002
deployers: [00000000-0000-0000-0000-000000000003]
network: {cidr: 10.60.0.0/16, secondCidr: 10.61.0.0/16}
kubernetes: {authorizedNetworks: [203.0.113.0/24]}
"""


@pytest.fixture(scope="module")
def aws() -> Plan:
    return plan(AWS, definition=COPIED)


@pytest.fixture(scope="module")
def azure() -> Plan:
    return plan(AZURE, definition=COPIED)


def test_flows_of_every_network_are_logged(aws: Plan) -> None:
    """One log of flows for each network, in its region, by a role of its own."""
    logs = [step for step in aws.steps if step.type == "aws:ec2/flowLog:FlowLog"]
    assert {(step.name, step.inputs.get("region")) for step in logs} == {
        ("main-flows", None),
        ("main-copies-flows", "eu-central-1"),
    }
    assert all(depends_on(aws, step, "aws:ec2/vpc:Vpc") for step in logs)


def test_primary_reader_and_copy_send_their_logs(aws: Plan) -> None:
    """Each instance sends to groups that were made before it, with a retention, in its own region."""
    groups = {step.inputs["name"]: step for step in aws.steps if step.type == "aws:cloudwatch/logGroup:LogGroup"}
    instances = [step for step in aws.steps if step.type == "aws:rds/instance:Instance"]
    assert len(instances) == 3
    for step in instances:
        assert step.inputs["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]
        for log in step.inputs["enabledCloudwatchLogsExports"]:
            group = groups[f"/aws/rds/instance/{step.inputs['identifier']}/{log}"]
            assert group.urn in step.dependencies
            assert group.inputs["retentionInDays"] == 30
            assert group.inputs.get("region") == step.inputs.get("region")


def test_every_flexible_server_sends_its_logs(azure: Plan) -> None:
    """The primary, its reader and its copy, each to the cluster's workspace."""
    settings = [
        step
        for step in azure.steps
        if step.type == "azure-native:monitor:DiagnosticSetting"
        and depends_on(azure, step, "azure-native:dbforpostgresql:Server")
    ]
    assert {step.name for step in settings} == {"shop/shop_db", "shop/shop_db-reader-0", "shop/shop_db-copy"}
    for step in settings:
        assert step.inputs["logs"] == [{"category": "PostgreSQLLogs", "enabled": True}]
        assert depends_on(azure, step, "azure-native:operationalinsights:Workspace")
