"""Image repositories that a plan would create and others have in the account, in moto's ECR."""

from __future__ import annotations

import boto3
import pytest

from slipway.ops.aws import image_repositories
from slipway.ops.failure import CloudFailure
from slipway.ops.repository_status import TakenRepository
from slipway.settings.clouds.aws import AwsCluster
from tests.rehearsed import rehearsed
from tests.slipway.ops.conftest import ACCOUNT, aws

__all__ = ["aws"]
CLUSTER = "slipway-prod-main"


def settings() -> AwsCluster:
    found = rehearsed("prod").stack.clusters["main"].settings
    assert isinstance(found, AwsCluster)
    return found.model_copy(update={"account": ACCOUNT})


def taken() -> list[TakenRepository]:
    return list(image_repositories.taken(rehearsed("prod").plan, CLUSTER, settings()))


def create(name: str, **tags: str) -> None:
    listed = [{"Key": f"slipway.dev/{key}", "Value": value} for key, value in tags.items()]
    boto3.client("ecr", region_name="us-east-1").create_repository(repositoryName=name, tags=listed)


@pytest.mark.usefixtures("aws")
def test_only_those_of_others() -> None:
    """Not those of the cluster itself, nor those that the plan does not have."""
    planned = sorted(image_repositories._planned(rehearsed("prod").plan, CLUSTER))
    mine, theirs, nobodys, *_ = planned
    create(mine, cluster=CLUSTER)
    create("something-else", cluster="acme-prod-main")
    assert taken() == []
    create(theirs, cluster="acme-prod-main")
    create(nobodys, stack="prod")
    found = {each.name: each for each in taken()}
    assert {name: each.owner for name, each in found.items()} == {theirs: "acme-prod-main", nobodys: None}
    assert "`imagePrefix`" in found[theirs].remedy


@pytest.mark.usefixtures("aws")
def test_the_registry_of_another_account() -> None:
    """Is a failure of the login, as everywhere."""
    other = settings().model_copy(update={"account": "999999999999"})
    with pytest.raises(CloudFailure, match="logged in to account"):
        list(image_repositories.taken(rehearsed("prod").plan, CLUSTER, other))
