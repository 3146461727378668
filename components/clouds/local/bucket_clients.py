"""Configuration of programs in pods that use a bucket of an S3-compatible store."""

from __future__ import annotations

from components.manifests.environment import BucketFacts
from components.system.backups.manifests.rclone import Store


def store(bucket: BucketFacts) -> Store:
    """Returns rclone's settings; address and keys are in the owner's Secret. Newer checksums are disabled, because
    rclone sends them over TLS only and not every store supports them; each upload still has its MD5."""
    return Store(
        kind="s3",
        bucket=bucket.bucket,
        settings={"NO_CHECK_BUCKET": "true", "PROVIDER": "Other"},
        environment={"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"},
    )
