"""Configuration of programs in pods that use a container of a storage account."""

from __future__ import annotations

from components.cluster.logs.manifests.snapshots import Snapshots, Token
from components.manifests.environment import BucketFacts
from components.system.backups.manifests.rclone import Store

_TOKEN = Token(
    volume="azure-identity-token",
    module="storage-azure",
    file="azure-identity-token",
    audience="api://AzureADTokenExchange",
)
"""AKS adds no token volume to a pod that already has one of this name."""


def store(bucket: BucketFacts) -> Store:
    """Returns rclone's settings, with access by workload identity."""
    return Store(
        kind="azureblob",
        bucket=bucket.bucket,
        settings={"ACCOUNT": bucket.account, "NO_CHECK_CONTAINER": "true"},
    )


def snapshots(bucket: BucketFacts) -> Snapshots:
    """Returns Elasticsearch's settings. It reads the account's name from its keystore only. AKS adds missing variables
    and does not overwrite this one."""
    return Snapshots(
        kind="azure",
        settings={"container": bucket.bucket},
        keystore={"azure.client.default.account": bucket.account},
        token=_TOKEN,
        environment={"AZURE_FEDERATED_TOKEN_FILE": _TOKEN.path},
    )
