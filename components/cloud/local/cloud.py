"""A cluster that exists already, as a system sees it: what it needs stands beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from builders.environment import BucketFacts
from components.cloud.contract import BucketArgs, PostgresArgs, PostgresEndpoint
from components.cloud.local.postgres import Postgres


@dataclass(frozen=True, kw_only=True)
class LocalCloud:
    """Answers `components.cloud.contract.Cloud` with what operators of the cluster run."""

    storage_class: str | None
    protect: bool

    def postgres(self, args: PostgresArgs, parent: pulumi.Resource) -> PostgresEndpoint:
        return Postgres(args, self.storage_class, self.protect, parent).endpoint

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts:
        """The name of a bucket in the S3-compatible store that the cluster's owner provides; none is made."""
        return BucketFacts(name=args.settings.adopt or f"{args.system}-{args.name}", region="local")
