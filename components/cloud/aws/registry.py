"""Where the cluster's images are: a repository for each, whose tags never move."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

IMAGES_KEPT = 100
UNTAGGED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    repositories: Sequence[str]
    tags: Mapping[str, str]


class Registry(pulumi.ComponentResource):
    """An ECR repository an image; it outlives the cluster, for its images are what a rollback needs."""

    def __init__(self, name: str, args: RegistryArgs, parent: pulumi.Resource) -> None:
        super().__init__("slipway:aws:Registry", name, opts=pulumi.ResourceOptions(parent=parent))
        for repository in args.repositories:
            self._repository(f"{name}/{repository}", repository, args.tags)
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
