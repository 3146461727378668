"""Images of a file of Compose, and what a system has in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf

from pydantic import TypeAdapter, ValidationError

from slipway.settings.fields import ForeignRepository, Version

Role = OneOf["service", "postgres", "mongodb", "queue", "cache", "other", "omitted"]
_HUB = ("docker.io", "index.docker.io")
"""Names of Docker Hub, whose images without an owner are in `library`. Source: the package `reference` of distribution."""

_REFERENCE = re.compile(
    r"(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?", re.ASCII
)
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("postgres", "postgresql", "postgis", "pgvector"), "postgres"),
    **dict.fromkeys(
        ("timescaledb", "timescaledb-ha", "pgvecto-rs", "vchord-postgres", "citus", "paradedb", "age"), "postgres"
    ),
    **dict.fromkeys(("postgresql-repmgr", "postgres-pgvector"), "postgres"),
    **dict.fromkeys(("mongo", "mongodb", "mongodb-community-server"), "mongodb"),
    "rabbitmq": "queue",
    **dict.fromkeys(("redis", "valkey", "keydb", "redis-stack-server"), "cache"),
}
EXTENSIONS = {"postgis": "postgis", "pgvector": "vector"}
"""Extensions that an image of PostgreSQL is there for."""
_USUAL = re.compile(
    r"docker\.io/(library/(postgres|mongo|rabbitmq|redis)|valkey/valkey|eqalpha/keydb|(postgis/postgis|pgvector/pgvector)"
    r"|(bitnami|bitnamilegacy)/(postgresql|mongodb|rabbitmq|redis|valkey)|mongodb/mongodb-community-server)"
)
"""Images that have nothing but the server, or an extension that is known."""
HINTS = {
    **dict.fromkeys(
        ("mysql", "mysql-server", "percona", "percona-server"),
        "there is no MySQL: use a server of your cloud, with its address and login as 'supplied' secrets",
    ),
    "mariadb": "there is no MariaDB: use a server of your cloud, with its address and login as 'supplied' secrets",
    "minio": "files belong into 'buckets', to which {bucket: …} refers; the identity of the service may read and write them",
    "memcached": "there is no Memcached: use 'caches' if the program speaks Redis, or a server of your cloud",
    **dict.fromkeys(
        ("kafka", "cp-kafka", "cp-server", "kafka-native", "redpanda"),
        "there is no Kafka: use one of your cloud, with its addresses as variables and 'egress' to its port",
    ),
    "elasticsearch": "there is no search engine: use one of your cloud, with its address and login as 'supplied' secrets",
    "opensearch": "there is no search engine: use one of your cloud, with its address and login as 'supplied' secrets",
    **dict.fromkeys(
        ("traefik", "nginx-proxy"), "the gateway takes its place: declare 'domains', and 'routes' of the services"
    ),
    **dict.fromkeys(
        ("certbot", "acme-companion"), "the gateway has certificates of its own: declare 'domains' (docs/gateway.md)"
    ),
    **dict.fromkeys(
        ("mailhog", "mailpit", "mailcatcher", "maildev", "smtp4dev"),
        "it catches mail on a developer's machine: set the address of a real server",
    ),
    "localstack": "it stands in for a cloud: use 'buckets' and the cloud's own services",
    **dict.fromkeys(
        ("adminer", "pgadmin4", "phpmyadmin", "mongo-express", "redis-commander"),
        "people reach databases through the cluster's login: see docs/recovery.md",
    ),
    "watchtower": "releases replace images: see docs/releases.md",
}
"""What to do about programs that do not run in a system, by the last part of their image."""


@dataclass(frozen=True)
class ImageName:
    """An image by registry and repository, tag and digest."""

    repository: str
    tag: str | None
    digest: str | None

    @property
    def program(self) -> str:
        """Return the last part of the repository: `postgres` of `docker.io/library/postgres`."""
        return self.repository.rpartition("/")[2]

    @property
    def role(self) -> Role:
        """Return what a system has in its place."""
        return "other" if self.program in HINTS else _ROLES.get(self.program, "service")

    @property
    def is_usual(self) -> bool:
        """Return whether the image of a data store has what the system has in its place."""
        return _USUAL.fullmatch(self.repository) is not None

    def declared(self) -> dict[str, Any]:
        """Return it as the image of others."""
        parts = {"repository": self.repository, "tag": self.tag, "digest": self.digest}
        return {key: each for key, each in parts.items() if each is not None}


def parsed(text: str) -> ImageName | None:
    """Return the image that Docker means by a text, with its registry; a tag that moves is left out. None if it is none."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    first, slash, rest = found["name"].partition("/")
    if not slash or not (first == "localhost" or "." in first or ":" in first):
        first, rest = "docker.io", found["name"]
    if first in _HUB:
        first, rest = "docker.io", rest if "/" in rest else f"library/{rest}"
    name = f"{first}/{rest}"
    tag = found["tag"] if _fits(Version, found["tag"]) else None
    return ImageName(name, tag, found["digest"]) if _fits(ForeignRepository, name) else None


def own_repository(text: str) -> str:
    """Return the repository in the cluster's registry for an image that the project builds: without registry and tag."""
    found = _REFERENCE.fullmatch(text)
    first, slash, rest = (found["name"] if found else text).partition("/")
    name = rest if slash and ("." in first or ":" in first or first == "localhost") else f"{first}{slash}{rest}"
    parts = (re.sub(r"[^a-z0-9._-]+", "-", part.lower()).strip("-._") for part in name.split("/"))
    return "/".join(part for part in parts if part) or "app"


def _fits(kind: Any, value: str | None) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True
