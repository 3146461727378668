"""The cluster's image registry: one repository per image, with immutable tags."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.clouds.aws.context import AwsContext

IMAGES_KEPT = 100
"""Images retained per repository. Chosen: enough for rollback over months of releases."""
UNTAGGED_DAYS = 7
"""Days after which an image without a tag is deleted. Chosen: a week, for pushes in progress."""


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    context: AwsContext
    repositories: Mapping[str, str]
    """The repository of each image."""


class Registry(pulumi.ComponentResource):
    """An ECR repository per image; images outlive the cluster because a rollback needs them."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:Registry", name, opts=opts)
        for image, repository in args.repositories.items():
            self._repository(f"{name}/{image}", repository, args.context.cluster_tags)
        self.register_outputs({})

    def _repository(self, name: str, repository: str, tags: Mapping[str, str]) -> None:
        created = aws.ecr.Repository(
            name,
            name=repository,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS")],
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=created.name,
            policy=json.dumps(_lifecycle()),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _lifecycle() -> dict[str, object]:
    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": UNTAGGED_DAYS,
    }
    tagged = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": IMAGES_KEPT}
    rules = [(1, "Untagged images go after a week", untagged), (2, f"The last {IMAGES_KEPT} images stay", tagged)]
    return {
        "rules": [
            {"rulePriority": priority, "description": text, "selection": selection, "action": {"type": "expire"}}
            for priority, text, selection in rules
        ]
    }
