"""What the rest of the program may ask of a cloud, and what every cloud answers: frozen values, no resources.

Only the providers are handles: they are the way to the cluster and to the cloud.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi
import pulumi_kubernetes as kubernetes

from builders.environment import BucketFacts
from settings.databases import Bucket, Database


@dataclass(frozen=True, kw_only=True)
class Role:
    """A login of a database; the password is secret."""

    name: str
    password: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a server listens."""

    host: pulumi.Output[str]
    port: int = 5432


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a network policy opens so that pods reach a server: networks (CIDR), or pods of the same namespace."""

    networks: tuple[str, ...] = ()
    pods: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """A database that a system asks for. `namespace` is the system's, for clouds that keep databases in the cluster;
    what stands in it waits for `ready`."""

    system: str
    name: str
    settings: Database
    namespace: str
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class PostgresEndpoint:
    """One database. Migrations, backups and advisory locks use `direct`, never a pooler.

    `admin` may create roles and is for the bootstrap Job only; `owner` has DDL, `app` DML, `backup` reads.
    """

    server: str
    """The cloud's name of it."""
    database: str
    direct: Address
    pooled: Address | None
    readers: tuple[Address, ...]
    admin: Role
    owner: Role
    app: Role
    backup: Role
    reach: Reach


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """A bucket that a system asks for."""

    system: str
    name: str
    settings: Bucket


class Cloud(Protocol):
    """What a system may ask of the cloud that it stands on. `parent` is the component that asks."""

    def postgres(self, args: PostgresArgs, parent: pulumi.Resource) -> PostgresEndpoint: ...

    def bucket(self, args: BucketArgs, parent: pulumi.Resource) -> BucketFacts: ...


@dataclass(frozen=True, kw_only=True)
class ClusterAccess:
    """The way to a cluster's API. Whatever is made with `provider` waits until the deployer has access."""

    provider: kubernetes.Provider
    server: pulumi.Output[str]
    """Address of the API server."""


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """All that a system needs to know of the cluster that it stands on."""

    name: str
    """Name in the stack."""
    cluster_name: str
    """Name in the cloud."""
    stack: str
    environment: str
    access: ClusterAccess
    cloud: Cloud
    registry: str
    """Images are `<registry>/<repository>:<version>`."""
