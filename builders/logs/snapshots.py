"""Where copies of the logs go, and by which token Elasticsearch proves there who it is.

Elasticsearch reads no file outside its folder of configuration: the tokens that EKS and AKS mount into pods lie elsewhere,
so another of the same kind is mounted below that folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from builders.environment import BucketFacts
from builders.pod import Identity

BUCKET = "snapshots"
REPOSITORY = "logs"
ACCOUNT = "logs"
"""The service account of Elasticsearch's pods."""
SECRET = "logs-snapshots"
"""Tells Elasticsearch the name of Azure's storage account, which it takes from its keystore only."""
TOKEN_SECONDS = 3600
_CONFIG = "/usr/share/elasticsearch/config"
_POD_IDENTITY_AGENT = "http://169.254.170.23/v1/credentials"


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """A bucket (`s3`) or a container of `account` (`azure`) that copies of the logs go to."""

    kind: Literal["s3", "azure"]
    bucket: str
    region: str
    account: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of pods that take on the identity which may use it."""


def to(bucket: BucketFacts, identity: Identity) -> Snapshots:
    """Names of buckets on Azure are `<account>/<container>`."""
    account, _, name = bucket.name.rpartition("/")
    kind = "azure" if account else "s3"
    return Snapshots(kind=kind, bucket=name, region=bucket.region, account=account, labels=identity.labels)


@dataclass(frozen=True, kw_only=True)
class _Token:
    volume: str
    folder: str
    file: str
    audience: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.file}"


# Folder and file are those that Elasticsearch 9.x grants its modules by name. AKS takes a volume of this name for its own
# and adds none; EKS refuses to do anything where its own name is taken, so this one has another.
_TOKENS = {
    "s3": _Token(
        volume="aws-token",
        folder=f"{_CONFIG}/repository-s3",
        file="aws-web-identity-token-file",
        audience="pods.eks.amazonaws.com",
    ),
    "azure": _Token(
        volume="azure-identity-token",
        folder=f"{_CONFIG}/storage-azure",
        file="azure-identity-token",
        audience="api://AzureADTokenExchange",
    ),
}


def java_options(snapshots: Snapshots) -> list[str]:
    """Properties go before the variables that EKS adds to a pod, which name a file that Elasticsearch may not read."""
    if snapshots.kind == "azure":
        return []
    return [
        f"-Daws.containerCredentialsFullUri={_POD_IDENTITY_AGENT}",
        f"-Daws.containerAuthorizationTokenFile={_TOKENS['s3'].path}",
    ]


def environment(snapshots: Snapshots) -> list[dict[str, Any]]:
    """AKS adds the variables that are missing, and leaves this one."""
    if snapshots.kind == "s3":
        return []
    return [{"name": "AZURE_FEDERATED_TOKEN_FILE", "value": _TOKENS["azure"].path}]


def volume(snapshots: Snapshots) -> dict[str, Any]:
    token = _TOKENS[snapshots.kind]
    source = {"audience": token.audience, "expirationSeconds": TOKEN_SECONDS, "path": token.file}
    return {"name": token.volume, "projected": {"sources": [{"serviceAccountToken": source}]}}


def mount(snapshots: Snapshots) -> dict[str, Any]:
    token = _TOKENS[snapshots.kind]
    return {"name": token.volume, "mountPath": token.folder, "readOnly": True}
