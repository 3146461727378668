"""Data of a system: databases, buckets, its broker."""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import BeforeValidator, Field

from slipway.settings.fields import (
    AsText,
    Between,
    Count,
    Days,
    ExtensionName,
    Gibibytes,
    Milliseconds,
    Name,
    Positive,
    RoleName,
    Text,
)
from slipway.settings.problems import nearest_word
from slipway.settings.setting import OVERRIDABLE, Choice, Setting, needs


class Backup(Setting):
    """How a database is backed up."""

    retention_days: Days = Field(default=14, json_schema_extra=OVERRIDABLE)
    """Retention of backups and of point-in-time recovery, in days. Two weeks by default, enough to notice damage that
    no alert reported."""
    copy_to_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE | needs("second region"))
    """Whether each backup is copied to the cluster's second region. Off by default because it doubles the cost of
    storage."""


class RestoreTest(Setting):
    """Restore test of the backups."""

    every: OneOf["day", "week", "month"] = Field(default="week", json_schema_extra=OVERRIDABLE)
    """How often the newest backup is restored into a temporary database, or onto a temporary disk, and what it holds is
    counted. Every week by default, so that a broken backup is found while older ones still exist."""


def _none_or(setting: type[Setting]) -> Choice:
    def none(value: Any) -> Any:
        if value != "none":
            hint = "; did you mean 'none'?" if nearest_word(value, ["none"]) else ""
            raise ValueError(f"is neither none nor a mapping of keys{hint}")
        return value

    return Choice(lambda _: setting, none)


NoBackup = OneOf["none"]
BackupChoice = Annotated[Backup | NoBackup, _none_or(Backup), Field(examples=[{"retentionDays": 14}])]
RestoreTestChoice = Annotated[RestoreTest | NoBackup, _none_or(RestoreTest), Field(examples=[{"every": "week"}])]
Nodes = Annotated[int, Between("a number of nodes", 3, 1, 9)]
DataClass = OneOf["public", "internal", "personal"]

ENDED = {"12": "2024-11-21", "13": "2025-11-13", "14": "2026-11-12"}
"""Major versions of PostgreSQL past their end of life, with the date of the last release
(https://www.postgresql.org/support/versioning/). Next is 15, on 2027-11-11."""


def _supported(version: Any) -> Any:
    if version in ENDED:
        raise ValueError(
            f"is past its end: PostgreSQL {version} gets no fixes since {ENDED[version]}. Upgrade the server and "
            "set a supported version"
        )
    return version


_OTHERS = ("mysql", "mariadb")


def _run_here(engine: Any) -> Any:
    if engine in _OTHERS:
        raise ValueError(
            "is an engine that Slipway neither creates, migrates nor dumps: run it elsewhere, declare its address as a "
            "secret such as MYSQL_URL: {supplied: The owner of the server}, and its host in 'egress' of the services"
        )
    return engine


Engine = Annotated[OneOf["postgres", "mongodb"], BeforeValidator(_run_here)]
MajorVersion = Annotated[OneOf["15", "16", "17"], BeforeValidator(_supported), AsText, Field(examples=["17"])]
BrokerVersion = Annotated[OneOf["4"], AsText, Field(examples=["4"])]


class Database(Setting):
    """A database with its own instance."""

    engine: Engine = "postgres"
    """`postgres`, or `mongodb` for a database with MongoDB's protocol. By default PostgreSQL, whose migrations can be
    dumped, tested and rolled back."""
    hosting: OneOf["managed", "external"] = Field(default="managed", json_schema_extra=OVERRIDABLE)
    """`managed` by Slipway on the system's cloud, or `external`: run elsewhere, with its address in a supplied secret.
    Managed by default, with backups and a standby that nobody has to run."""
    version: MajorVersion = "17"
    """Major version of PostgreSQL. The newest that every cloud offers by default; raising it is an upgrade in place."""
    size: OneOf["small", "medium", "large", "xlarge"] = Field(default="small", json_schema_extra=OVERRIDABLE)
    """Approximate size: small 2 vCPU 4 GiB, medium 2 vCPU 8 GiB, large 4 vCPU 16 GiB, xlarge 8 vCPU 32 GiB. By default
    `small`: a larger one takes an override and a restart, and an oversized one is paid for unseen."""
    storage: Gibibytes = Field(default=32, json_schema_extra=OVERRIDABLE)
    """Initial storage in GiB; it grows automatically up to `maximumStorage`. 32 by default, the smallest that every
    cloud offers."""
    maximum_storage: Gibibytes = Field(default=256, json_schema_extra=OVERRIDABLE)
    """Maximum storage in GiB: a limit for the bill. 256 by default: eight times the initial one."""
    high_availability: bool = Field(default=True, json_schema_extra=OVERRIDABLE)
    """Whether there is a standby in another zone. On by default, because without it a lost zone means a restore from a
    backup."""
    read_replicas: Count = Field(default=0, json_schema_extra=OVERRIDABLE)
    """Number of read replicas. None by default, because each is another server."""
    replica_in_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE | needs("second region"))
    """Whether a replica in the cluster's second region can be promoted. Off by default because it costs a second server."""
    pooling: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether services connect through a connection pooler. Migrations, backups and locks always connect directly. Off
    by default, because a pooler breaks what lasts longer than a transaction, such as session locks."""
    backup: BackupChoice = Field(default_factory=Backup, json_schema_extra=OVERRIDABLE)
    """Backup settings, or `none`, which the policy pack refuses."""
    restore_test: RestoreTestChoice = Field(default_factory=RestoreTest, json_schema_extra=OVERRIDABLE)
    """Restore test settings, or `none`; an untested backup may be unusable."""
    deletion_protection: bool = Field(default=True, json_schema_extra=OVERRIDABLE)
    """Whether the cloud and Pulumi refuse to delete it. On by default, so that a removed line of a file cannot delete
    data."""
    adopt: Text | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The cloud's id of a database to import instead of creating one: one that Slipway created, such as a promoted replica
    or a restored copy, since it is logged in to as the administrator that Slipway made. One of others is
    `hosting: external`."""
    schema_by: OneOf["migrations", "services"] = "migrations"
    """Who changes its schema. `migrations`: the system's, as the owner; services may change rows only. `services`: programs
    that create and change their tables themselves, as many applications of others do at their start; they log in as the
    owner. By default migrations, so that a mistake in a program cannot drop a table."""
    owner: RoleName | None = None
    """The role that owns the schema (DDL). By default the database's name with `_owner`."""
    extensions: list[ExtensionName] = Field(default_factory=list)
    """Extensions that its schema needs, besides pg_stat_statements, which is always on."""
    slow_query_ms: Milliseconds = Field(default=1000, json_schema_extra=OVERRIDABLE)
    """Log queries slower than this, in milliseconds. 1000 by default: what a user notices."""
    data_class: DataClass = "internal"
    """The most sensitive data in it; `personal` stays in the system's regions. By default `internal`, since most data
    is neither published nor about people."""


class Bucket(Setting):
    """A bucket for files of the system, such as receipts."""

    versioned: bool = True
    """Whether overwritten and deleted files can be restored. On by default, because a deleted file has no other
    copy."""
    expire_days: Days | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Days after which files are deleted; never without it."""
    copy_to_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE | needs("second region"))
    """Whether each file is copied to the cluster's second region. Off by default because it doubles the cost of
    storage."""
    data_class: DataClass = "internal"
    """The most sensitive data in it; `personal` stays in the system's regions. By default `internal`, since most data
    is neither published nor about people."""
    adopt: Text | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The name of an existing bucket to import instead of creating one."""


class QueueDeclaration(Setting):
    """A queue on the system's broker."""

    durable: bool = True
    """Whether it survives a restart of the broker. On by default, because a message that was accepted must not be
    lost."""
    dead_letter: Name | None = None
    """The dead-letter queue for rejected messages."""
    delivery_limit: Positive = 10
    """Deliveries of one message before it is dead-lettered. 10 by default, so that a message that always fails does
    not block the queue."""


class Queue(Setting):
    """The system's message broker, RabbitMQ."""

    version: BrokerVersion = "4"
    """Major version of RabbitMQ. By default the only one that is still maintained."""
    hosting: OneOf["cluster", "managed"] = Field(default="cluster", json_schema_extra=OVERRIDABLE | needs("broker"))
    """In the cluster by RabbitMQ's operator, or `managed` by a cloud that offers it. In the cluster by default,
    because not every cloud offers it."""
    replicas: Nodes = Field(default=3, json_schema_extra=OVERRIDABLE)
    """Number of nodes, spread over zones. Quorum queues need three to survive the loss of one. Three by default."""
    size: OneOf["small", "medium", "large"] = Field(default="medium", json_schema_extra=OVERRIDABLE | needs("broker"))
    """Approximate node size of a `managed` broker: small 1 vCPU 4 GiB, which the cloud recommends for tests only,
    medium 2 vCPU 8 GiB, large 4 vCPU 16 GiB. By default `medium`, the smallest for production."""
    storage: Gibibytes = Field(default=10, json_schema_extra=OVERRIDABLE)
    """GiB of storage per node. 10 by default, since a broker that works is nearly empty."""
    vhost: Name
    """The virtual host of the system's services."""
    queues: dict[Name, QueueDeclaration] = Field(default_factory=dict)
    """Queues by name, created before the services start. Services may declare more."""
