"""Keys on which no cloud can act where another key decides so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slipway.settings.inert import Inert, Table, Words


def _rows(prefix: str, keys: Sequence[str], reason: str, when: Mapping[str, Words]) -> Iterator[Inert]:
    """Yield a row for each key below a mapping."""
    return (Inert(f"{prefix}.{key}", reason, when) for key in keys)


_MONGODB = {"databases.NAME.engine": "mongodb"}
IN_EVERY_STACK: Table = (
    Inert("databases.NAME.extensions", "it is for PostgreSQL", _MONGODB),
    Inert("databases.NAME.maximumStorage", "nothing limits how its disk grows", _MONGODB),
    Inert("databases.NAME.owner", "MongoDB has no role that owns a schema", _MONGODB),
    Inert("databases.NAME.pooling", "it is for PostgreSQL: MongoDB drivers have their own pool", _MONGODB),
    Inert("databases.NAME.replicaInSecondRegion", "Slipway makes such replicas of PostgreSQL alone", _MONGODB),
    Inert("databases.NAME.version", "it is of PostgreSQL: Slipway chooses the version of MongoDB", _MONGODB),
)
"""Those that a system's file decides alone, since no stack may override the key that decides: they are refused there."""

_EXTERNAL = {"databases.NAME.hosting": "external"}
_OF_A_SERVER = (
    "adopt", "backup", "deletionProtection", "extensions", "highAvailability", "maximumStorage", "owner", "pooling",
    "readReplicas", "replicaInSecondRegion", "restoreTest", "size", "slowQueryMs", "storage", "version",
)  # fmt: skip
_UNWATCHED = {"clusters.NAME.controllers.metrics": "absent"}
_UNSEEN = "no Prometheus reads it: set 'controllers.metrics' to installed or present"
_DASHBOARDS = (
    "alerts", "metrics", "objectives.average", "objectives.availabilityPercent", "objectives.cpuPercent",
    "objectives.databaseP95", "objectives.memoryPercent", "objectives.pageLoad", "services.NAME.metrics",
)  # fmt: skip
_UNLOGGED = {"clusters.NAME.controllers.logs": "absent"}
_ELSEWHERE = "Slipway keeps no logs here: ask whoever collects them"
_ALERTING = "clusters.NAME.monitoring.alerting"
_OWN = "clusters.NAME.controllers"
_BOTH = ("absent", "present")
_NOBODY = "nobody sends alerts here"
_OWNER = "the Alertmanager of the cluster's owner sends alerts: set receivers there"
_CLUSTERS: Table = (
    Inert("clusters.NAME.gateway", "there is no gateway", {f"{_OWN}.gateway": "absent"}),
    Inert(
        "clusters.NAME.certificates",
        "whoever supplies certificates has them signed",
        {f"{_OWN}.certificates": "absent"},
    ),
    Inert(
        "clusters.NAME.certificates.email",
        "a certificate that the cluster signs itself brings no notices",
        {"clusters.NAME.certificates.issuer": "self-signed"},
    ),
    *_rows(
        "clusters.NAME.monitoring",
        ("retentionDays", "storage"),
        "Slipway runs no Prometheus here",
        {f"{_OWN}.metrics": _BOTH},
    ),
    *_rows(
        _ALERTING,
        ("email", "escalation", "repeat", "runbooks", "sender", "slackChannel", "smtpUser"),
        _NOBODY,
        _UNWATCHED,
    ),
    *_rows(
        _ALERTING,
        (
            "deadManSwitch",
            "email",
            "escalation",
            "pagerduty",
            "repeat",
            "sender",
            "slack",
            "slackChannel",
            "smtp",
            "smtpUser",
        ),
        _OWNER,
        {f"{_OWN}.metrics": "present"},
    ),
    *_rows(_ALERTING, ("email", "sender", "smtpUser"), "no mail is sent", {f"{_ALERTING}.smtp": (None,)}),
    Inert(f"{_ALERTING}.slackChannel", "nothing is sent to Slack", {f"{_ALERTING}.slack": (False,)}),
    Inert(
        f"{_ALERTING}.escalation",
        "there is no receiver",
        {f"{_ALERTING}.slack": (False,), f"{_ALERTING}.pagerduty": (False,), f"{_ALERTING}.smtp": (None,)},
    ),
    *_rows("clusters.NAME.logging", ("memory", "nodes", "storage"), "there is no Elasticsearch", _UNLOGGED),
    *_rows(
        "clusters.NAME.releases",
        ("documentation", "hold", "minimumRequests", "registry"),
        "people release by hand here",
        {f"{_OWN}.releases": "absent"},
    ),
    *_rows(
        "clusters.NAME.releases",
        ("hold", "registry"),
        "whoever runs the controller sets it",
        {f"{_OWN}.releases": "present"},
    ),
)
ANYWHERE: Table = (
    *_rows("databases.NAME", _OF_A_SERVER, "whoever runs the server decides it", _EXTERNAL),
    Inert("databases.NAME.restoreTest", "there is no backup to test", {"databases.NAME.backup": "none"}),
    *_rows(
        "secrets.NAME",
        ("encoding", "rotated"),
        "the value in use is supplied, and none is generated",
        {"secrets.NAME.existing": (True,)},
    ),
    Inert("queue.size", "requests of brokers in the cluster are fixed", {"queue.hosting": "cluster"}),
    Inert("queue.storage", "the cloud chooses the disk of a broker by its size", {"queue.hosting": "managed"}),
    *(Inert(key, _UNSEEN, _UNWATCHED) for key in _DASHBOARDS),
    *_rows(
        "objectives",
        ("errorPercent", "latencyRegressionPercent", "p95"),
        "nobody compares it with figures: set 'controllers.metrics' to installed or present",
        {**_UNWATCHED, f"{_OWN}.releases": "absent"},
    ),
    Inert("compliance.auditLog", _ELSEWHERE, _UNLOGGED),
    *_rows("logs", ("auditRetentionDays", "forbidden", "retentionDays"), _ELSEWHERE, _UNLOGGED),
    *_CLUSTERS,
)
"""Keys of systems, and of clusters. A key of a cluster is refused in its stack's file."""
