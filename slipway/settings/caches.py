"""Caches of a system: servers with the protocol of Redis that keep nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import Between, Positive, Share
from slipway.settings.setting import OVERRIDABLE, Setting

LARGEST = 16 * 1024
"""Memory of a cache in MiB. Chosen: every cloud has a node that holds it without sharding."""
ROOM = 1.5
"""Memory of a pod by that of its data. Chosen: fragmentation, buffers of connections and TLS, and the server itself."""
CacheMemory = Annotated[int, Between("a cache's memory in MiB", 512, 64, LARGEST)]
Eviction = OneOf["allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu", "volatile-ttl", "noeviction"]


class CacheAlerts(Setting):
    """When a cache alerts: by the cloud's own alarms, or where it is a pod by Prometheus."""

    evictions: Positive = Field(default=1000, json_schema_extra=OVERRIDABLE)
    """Keys that a server may drop in five minutes, for a quarter of an hour. 1000 by default: a cache that is large enough
    drops few, and one too small most of them."""
    memory_percent: Share = Field(default=90, json_schema_extra=OVERRIDABLE)
    """Percentage of the memory that may be used with `noeviction`. 90 by default: time to raise `memoryMb` before writes
    fail."""
    load_percent: Share | None = Field(default=None, json_schema_extra=OVERRIDABLE, examples=[75])
    """Percentage of the time for which a server may be busy. By default what the cloud recommends: 90 of the engine's core
    or 80 of all cores, whichever it measures; 90 of the core of a pod."""


class Cache(Setting):
    """A cache with the protocol of Redis, on a server of its own. Nothing in it survives the loss of its node."""

    memory_mb: CacheMemory = Field(default=512, json_schema_extra=OVERRIDABLE)
    """Memory for keys and values in MiB; 512 by default, enough for the sessions of some 100,000 visitors. A cloud has fixed
    sizes and takes the next larger one."""
    eviction: Eviction = Field(default="allkeys-lru", json_schema_extra=OVERRIDABLE)
    """What is dropped when the memory is full: the least recently (`lru`) or the least often used (`lfu`) of all keys or of
    those with an expiry (`volatile`), the next to expire (`ttl`), or nothing (`noeviction`), so that writes fail. By default
    the least recently used of all, because a full cache must not stop its services."""
    slots: OneOf["own", "shared"] = "shared"
    """Whether both slots use one cache, or each slot its own, so that there are two. Shared by default, so that visitors keep
    their sessions in a release; then both versions must read what the other one writes."""
    high_availability: bool = Field(default=True, json_schema_extra=OVERRIDABLE)
    """Whether a second node in another zone takes over, with what it has copied so far. On by default, because without it a
    lost node is minutes of errors. A `local` cluster has one pod in any case."""
    alerts: CacheAlerts = Field(default_factory=CacheAlerts)
    """Limits of evictions, memory and load, above which its owner is notified."""


def pod_memory(cache: Cache) -> int:
    """Return the memory in MiB of the pod that runs a cache in the cluster."""
    return round(cache.memory_mb * ROOM)


def server(name: str, cache: Cache, slot: str) -> str:
    """Return the name of the server that services of `slot` use: `sessions-cache`, or `sessions-blue-cache`."""
    return f"{name}-cache" if cache.slots == "shared" else f"{name}-{slot}-cache"


def servers(name: str, cache: Cache, slots: Collection[str]) -> list[str]:
    """Return the servers of a cache that services of `slots` use, without duplicates."""
    return list(dict.fromkeys(server(name, cache, slot) for slot in slots))
