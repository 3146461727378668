"""Image repositories of a plan that others have in the account already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from slipway.ops.aws.access import session, translated_errors
from slipway.ops.repository_status import TakenRepository
from slipway.rehearsal import Plan
from slipway.settings.clouds.aws import AwsCluster

REPOSITORY = "aws:ecr/repository:Repository"
OWNER_TAG = "slipway.dev/cluster"


def _client(settings: AwsCluster) -> Any:
    return session(settings).client("ecr")


def taken(
    plan: Plan, cluster_name: str, settings: AwsCluster, make: Callable[[AwsCluster], Any] = _client
) -> Iterator[TakenRepository]:
    """Yield the repositories that the plan creates for a cluster and the account already has for somebody else, by their
    tags. `make` returns boto3's client `ecr` of a cluster's region. Raises CloudFailure."""
    planned = sorted(_planned(plan, cluster_name))
    if not planned:
        return
    with translated_errors(f"image repositories in {settings.region}"):
        ecr = make(settings)
        pages = ecr.get_paginator("describe_repositories").paginate(registryId=settings.account)
        existing = {each["repositoryName"]: each["repositoryArn"] for page in pages for each in page["repositories"]}
        for name in planned:
            if name not in existing:
                continue
            owner = _owner(ecr.list_tags_for_resource(resourceArn=existing[name])["tags"])
            if owner != cluster_name:
                yield TakenRepository(name, owner, _remedy(name, settings))


def _planned(plan: Plan, cluster_name: str) -> Iterator[str]:
    for step in plan.steps:
        tags = step.inputs.get("tags") if step.type == REPOSITORY else None
        if isinstance(tags, Mapping) and tags.get(OWNER_TAG) == cluster_name:
            yield str(step.inputs["name"])


def _owner(tags: list[Mapping[str, str]]) -> str | None:
    return next((each["Value"] for each in tags if each["Key"] == OWNER_TAG), None)


def _remedy(name: str, settings: AwsCluster) -> str:
    prefix = settings.image_prefix
    other = "another `imagePrefix`" if prefix else "`imagePrefix`, for example the project's name,"
    return (
        f"{name} in {settings.region} is not this stack's: set {other} in the stack's file, and push the images there"
    )
