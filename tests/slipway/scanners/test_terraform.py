"""AWS's resources read as Terraform's."""

from __future__ import annotations

from typing import Any

import pytest

from slipway.rehearsal import UNKNOWN, Plan
from slipway.rehearsal.plan import Step
from slipway.scanners import terraform

PREFIX = "urn:pulumi:prod::slipway::"


def step(type_: str, name: str, inputs: dict[str, Any], parent: str = "", **references: list[str]) -> Step:
    urn = f"{PREFIX}{parent}{type_}::{name}"
    return Step("create", urn, {"type": type_, "inputs": inputs, "propertyDependencies": references})


def plan(*steps: Step) -> Plan:
    return Plan("slipway", "prod", "organization", steps)


@pytest.mark.parametrize(
    ("pulumi", "terraforms"),
    [
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "aws_s3_bucket_replication_configuration"),
        ("aws:wafv2/webAcl:WebAcl", "aws_wafv2_web_acl"),
    ],
)
def test_names_of_types(pulumi: str, terraforms: str) -> None:
    """The module is the prefix, but for those that Terraform calls otherwise."""
    assert terraform.type_name(pulumi) == terraforms


def test_inputs_become_arguments() -> None:
    """Names in snake case; an object is one block, a list of objects blocks; tags stay as they are."""
    inputs = {
        "kmsKeyId": UNKNOWN,
        "aliases": ["example.com"],
        "viewerCertificate": {"acmCertificateArn": UNKNOWN},
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}],
        "tags": {"slipway.dev/stackName": "prod"},
    }
    assert terraform.arguments(inputs) == {
        "kms_key_id": UNKNOWN,
        "aliases": ["example.com"],
        "viewer_certificate": [{"acm_certificate_arn": UNKNOWN}],
        "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}],
        "tags": {"slipway.dev/stackName": "prod"},
    }


def test_references_lead_to_the_resources_of_aws() -> None:
    """An input that comes from another resource names its address; what is not AWS' own has none."""
    bucket = step("aws:s3/bucket:Bucket", "fleet/files", {"bucket": "files"})
    policy = step(
        "aws:s3/bucketPolicy:BucketPolicy", "fleet/files", {"bucket": UNKNOWN, "policy": "{}"},
        bucket=[bucket.urn], policy=[f"{PREFIX}random:index/randomBytes:RandomBytes::fleet"],
    )  # fmt: skip
    document = terraform.document(terraform.resources(plan(bucket, policy)))
    (_, configured) = document["configuration"]["root_module"]["resources"]
    assert configured["address"] == "aws_s3_bucket_policy.fleet_files"
    assert configured["expressions"] == {
        "bucket": {"references": ["aws_s3_bucket.fleet_files.id", "aws_s3_bucket.fleet_files"]}
    }


def test_two_resources_never_share_an_address() -> None:
    """Below different parents Pulumi lets two have one name."""
    twins = [step("aws:iam/role:Role", "fleet", {"name": parent}, parent=f"{parent}$") for parent in ("a", "b")]
    found = terraform.resources(plan(*twins))
    assert [each.address for each in found] == ["aws_iam_role.fleet", "aws_iam_role.fleet_2"]
    assert {each.label for each in found} == {"Role/fleet"}
