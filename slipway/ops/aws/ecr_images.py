"""Images in Amazon ECR, and what its scan found in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

REGISTRY = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
SEVERITIES = ("critical", "high", "medium", "low")
SCANNED = ("COMPLETE", "ACTIVE")
"""States of a scan whose findings are all there: of basic and of enhanced scanning."""


def _client(account: str, region: str) -> Any:
    import boto3

    return boto3.client("ecr", region_name=region)


def problem(
    registry: str, repository: str, reference: str, scan: str | None, make: Callable[[str, str], Any] = _client
) -> str | None:
    """Return what is wrong with an image; None if nothing is. `reference` is a digest or a tag, `scan` the lowest severity
    that is refused, `make` returns boto3's client `ecr` of an account and a region. Raises boto3's errors."""
    match = REGISTRY.fullmatch(registry)
    assert match is not None, registry
    account, ecr = match[1], make(match[1], match[2])
    by = "imageDigest" if reference.startswith("sha256:") else "imageTag"
    try:
        (found,) = ecr.describe_images(registryId=account, repositoryName=repository, imageIds=[{by: reference}])[
            "imageDetails"
        ]
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        return "is not in its registry"
    return None if scan is None else _findings(found, scan)


def _findings(found: dict[str, Any], scan: str) -> str | None:
    if found.get("imageScanStatus", {}).get("status") not in SCANNED:
        return "was not scanned"
    counts = found.get("imageScanFindingsSummary", {}).get("findingSeverityCounts", {})
    refused = SEVERITIES[: SEVERITIES.index(scan) + 1]
    listed = [f"{counts[each.upper()]} {each}" for each in refused if counts.get(each.upper())]
    return f"has findings: {', '.join(listed)}" if listed else None
