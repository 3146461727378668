"""Alerts on caches in the cluster. A cloud watches caches of its own, with alarms of its own."""

from __future__ import annotations

from components.cluster.monitoring.manifests.alerting.promql import exactly, matching, selector
from components.cluster.monitoring.manifests.alerting.rule import Rule
from slipway.release.objects import SLOTS
from slipway.settings.caches import Cache, servers
from slipway.settings.stacks import DeployedSystem

SERIES = "redis_"
"""What begins the names of the exporter's series. Source: oliver006/redis_exporter."""
BUSY = 90
"""Percent of the time of the thread that runs all commands. Chosen: as for ElastiCache."""
BY = "max by (namespace, cache)"


def alerts(deployed: DeployedSystem) -> list[Rule]:
    """Returns the alerts on each server, and on all pods of caches together."""
    found = [
        (server, cache) for name, cache in deployed.definition.caches.items() for server in servers(name, cache, SLOTS)
    ]
    if not found:
        return []
    namespace = deployed.namespace
    own = (_of_server(namespace, server, cache) for server, cache in found)
    return [_down(namespace, [server for server, _ in found]), *(rule for rules in own for rule in rules)]


def _down(namespace: str, names: list[str]) -> Rule:
    """Reads the pods, since an exporter ends with its pod."""
    ready = selector(
        "kube_statefulset_status_replicas_ready", matching("statefulset", exactly(*names)), namespace=namespace
    )
    return Rule(
        name="CacheDown",
        expr=f'label_replace(max by (namespace, statefulset) ({ready}) == 0, "cache", "$1", "statefulset", "(.+)")',
        for_="3m",
        severity="critical",
        summary="{{ $labels.cache }} has no pod that serves",
        description="Services wait for their time-out at each look into the cache, and visitors lose their sessions. The pod "
        "of a cache is empty when it starts.",
        steps=(
            "See why: kubectl -n <namespace> describe pod <cache>-0, and its log.",
            "A pod that was out of memory has more connections or larger values than planned: raise `memoryMb` of the cache.",
        ),
    )


def _of_server(namespace: str, server: str, cache: Cache) -> list[Rule]:
    about = {"cache": server}

    def series(metric: str) -> str:
        return selector(f"{SERIES}{metric}", namespace=namespace, cache=server)

    limits = cache.alerts
    full = (
        Rule(
            name="CacheAlmostFull",
            expr=f"{BY} ({series('memory_used_bytes')}) / {BY} ({series('memory_max_bytes')}) > {limits.memory_percent / 100:g}",
            for_="15m",
            labels=about,
            summary="{{ $labels.cache }} uses {{ $value | humanizePercentage }} of its memory",
            description="It drops nothing (`eviction: noeviction`), so writes fail when it is full.",
            steps=(
                "Is what reads from it behind, as the receivers of a queue of jobs may be?",
                "Raise `memoryMb` of the cache and update, which empties the pod.",
            ),
        )
        if cache.eviction == "noeviction"
        else Rule(
            name="CacheEvictions",
            expr=f"{BY} (increase({series('evicted_keys_total')}[5m])) > {limits.evictions}",
            for_="15m",
            labels=about,
            summary='{{ $labels.cache }} drops {{ $value | printf "%.0f" }} keys in five minutes to make room',
            description="It is too small for what its services keep in it: sessions end early, and pages are computed again.",
            steps=(
                "Look for keys without an expiry: they stay until they are dropped.",
                "Raise `memoryMb` of the cache and update, which empties the pod.",
            ),
        )
    )
    used = " + ".join(f"{BY} (rate({series(f'cpu_{part}_main_thread_seconds_total')}[5m]))" for part in ("user", "sys"))
    busy = Rule(
        name="CacheBusy",
        expr=f"{used} > {(limits.load_percent or BUSY) / 100:g}",
        for_="15m",
        labels=about,
        summary="{{ $labels.cache }} is busy for {{ $value | humanizePercentage }} of the time",
        description="One thread runs all commands of a cache: those that arrive now wait.",
        steps=(
            "Look for commands that go through many keys, such as KEYS, SMEMBERS and HGETALL.",
            "Let services keep what they ask most in their own memory, or use two caches.",
        ),
    )
    return [full, busy]
