"""Configuration of programs in pods that use a bucket on S3."""

from __future__ import annotations

from components.cluster.logs.manifests.snapshots import Snapshots, Token
from components.manifests.environment import BucketFacts
from components.system.backups.manifests.rclone import REMOTE, Store

_AGENT = "http://169.254.170.23/v1/credentials"
"""Address on each node from which pods get their credentials."""
_TOKEN = Token(
    volume="aws-token",
    module="repository-s3",
    file="aws-web-identity-token-file",
    audience="pods.eks.amazonaws.com",
)
"""Name of the token volume. It differs from EKS' own name, because EKS injects nothing into a pod that already has a
volume of that name."""


def store(bucket: BucketFacts) -> Store:
    """Returns rclone's settings, with access by Pod Identity. Files are encrypted with a KMS key, so their ETag is not
    an MD5 hash; S3 itself checks each upload against the MD5 sent with it."""
    return Store(
        kind="s3",
        bucket=bucket.bucket,
        settings={"NO_CHECK_BUCKET": "true", **({"REGION": bucket.region} if bucket.region else {})},
        environment={
            "RCLONE_IGNORE_CHECKSUM": "true",
            f"{REMOTE}PROVIDER": "AWS",
            f"{REMOTE}USE_MULTIPART_ETAG": "false",
        },
    )


def snapshots(bucket: BucketFacts) -> Snapshots:
    """Returns Elasticsearch's settings. Its properties take precedence over the variables that EKS adds to a pod, which
    name a file that Elasticsearch may not read."""
    return Snapshots(
        kind="s3",
        settings={"bucket": bucket.bucket},
        client={"s3.client.default.region": bucket.region},
        token=_TOKEN,
        java_options=(
            f"-Daws.containerCredentialsFullUri={_AGENT}",
            f"-Daws.containerAuthorizationTokenFile={_TOKEN.path}",
        ),
    )
