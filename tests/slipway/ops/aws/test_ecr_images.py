"""Images in ECR; botocore's Stubber checks each request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from slipway.ops import clouds
from slipway.ops.aws import ecr_images

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.fixture
def ecr() -> Any:
    return boto3.client("ecr", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture
def stub(ecr: Any) -> Iterator[Stubber]:
    with Stubber(ecr) as stub:
        yield stub
        stub.assert_no_pending_responses()


def expected(**image: str) -> dict[str, Any]:
    return {"registryId": "123456789012", "repositoryName": "shop/api", "imageIds": [image]}


@pytest.mark.parametrize(
    ("scan", "status", "counts", "problem"),
    [
        (None, None, {}, None),
        ("high", "COMPLETE", {"MEDIUM": 3}, None),
        ("high", "ACTIVE", {"CRITICAL": 1, "HIGH": 2, "LOW": 9}, "has findings: 1 critical, 2 high"),
        ("low", "COMPLETE", {"LOW": 1}, "has findings: 1 low"),
        ("critical", "IN_PROGRESS", {}, "was not scanned"),
        ("critical", None, {}, "was not scanned"),
    ],
)
def test_findings_of_the_scan(
    ecr: Any, stub: Stubber, scan: str | None, status: str | None, counts: dict[str, int], problem: str | None
) -> None:
    """Of the declared severity or a higher one; an image that was not scanned is no clean one."""
    detail: dict[str, Any] = {"imageScanFindingsSummary": {"findingSeverityCounts": counts}}
    detail |= {"imageScanStatus": {"status": status}} if status else {}
    stub.add_response("describe_images", {"imageDetails": [detail]}, expected(imageTag="2.0.0"))
    assert ecr_images.problem(REGISTRY, "shop/api", "2.0.0", scan, lambda account, region: ecr) == problem


def test_an_image_that_is_missing(ecr: Any, stub: Stubber) -> None:
    stub.add_client_error(
        "describe_images", "ImageNotFoundException", expected_params=expected(imageDigest="sha256:00")
    )
    assert ecr_images.problem(REGISTRY, "shop/api", "sha256:00", None, lambda *_: ecr) == "is not in its registry"


def test_its_registries_are_known() -> None:
    assert clouds.image_problem(REGISTRY) is ecr_images.problem
    assert clouds.image_problem("registry.example.com") is None
    assert clouds.edge_stores() is not None
