"""Quotas beside what the stack prod has, in an account that moto pretends to be. moto knows quotas of VPCs alone; the test
gives it the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto.servicequotas.models import ServiceQuotasBackend

from slipway.ops.aws import quotas
from slipway.ops.failure import CloudFailure
from slipway.ops.quota_status import QuotaStatus
from tests.rehearsed import rehearsed
from tests.slipway.ops.conftest import aws

__all__ = ["aws"]

REGION = "us-east-1"
OWN = [
    {"Key": "slipway.dev/stack", "Value": "prod"},
    {"Key": "slipway.dev/cluster", "Value": "slipway-prod-main"},
]


@pytest.fixture
def account(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """moto's account in place of the stack's."""
    monkeypatch.setattr(quotas, "session", lambda settings: boto3.Session(region_name=settings.region))


def allow(monkeypatch: pytest.MonkeyPatch, **limits: float) -> None:
    """Give quotas a value, by their code without `L-`."""
    known = ServiceQuotasBackend.get_service_quota

    def answer(self: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
        if (code := quota_code.removeprefix("L-")) in limits:
            return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": limits[code]}
        return known(self, service_code, quota_code)

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", answer)


def found() -> dict[str, QuotaStatus]:
    stack = rehearsed("prod")
    return {each.name: each for each in quotas.statuses(stack.plan, [stack.stack.clusters["main"]])}


def test_what_nobody_can_read_is_not_enough(account: None) -> None:
    """In each region of the plan; a VPC that AWS made with the account counts."""
    statuses = found()
    assert {name for name, each in statuses.items() if each.enough is None} == {
        "EC2-VPC Elastic IPs in us-east-1",
        "DB instances in us-east-1",
        "DB instances in us-west-2",
        "Clusters in us-east-1",
        f"{quotas.CORES.name} in us-east-1",
    }
    assert "GetServiceQuota on quota Clusters failed" in statuses["Clusters in us-east-1"].problem
    for region in ("us-east-1", "us-west-2"):
        status = statuses[f"VPCs per Region in {region}"]
        assert (status.planned, status.existing, status.limit, status.enough) == (1, 1, 5, True)


def test_what_is_the_stacks_own_is_counted_once(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its tags or its name; what others have is added."""
    allow(monkeypatch, **{"0263D0A3": 5, "7B6409FD": 9, "1194D53C": 2})
    ec2, rds, eks = (boto3.client(service, region_name=REGION) for service in ("ec2", "rds", "eks"))
    for tags in (OWN, [], [], []):
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        if tags:
            ec2.create_tags(Resources=[address], Tags=tags)
    for name in ("slipway-prod-main-expenses-expenses", "other"):
        rds.create_db_instance(DBInstanceIdentifier=name, DBInstanceClass="db.t4g.micro", Engine="postgres")
    for name in ("slipway-prod-main", "other"):
        eks.create_cluster(name=name, roleArn="arn:aws:iam::123456789012:role/eks", resourcesVpcConfig={})
    statuses = found()
    addresses = statuses["EC2-VPC Elastic IPs in us-east-1"]
    assert (addresses.planned, addresses.existing, addresses.enough) == (3, 3, False)
    assert addresses.remedy == (
        "aws service-quotas request-service-quota-increase --region us-east-1 --service-code ec2 "
        "--quota-code L-0263D0A3 --desired-value 6"
    )
    databases = statuses["DB instances in us-east-1"]
    assert (databases.planned, databases.existing, databases.enough) == (8, 1, True)
    clusters = statuses["Clusters in us-east-1"]
    assert (clusters.planned, clusters.existing, clusters.enough) == (1, 1, True)


def test_gateways_count_in_their_zone(account: None) -> None:
    """Five of others leave no room there, and none of the other zones is affected."""
    names = [name for name in found() if name.startswith("NAT gateways")]
    full = names[0].rpartition(" ")[2]
    ec2 = boto3.client("ec2", region_name=REGION)
    network = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.9.0.0/24", AvailabilityZoneId=full)["Subnet"]["SubnetId"]
    for _ in range(5):
        ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
    statuses = found()
    assert [(statuses[name].existing, statuses[name].enough) for name in names] == [(5, False), (0, True), (0, True)]


def test_pods_need_cores(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a new account has, whatever else runs in it."""
    allow(monkeypatch, **{"1216C47A": 5})
    status = found()[f"{quotas.CORES.name} in us-east-1"]
    assert (status.planned > 5, status.existing, status.enough) == (True, None, False)


def test_what_exists_must_be_readable_too(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota without the number of what others have says nothing."""
    allow(monkeypatch, **{"1194D53C": 100})

    def refuse(open_client: quotas.Open) -> Any:
        raise CloudFailure("aws: the login may not call ListClusters")

    refusing = [replace(each, existing=refuse) for each in quotas.QUOTAS]
    monkeypatch.setattr(quotas, "QUOTAS", refusing)
    assert {each.enough for name, each in found().items() if quotas.CORES.name not in name} == {None}
