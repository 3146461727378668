"""AWS: the ids of availability zones.

Availability zones are named by their ids, which mean the same place in every account; letters do not. EKS refuses control
planes in use1-az3, usw1-az2 and cac1-az3, and RDS Proxy in use1-az3 and apne1-az3 (docs.aws.amazon.com: EKS network
requirements, RDS Proxy limitations), so those are left out.
"""

from __future__ import annotations

PREFIXES = {
    "af-south-1": "afs1",
    "ap-east-1": "ape1",
    "ap-northeast-1": "apne1",
    "ap-northeast-2": "apne2",
    "ap-northeast-3": "apne3",
    "ap-south-1": "aps1",
    "ap-south-2": "aps2",
    "ap-southeast-1": "apse1",
    "ap-southeast-2": "apse2",
    "ap-southeast-3": "apse3",
    "ap-southeast-4": "apse4",
    "ca-central-1": "cac1",
    "ca-west-1": "caw1",
    "eu-central-1": "euc1",
    "eu-central-2": "euc2",
    "eu-north-1": "eun1",
    "eu-south-1": "eus1",
    "eu-south-2": "eus2",
    "eu-west-1": "euw1",
    "eu-west-2": "euw2",
    "eu-west-3": "euw3",
    "il-central-1": "ilc1",
    "me-central-1": "mec1",
    "me-south-1": "mes1",
    "sa-east-1": "sae1",
    "us-east-1": "use1",
    "us-east-2": "use2",
    "us-west-1": "usw1",
    "us-west-2": "usw2",
}
"""Beginnings of the ids of zones by region."""
_NUMBERS = {
    "ap-northeast-1": (1, 2, 4),
    "ca-central-1": (1, 2, 4),
    "us-east-1": (1, 2, 4),
    "us-west-1": (1, 3),
}


def zone_ids(region: str, count: int) -> list[str] | None:
    """Return the ids of `count` zones of `region`, such as `use1-az1`; None for a region whose ids are unknown, where
    letters are used. Raises ValueError when the region has fewer."""
    prefix = PREFIXES.get(region)
    if prefix is None:
        return None
    numbers = _NUMBERS.get(region, (1, 2, 3))
    if len(numbers) < count:
        raise ValueError(
            f"requires {count} zones, but {region} has {len(numbers)} for a control plane: set 'zones: {len(numbers)}'"
        )
    return [f"{prefix}-az{number}" for number in numbers[:count]]
