"""The context of a local cluster, shared by all its components."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.settings.clouds.local import LocalCluster


@dataclass(frozen=True, kw_only=True)
class LocalContext:
    """The storage settings of the cluster."""

    storage_class: str | None
    """Storage class of volumes; by default the cluster's default."""
    protect: bool
    plain_postgres: bool
    """Whether PostgreSQL is one plain pod, without an operator."""
    object_store: str | None
    """Address of the object store."""

    @classmethod
    def of(cls, settings: LocalCluster) -> LocalContext:
        return cls(
            storage_class=settings.storage_class,
            protect=settings.protect,
            plain_postgres=settings.postgres == "pod",
            object_store=settings.object_store,
        )
