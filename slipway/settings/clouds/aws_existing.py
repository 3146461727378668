"""AWS: a network that somebody else created, named by its ids, and checks of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.cluster_settings import Network
from slipway.settings.fields import Cidr, Matching
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting

MINIMUM_ZONES = 2
"""Zones that a control plane and a subnet group of databases need. Source: EKS network requirements; RDS User Guide, DB
subnet groups."""
NO_CONTROL_PLANE = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Zones in which a control plane cannot be. Source: EKS User Guide, network requirements."""
_RANGES = ("private", "database")
"""Layers whose ranges pods and servers have."""

Vpc = Annotated[str, Matching("the id of a VPC", "vpc-0a1b2c3d4e5f60718", r"vpc-[0-9a-f]{8,17}", 21)]
Subnet = Annotated[str, Matching("the id of a subnet", "subnet-0a1b2c3d4e5f60718", r"subnet-[0-9a-f]{8,17}", 24)]
Zone = Annotated[
    str,
    Matching("a zone by its id or its name", "use1-az1", r"[a-z]{2,4}[0-9]-az[0-9]|[a-z]{2}(-[a-z]+)+-[0-9][a-f]", 20),
]


class AwsSubnet(Setting):
    """A subnet that exists."""

    id: Subnet
    """Its id."""
    cidr: Cidr
    """Its address range, from which security groups and network policies are made without a question to the cloud."""


class AwsExistingNetwork(Setting):
    """A VPC that exists, and its subnets by zone. Nothing is created in it but what runs there, and its security groups."""

    vpc: Vpc
    """Id of the VPC. It needs DNS host names and DNS support."""
    public: dict[Zone, Subnet] = Field(min_length=1)
    """Subnets of the gateway's load balancer, with a route to an internet gateway."""
    private: dict[Zone, AwsSubnet] = Field(min_length=MINIMUM_ZONES)
    """Subnets of nodes and pods, with a route out: images, secrets and APIs of the cloud are fetched from there."""
    database: dict[Zone, AwsSubnet] = Field(min_length=MINIMUM_ZONES)
    """Subnets of databases, caches and brokers. They need no route out, and may be the private ones."""

    def layer(self, name: str) -> Mapping[str, AwsSubnet]:
        return getattr(self, name)

    @property
    def subnets(self) -> Iterator[tuple[Path, AwsSubnet]]:
        for layer in _RANGES:
            for zone, subnet in self.layer(layer).items():
                yield (layer, zone), subnet


class AwsNetwork(Network):
    """The cluster's VPC: a new one, or one that exists."""

    nat: OneOf["shared", "zone"] = "shared"
    """One NAT gateway for all zones (cheaper), or one per zone (survives the loss of a zone). Shared by default,
    because each one costs by the hour."""
    existing: AwsExistingNetwork | None = None
    """A VPC that exists, in place of a new one; `cidr`, `zones` and `nat` are of a new one."""

    @property
    def subnet_cidrs(self) -> list[tuple[Path, str]]:
        if self.existing is None:
            return []
        return [(("existing", *path, "cidr"), subnet.cidr) for path, subnet in self.existing.subnets]

    @property
    def not_evaluated(self) -> str:
        if self.existing is None:
            return ""
        return f"the network {self.existing.vpc}: its routes, flow logs and the rules of its own security groups"


def findings(path: Path, region: str, prefix: str | None, network: AwsNetwork) -> Found:
    """Check the network at a path in a region whose zones' ids begin with `prefix`, if that is known."""
    existing = network.existing
    if existing is None:
        return
    where = (*path, "existing")
    for layer in ("public", *_RANGES):
        for zone in getattr(existing, layer):
            if not _is_in(zone, region, prefix):
                example = f"{prefix}-az1" if prefix else f"{region}a"
                yield Finding((*where, layer, zone), f"is not a zone of {region}, for example {example}")
            elif layer == "private" and zone in NO_CONTROL_PLANE:
                yield Finding((*where, layer, zone), "is a zone in which EKS runs no control plane: leave it out")
    yield from _same(where, dict(existing.subnets))
    for path_, subnet in existing.subnets:
        for zone, id in existing.public.items():
            if id == subnet.id:
                rule = f"is also the public subnet of {zone}: nodes and databases need their own"
                yield Finding((*where, *path_, "id"), rule, ((*where, "public", zone),))


def _same(where: Path, subnets: Mapping[Path, AwsSubnet]) -> Found:
    """Check that one id has one range and one zone, and that two ids have different ranges."""
    for (first, one), (second, other) in combinations(subnets.items(), 2):
        related = ((*where, *first),)
        if one.id == other.id and one.cidr != other.cidr:
            yield Finding((*where, *second, "cidr"), f"is another range of {one.id} than {one.cidr}", related)
        elif one.id == other.id and first[1] != second[1]:
            rule = f"is also the subnet of {first[0]}.{first[1]}; a subnet is in one zone"
            yield Finding((*where, *second, "id"), rule, related)
        elif one.id != other.id and _network(one).overlaps(_network(other)):
            yield Finding((*where, *second, "cidr"), f"overlaps {one.cidr} of {one.id}", related)


def _network(subnet: AwsSubnet) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(subnet.cidr)


def _is_in(zone: str, region: str, prefix: str | None) -> bool:
    if "-az" in zone:
        return prefix is None or zone.startswith(f"{prefix}-az")
    return re.fullmatch(rf"{re.escape(region)}[a-f]", zone) is not None
