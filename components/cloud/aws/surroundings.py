"""Where databases stand and what belongs to all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.cloud.aws.vault import Vaults


@dataclass(frozen=True, kw_only=True)
class SecondRegion:
    """A second region, for copies that can take over."""

    region: str
    subnets: Sequence[pulumi.Input[str]]
    firewall: pulumi.Input[str]
    key_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Where databases of a cluster stand."""

    account: str
    region: str
    cluster_name: str
    vpc_id: pulumi.Input[str]
    subnets: Sequence[pulumi.Input[str]]
    networks: tuple[str, ...]
    """Their own address ranges, for network policies."""
    clients: tuple[str, ...]
    """Address ranges that may connect: those of the nodes."""
    log_retention_days: int
    vaults: Vaults
    second: SecondRegion | None
    protect: bool
    tags: Mapping[str, str]
