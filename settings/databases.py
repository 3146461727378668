"""What a system keeps: databases, buckets, its queue."""

from __future__ import annotations

from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import Field

from settings.fields import AsText, Count, DatabaseName, Days, Gibibytes, Name, Positive, RoleName, Text
from settings.problems import nearest_word
from settings.setting import OVERRIDABLE, Choice, Setting


class Backup(Setting):
    """How a database is backed up."""

    retention_days: Days = Field(default=14, json_schema_extra=OVERRIDABLE)
    """Days that backups, and so points in time to recover to, are kept. Two weeks by default: time enough to notice
    damage that no alert saw."""
    copy_to_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether each backup is copied to the cluster's second region. Off by default because it doubles the storage that
    is paid."""
    offsite: Text | None = None
    """Where a dump is copied besides the cloud's own backups, as the owner calls that place."""
    daily_full: bool = True
    """Whether a full backup is made each day."""
    hourly_incremental: bool = True
    """Whether changes since are kept at least hourly. Managed Postgres ships its log every five minutes, which does."""


class RestoreTest(Setting):
    """A backup counts once it was restored."""

    every: OneOf["day", "week", "month"] = Field(default="week", json_schema_extra=OVERRIDABLE)
    """How often the newest backup is restored into a scratch database and its rows are counted."""


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
DataClass = OneOf["public", "internal", "personal"]
MajorVersion = Annotated[OneOf["14", "15", "16", "17"], AsText, Field(examples=["17"])]
BrokerVersion = Annotated[OneOf["4"], AsText, Field(examples=["4"])]


class Database(Setting):
    """One database on an instance of its own."""

    engine: OneOf["postgres", "documents"] = "postgres"
    """`postgres`, or `documents` for one that speaks MongoDB's protocol."""
    placement: OneOf["managed", "external"] = Field(default="managed", json_schema_extra=OVERRIDABLE)
    """`managed` by Slipway on the system's cloud, or `external`: run elsewhere, reached by a supplied secret."""
    version: MajorVersion = "17"
    """Major version of PostgreSQL. The newest that every cloud offers by default; raising it is an upgrade in place."""
    size: OneOf["small", "medium", "large", "xlarge"] = Field(default="small", json_schema_extra=OVERRIDABLE)
    """Memory and cores, about: small 2 vCPU 4 GiB, medium 2 vCPU 8 GiB, large 4 vCPU 16 GiB, xlarge 8 vCPU 32 GiB."""
    storage: Gibibytes = Field(default=32, json_schema_extra=OVERRIDABLE)
    """GiB at the start; it grows by itself up to `maximumStorage`."""
    maximum_storage: Gibibytes = Field(default=256, json_schema_extra=OVERRIDABLE)
    """GiB that growth stops at: an upper bound of the bill."""
    high_availability: bool = Field(default=True, json_schema_extra=OVERRIDABLE)
    """Whether a standby in another zone takes over."""
    read_replicas: Count = Field(default=0, json_schema_extra=OVERRIDABLE)
    """Copies that serve reads only."""
    replica_in_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether a copy in the cluster's second region can take over. Off by default because it costs a second server."""
    pooling: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether services connect through a connection pool. Migrations, backups and locks never do."""
    backup: BackupChoice = Field(default_factory=Backup, json_schema_extra=OVERRIDABLE)
    """`none` may be said; the policy pack refuses it."""
    restore_test: RestoreTestChoice = Field(default_factory=RestoreTest, json_schema_extra=OVERRIDABLE)
    """`none` may be said; a backup that was never restored may be none."""
    deletion_protection: bool = Field(default=True, json_schema_extra=OVERRIDABLE)
    """Whether the cloud refuses to delete it, and Pulumi too."""
    adopt: Text | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The cloud's id of an existing database to import in place of making a new one."""
    owner: RoleName | None = None
    """The role that owns the schema (DDL). By default the database's name with `_owner`."""
    extensions: list[DatabaseName] = Field(default_factory=list)
    """Extensions that its schema needs, besides pg_stat_statements, which is always on."""
    slow_query_ms: Positive = Field(default=1000, json_schema_extra=OVERRIDABLE)
    """Queries slower than this many milliseconds are logged."""
    data_class: DataClass = "internal"
    """The most sensitive data in it; `personal` stays in the system's regions."""


class Bucket(Setting):
    """Files that the system keeps, such as receipts."""

    versioned: bool = True
    """Whether an overwritten or deleted file can be brought back."""
    expire_days: Days | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Days after which files are deleted; without it they are kept."""
    copy_to_second_region: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether each file is copied to the cluster's second region. Off by default because it doubles the storage that
    is paid."""
    data_class: DataClass = "internal"
    """The most sensitive data in it; `personal` stays in the system's regions."""
    adopt: Text | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """The name of an existing bucket to import in place of making a new one."""


class QueueDeclaration(Setting):
    """One queue on the system's broker."""

    durable: bool = True
    """Whether it outlives a restart of the broker."""
    dead_letter: Name | None = None
    """The queue that rejected messages go to."""
    delivery_limit: Positive = 10
    """Deliveries of one message before it is dead-lettered."""


class Queue(Setting):
    """The system's message broker, RabbitMQ."""

    version: BrokerVersion = "4"
    """Major version of RabbitMQ."""
    placement: OneOf["cluster", "managed"] = Field(default="cluster", json_schema_extra=OVERRIDABLE)
    """In the cluster by RabbitMQ's operator, or `managed` by the cloud: Amazon MQ. No other cloud has one."""
    replicas: Count = Field(default=3, json_schema_extra=OVERRIDABLE)
    """Nodes, over zones. Quorum queues need three to lose one."""
    storage: Gibibytes = Field(default=10, json_schema_extra=OVERRIDABLE)
    """GiB a node."""
    vhost: Name
    """The virtual host that the system's services log in to."""
    queues: dict[Name, QueueDeclaration] = Field(default_factory=dict)
    """Queues by name, made before the services start. Services may declare more."""
