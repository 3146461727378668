"""Definitions that are legal and odd: the longest names, strange letters, many routes, large files, nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

LONG = "o--" + "x" * 34 + "--9"
"""Forty letters, of which some stand where no target likes them."""
QUEUES = "q--" + "x" * 34 + "--9"
"""A system of the same length with queues."""
LONG_DATABASE = "d__" + "x" * 35 + "__"
LONG_MIGRATION = "m" + "-x" * 29 + "9"
LABEL = "l" * 57
LINE = "payload: \\{.*'\"(?i:failed)$"
TEXT = 'It\'s "odd" \\ ${HOME} {% x %} 😀 — #{'


POOL = {"architecture": "arm64", "spot": True, "labels": {f"{'a' * 63}.{'b' * 63}.example.com/{'k' * 63}": "v" * 63}}
OWN = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": ".".join(["c" * 62] * 4), "labels": {"odd": "x" * 63}, "annotations": {"a": TEXT}},
    "data": {"k._-" * 50: LINE, "empty": ""},
}


@dataclass(frozen=True)
class Odd:
    """What varies from one odd definition to another."""

    name: str = LONG
    service: str = "s-" + "y" * 37 + "9"
    other: str = "t"
    database: str = LONG_DATABASE
    documents: str = "e" + "_" * 39
    bucket: str = "b"
    migration: str = LONG_MIGRATION
    domain: str = "w--" + "e" * 30
    host: str = f"{LABEL}.odd.example.com"
    routes: int = 30
    text: str = TEXT
    line: str = LINE
    path: str = "/a/[^/]+\\?*"
    sql: str = "select 1;\n" + "-- é\n" * 1000
    page: str = "<p>{{expected_end}}</p>"
    environment: Mapping[str, str] = field(default_factory=lambda: {"PEM": "a\nb\n" * 1000, "x" * 128: ""})
    copies: int = 1
    retries: int = 2
    window: str = "1d"
    timeout: str = "1d"

    def system(self) -> dict[str, Any]:
        """Its system.yaml."""
        routes = [{"domain": self.domain, "path": f"/{number}/~a'b;c=1,2@x:y"} for number in range(self.routes)]
        return {
            "title": self.text[:60],
            "owner": {"team": self.name, "chat": "#" + "é" * 80},
            "domains": {self.domain: self.host, "web": "w.odd.example.com"},
            "services": {
                self.service: {
                    "image": "a/" * 20 + "b" * 100,
                    "port": 65535,
                    "replicas": {"minimum": self.copies, "maximum": self.copies},
                    "resources": {"cpu": "1m", "memory": "1Mi", "cpuLimit": "999", "memoryLimit": "1024Gi"},
                    "routes": [
                        *routes,
                        {"domain": self.domain, "path": "/live", "stream": True, "maximumBody": "9999Gi"},
                        {
                            "domain": self.domain,
                            "path": "/~!$&'()*+,;=:@-.%20",
                            "rewrite": "/!$&'()*+,;=:@-.%20/",
                            "methods": ["GET", "POST", "DELETE"],
                            "headers": {"X-Odd": "1"},
                            "requestHeaders": {"set": {"X-Way": "in"}, "remove": ["X-Odd"]},
                            "responseHeaders": {"set": {"X-Way": "out"}},
                            "allow": ["203.0.113.0/24", "10.0.0.0/8"],
                            "rateLimit": {"requests": 1, "window": "1h", "header": "X-Key"},
                            "timeout": "1ms",
                        },
                        {"domain": "web", "path": "/"},
                    ],
                    "needs": [self.other],
                    "calls": [self.other],
                    "writable": ["/tmp", "/var/lib/a+b@c_d.e-f"],
                    "metrics": {"path": "/m", "port": 1},
                    "environment": {
                        "DATABASE": {"database": self.database},
                        "PAPERS": {"database": self.documents},
                        "QUEUE": {"queue": "url"},
                        "CACHE": {"cache": self.name, "as": "password"},
                        "OTHER_CACHE": {"text": "{cache.c.host}:{cache.c.port}"},
                        "FILES": {"bucket": self.bucket},
                        "KEY": {"secret": "K" * 128},
                        "FLAG": {"flag": self.name},
                        **self.environment,
                    },
                },
                self.other: {"image": "bb", "port": 1, "health": {"path": "/h/%20{x}"}, "drainSeconds": 1},
                "k" * 40: {
                    "image": "kk",
                    "port": 1,
                    "volumes": {
                        "v" * 40: {"mountPath": "/v/a+b@c_d.e-f", "size": 1},
                        "n": {"mountPath": "/n", "size": 16384, "backup": "none", "reason": self.text},
                    },
                },
                "j" * 40: {
                    "image": "jj",
                    "port": 1,
                    "slots": "own",
                    "volumes": {"v" * 40: {"mountPath": "/" + "p" * 200, "size": 256}},
                },
                "i": {
                    "image": "ii",
                    "port": 1,
                    "replicas": self.copies,
                    "priority": "background",
                    "placement": {"architecture": "arm64", "spot": True, "labels": POOL["labels"]},
                },
            },
            "manifests": ["own.yaml"],
            "databases": {
                self.database: {"readReplicas": 2, "owner": "o" * 40, "slowQueryMs": 1_000_000_000},
                self.documents: {"engine": "mongodb"},
            },
            "schedules": {
                "s" * 46: {
                    "service": self.service,
                    "args": [self.text],
                    "schedule": "*/59 0-23/22,1 29 FEB ?",
                    "timeZone": "America/Argentina/ComodRivadavia",
                    "startingDeadline": "3650d",
                    "deadline": "1234ms",
                    "retries": 10,
                },
            },
            "buckets": {self.bucket: {}, self.name: {"expireDays": 3650}},
            "caches": {self.name: {"slots": "own", "memoryMb": 64}, "c": {"memoryMb": 16384}},
            "queue": {"vhost": self.name, "queues": {self.name: {}, "q": {"durable": False, "deadLetter": self.name}}},
            "secrets": {"K" * 128: {"generated": 1024}, "S__": {"supplied": self.text}},
            "flags": {self.name: {"percent": 33}, "f": {"enabled": True, "since": "1.0.0"}},
            "migrations": [
                {
                    "name": self.migration,
                    "database": self.database,
                    "sql": "m.sql",
                    "rollback": "r.sql",
                    "timeout": "24d",
                    "preconditions": [{"name": self.text, "sql": "select '$q$'", "rows": 1}],
                }
            ],
            "alerts": [
                {
                    "name": self.text,
                    "summary": "{{ $value | humanize }} of {{ $labels.path }}",
                    "kind": "rate",
                    "metric": "by",
                    "paths": [self.path, "b"],
                    "above": 1e20,
                    "window": self.window,
                    "for": "1ms",
                },
                {"name": f"{self.text}2", "summary": self.text, "kind": "logs", "pattern": self.line, "above": 0},
            ],
            "metrics": [{"name": self.text, "metric": "sum", "unit": self.text}],
            "logs": {"forbidden": [self.line, "'"]},
            "maintenancePage": {"page": "p.html", "retryAfter": "3650d"},
            "rateLimit": {"requests": 1_000_000_000, "window": "1ms"},
            "gateway": {
                "timeout": self.timeout,
                "retries": self.retries,
                "maximumBody": "1Mi",
                "uploadTimeout": "123456ms",
                "idleTimeout": "3650d",
            },
            "recovery": {"rto": "1ms", "rpo": "3650d"},
        }

    def files(self, folder: str = "systems") -> dict[str, str]:
        """All its files by name."""
        root = f"{folder}/{self.name}"
        return {
            f"{root}/system.yaml": yaml.safe_dump(self.system(), allow_unicode=True, sort_keys=False),
            f"{root}/m.sql": self.sql,
            f"{root}/r.sql": self.sql,
            f"{root}/p.html": self.page,
            f"{root}/own.yaml": yaml.safe_dump(OWN, allow_unicode=True),
        }


def queues() -> dict[str, str]:
    """The files of a system with queues, which only clouds have: the longest names, and the shortest."""
    several = {LONG: {"ordered": True, "retention": "14d", "lock": "5m"}, "q": {"retention": "1m", "lock": "5s"}}
    definition = {
        "title": "Queues",
        "owner": {"team": "q"},
        "services": {
            "s": {
                "image": "queue/s",
                "port": 1,
                "environment": {
                    "LONG": {"queue": LONG, "may": ["send", "receive"]},
                    "SHORT": {"queue": "q", "may": ["receive"]},
                    "TOPIC": {"topic": LONG[:-1] + "8"},
                },
            }
        },
        "queues": several,
        "topics": {LONG[:-1] + "8": {"subscriptions": [*several], "ordered": True}, "t": {"subscriptions": ["q"]}},
    }
    return {f"systems/{QUEUES}/system.yaml": yaml.safe_dump(definition, sort_keys=False)}


def stack(cloud: str, cluster: str, settings: Mapping[str, Any], systems: Mapping[str, Any]) -> str:
    """A stack file with one cluster."""
    config = {
        "slipway:environment": "staging",
        "slipway:clusters": {cluster: {"cloud": cloud, **settings, "systems": dict(systems)}},
    }
    return yaml.safe_dump({"config": config}, sort_keys=False)


CLOUDS: dict[str, dict[str, Any]] = {
    "local": {"nodePools": {"x" * 9: POOL}},
    "aws": {
        "region": "us-east-1",
        "secondRegion": "us-west-2",
        "account": "111122223333",
        "deployers": ["arn:aws:iam::111122223333:role/deployer"],
        "network": {"cidr": "10.20.0.0/16", "secondCidr": "10.21.0.0/16"},
        "kubernetes": {"authorizedNetworks": ["203.0.113.0/24"]},
        "nodePools": {"x" * 9: POOL},
    },
    "azure": {
        "region": "eastus2",
        "secondRegion": "centralus",
        "subscription": "00000000-0000-4000-8000-000000000004",
        "tenant": "00000000-0000-4000-8000-000000000002",
        "deployers": ["00000000-0000-4000-8000-000000000005"],
        "network": {"cidr": "10.50.0.0/16", "secondCidr": "10.51.0.0/16"},
        "kubernetes": {"authorizedNetworks": ["203.0.113.0/24"]},
        "nodePools": {"x" * 9: POOL},
    },
}
SLOTS = {"blue": {"version": "v" * 128, "weight": 90}, "green": {"version": "1", "weight": 10}}
EMPTY = {
    "systems/e/system.yaml": yaml.safe_dump(
        {"title": "e", "owner": {"team": "e"}, "services": {"e": {"image": "e" * 2, "port": 1}}}
    )
}
"""As little as may be said."""
