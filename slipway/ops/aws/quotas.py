"""Quotas of AWS accounts that a plan may exceed: what the plan creates and what else exists, beside the values of Service
Quotas."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from slipway.cost.pod_requests import requests
from slipway.cost.resources import resources
from slipway.ops.aws.access import session, translated_errors
from slipway.ops.failure import CloudFailure
from slipway.ops.quota_status import QuotaStatus
from slipway.rehearsal import Plan, Step
from slipway.rehearsal.difference.before import READ
from slipway.settings.clouds.aws import AwsCluster
from slipway.settings.stacks import StackCluster

if TYPE_CHECKING:
    import boto3

OWNER_TAGS = ("slipway.dev/stack", "slipway.dev/cluster")
"""Tags that tell the resources of a stack from those of others."""
Tags = Mapping[str, str]
Open = Callable[[str], Any]
"""Opens boto3's client of a service in the region."""


@dataclass(frozen=True)
class Existing:
    """A resource of the account, with the names of its zone; the empty one stands for the region."""

    name: str
    tags: Tags
    zones: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Quota:
    """A quota in Service Quotas. `types` are those of the resources that it counts in a plan."""

    service: str
    code: str
    name: str
    types: frozenset[str]
    existing: Callable[[Open], Iterable[Existing]] | None
    """Lists what an account has; None if that is not counted."""


def _networks(open_client: Open) -> Iterator[Existing]:
    for each in _pages(open_client("ec2"), "describe_vpcs", "Vpcs"):
        yield Existing(each["VpcId"], _tags(each.get("Tags")))


def _addresses(open_client: Open) -> Iterator[Existing]:
    for each in open_client("ec2").describe_addresses()["Addresses"]:
        yield Existing(each.get("AllocationId", each["PublicIp"]), _tags(each.get("Tags")))


def _gateways(open_client: Open) -> Iterator[Existing]:
    ec2 = open_client("ec2")
    zones = {
        each["SubnetId"]: (each["AvailabilityZoneId"], each["AvailabilityZone"])
        for each in _pages(ec2, "describe_subnets", "Subnets")
    }
    for each in _pages(ec2, "describe_nat_gateways", "NatGateways"):
        if each["State"] in GATEWAY_STATES:
            yield Existing(each["NatGatewayId"], _tags(each.get("Tags")), ("", *zones.get(each["SubnetId"], ())))


def _databases(open_client: Open) -> Iterator[Existing]:
    for each in _pages(open_client("rds"), "describe_db_instances", "DBInstances"):
        yield Existing(each["DBInstanceIdentifier"], _tags(each.get("TagList")))


def _kubernetes(open_client: Open) -> Iterator[Existing]:
    for name in _pages(open_client("eks"), "list_clusters", "clusters"):
        yield Existing(name, {})


GATEWAY_STATES = frozenset(["pending", "available", "deleting"])
"""https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"""
QUOTAS = (
    Quota("vpc", "L-F678F1CE", "VPCs per Region", frozenset(["aws:ec2/vpc:Vpc"]), _networks),
    Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", frozenset(["aws:ec2/eip:Eip"]), _addresses),
    Quota(
        "vpc",
        "L-FE5A380F",
        "NAT gateways per Availability Zone",
        frozenset(["aws:ec2/natGateway:NatGateway"]),
        _gateways,
    ),
    Quota(
        "rds",
        "L-7B6409FD",
        "DB instances",
        # Instances of DocumentDB count too: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
        frozenset(["aws:rds/instance:Instance", "aws:docdb/clusterInstance:ClusterInstance"]),
        _databases,
    ),
    Quota("eks", "L-1194D53C", "Clusters", frozenset(["aws:eks/cluster:Cluster"]), _kubernetes),
)
"""The quotas of new accounts that a stack comes near. Names and codes are those of the Service Quotas console, which the
pages of https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html link to."""
CORES = Quota(
    "ec2",
    "L-1216C47A",
    "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    frozenset(),
    None,
)
"""Counts vCPUs, of which a new account has five. A plan has no nodes: its pods need at least as many as they request. Source:
https://docs.aws.amazon.com/cli/latest/reference/service-quotas/get-aws-default-service-quota.html"""


def statuses(plan: Plan, clusters: Sequence[StackCluster]) -> Iterator[QuotaStatus]:
    """Yield each quota that the plan needs something of, by account and region. Raises CloudFailure if the login is to
    another account."""
    accounts: defaultdict[str, list[tuple[str, AwsCluster]]] = defaultdict(list)
    for cluster in clusters:
        assert isinstance(cluster.settings, AwsCluster)
        accounts[cluster.settings.account].append((cluster.name, cluster.settings))
    for account, members in accounts.items():
        opened = session(members[0][1])
        regions = _by_region(plan, account)
        cores = _cores(plan, members)
        for region in sorted({*regions, *cores}):
            yield from _of_region(opened, region, plan, regions.get(region, ()), cores[region])


def _by_region(plan: Plan, account: str) -> Mapping[str, Sequence[Step]]:
    """Return the steps in this account, by region: a resource's own, or its provider's."""
    counted = frozenset().union(*(quota.types for quota in QUOTAS))
    found: defaultdict[str, list[Step]] = defaultdict(list)
    for step in plan.steps:
        provider = plan.by_urn.get(step.provider.rpartition("::")[0])
        if step.type not in counted or step.op in READ or provider is None:
            continue
        if account in provider.inputs.get("allowedAccountIds", ""):
            found[step.inputs.get("region") or provider.inputs["region"]].append(step)
    return found


def _cores(plan: Plan, members: Sequence[tuple[str, AwsCluster]]) -> Counter[str]:
    """Return the cores that pods on the usual nodes request at the least, by region."""
    found, all_resources = Counter[str](), resources(plan)
    for name, settings in members:
        found[settings.region] += math.ceil(requests(all_resources.of_cluster(name)).cpu.low)
    return +found


def _of_region(
    opened: boto3.Session, region: str, plan: Plan, steps: Sequence[Step], cores: int
) -> Iterator[QuotaStatus]:
    owned = {_owner(step.inputs.get("tags") or {}) for step in steps} - {None}
    names = {
        name for step in steps for name in (*map(step.inputs.get, ("identifier", "name")), step.state.get("importID"))
    }

    def others(quota: Quota) -> Counter[str]:
        if quota.existing is None:
            return Counter()
        existing = quota.existing(lambda service: opened.client(service, region_name=region))
        foreign = (each for each in existing if _owner(each.tags) not in owned and each.name not in names)
        return Counter(zone for each in foreign for zone in each.zones)

    for quota in (*QUOTAS, CORES):
        planned = Counter(_zone(plan, step) for step in steps if step.type in quota.types)
        if quota is CORES:
            planned = +Counter({"": cores})
        if planned:
            yield from _compared(opened, region, quota, planned, partial(others, quota))


def _zone(plan: Plan, step: Step) -> str:
    """Return the zone of a NAT gateway, which is that of its subnet; empty for anything else."""
    if step.type != "aws:ec2/natGateway:NatGateway":
        return ""
    subnets = [plan.by_urn[urn] for urn in step.state["propertyDependencies"].get("subnetId", ()) if urn in plan.by_urn]
    names = (subnet.inputs.get(key) for subnet in subnets for key in ("availabilityZoneId", "availabilityZone"))
    return next((name for name in names if name), "")


def _owner(tags: Tags) -> tuple[str, ...] | None:
    """Return the stack and the cluster of a resource; None if it is not Slipway's."""
    return tuple(tags[key] for key in OWNER_TAGS) if all(key in tags for key in OWNER_TAGS) else None


def _compared(
    opened: boto3.Session,
    region: str,
    quota: Quota,
    planned: Mapping[str, int],
    others: Callable[[], Mapping[str, int]],
) -> Iterator[QuotaStatus]:
    """Yield a quota beside what is planned and what others have, by zone, or at once for the region."""
    limit, existing, problem = None, Counter[str](), ""
    try:
        with translated_errors(f"quota {quota.name}"):
            client = opened.client("service-quotas", region_name=region)
            limit = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)["Quota"].get("Value")
            existing = others()
        problem = "" if limit is not None else "Service Quotas has no value of it"
    except CloudFailure as failure:
        limit, problem = None, str(failure)
    raising = (
        f"aws service-quotas request-service-quota-increase --region {region} "
        f"--service-code {quota.service} --quota-code {quota.code} --desired-value"
    )
    for zone, count in sorted(planned.items()):
        found = None if quota.existing is None else existing.get(zone, 0)
        name = f"{quota.name} in {zone or region}"
        yield QuotaStatus(name, count, found, limit, problem, f"{raising} {count + (found or 0)}")


def _pages(client: Any, operation: str, key: str) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate():
        yield from page[key]


def _tags(listed: Iterable[Mapping[str, str]] | None) -> Tags:
    return {each["Key"]: each["Value"] for each in listed or ()}
