"""The bucket of dumps as rclone finds it: everywhere by the name `store:`, all else in its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from builders.environment import BucketFacts

REMOTE = "RCLONE_CONFIG_STORE_"


@dataclass(frozen=True, kw_only=True)
class Store:
    """`kind` is rclone's word for the protocol. `environment` is what it needs besides, without secrets: those come
    with the pod's identity."""

    kind: Literal["s3", "azureblob"]
    bucket: str
    region: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def amazon(bucket: BucketFacts) -> Store:
    """By pod identity. The bucket's files are encrypted by a key of its own, so what S3 gives as their hash is none:
    S3 itself compares each upload with the MD5 that comes with it."""
    own = {"PROVIDER": "AWS", "USE_MULTIPART_ETAG": "false"}
    environment = {"RCLONE_IGNORE_CHECKSUM": "true", **{f"{REMOTE}{name}": value for name, value in own.items()}}
    return Store(kind="s3", bucket=bucket.name, region=bucket.region, environment=environment)


def azure(bucket: BucketFacts) -> Store:
    """By workload identity. The name is that of the account and of the container in it."""
    account, container = bucket.name.split("/", 1)
    environment = {f"{REMOTE}ACCOUNT": account, f"{REMOTE}NO_CHECK_CONTAINER": "true"}
    return Store(kind="azureblob", bucket=container, environment=environment)


def compatible(bucket: BucketFacts) -> Store:
    """One that speaks S3, whose address and keys stand in the owner's Secret. Without checksums of newer kinds, which
    rclone can send over TLS only and not every store knows; the MD5 comes with each file all the same."""
    environment = {f"{REMOTE}PROVIDER": "Other", "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
    return Store(kind="s3", bucket=bucket.name, environment=environment)


def remote(store: Store) -> dict[str, str]:
    """The environment in which `store:$BUCKET` is the bucket."""
    own = {"TYPE": store.kind, "ENV_AUTH": "true"}
    if store.kind == "s3":
        own |= {"NO_CHECK_BUCKET": "true", **({"REGION": store.region} if store.region else {})}
    return {
        "BUCKET": store.bucket,
        "RCLONE_CONFIG": "/tmp/rclone.conf",
        "RCLONE_CACHE_DIR": "/tmp",
        **{f"{REMOTE}{name}": value for name, value in own.items()},
        **store.environment,
    }
