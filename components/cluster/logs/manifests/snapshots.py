"""Where snapshots of the logs are stored, and the token with which Elasticsearch authenticates.

Elasticsearch reads no file outside its configuration directory. The tokens that clouds mount are elsewhere, so another
token of the same kind is mounted below that directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BUCKET = "snapshots"
REPOSITORY = "logs"
ACCOUNT = "logs"
"""The service account of Elasticsearch's pods."""
SECRET = "logs-snapshots"
"""Secret with the settings that Elasticsearch reads from its keystore only."""
TOKEN_SECONDS = 3600
"""Lifetime of a service account token in seconds. Source: the default of `expirationSeconds` in Kubernetes."""
_CONFIG = "/usr/share/elasticsearch/config"


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token of the service account for the cloud. Elasticsearch 9.x allows its modules to read only certain files,
    which `module` and `file` name."""

    volume: str
    module: str
    file: str
    audience: str

    @property
    def folder(self) -> str:
        return f"{_CONFIG}/{self.module}"

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.file}"


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """A snapshot repository: its `kind` and `settings` in Elasticsearch, and the configuration that its nodes need to
    use it."""

    kind: str
    settings: Mapping[str, str]
    token: Token
    client: Mapping[str, str] = field(default_factory=dict)
    """Settings in elasticsearch.yml."""
    keystore: Mapping[str, str] = field(default_factory=dict)
    java_options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of pods that use the identity with access to the repository."""


def volume(snapshots: Snapshots) -> dict[str, Any]:
    token = snapshots.token
    source = {"audience": token.audience, "expirationSeconds": TOKEN_SECONDS, "path": token.file}
    return {"name": token.volume, "projected": {"sources": [{"serviceAccountToken": source}]}}


def mount(snapshots: Snapshots) -> dict[str, Any]:
    token = snapshots.token
    return {"name": token.volume, "mountPath": token.folder, "readOnly": True}
