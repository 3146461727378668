from __future__ import annotations

import pytest

from tests.slipway.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"

MIGRATION = "name: a, database: fleet_db"
PAPERS = "databases: {fleet_db: {}, papers: {engine: mongodb}}\nmigrations: [{name: a, database: papers"
FOREIGN = "services: {worker: {port: 1, image: {repository: docker.io/valkey/valkey"
BROKEN = {
    "an image of others without a version": (
        "services.worker.image",
        f"{FOREIGN}}}}}}}",
        "has neither 'tag' nor 'digest': set both, for example tag: 8.1.4, digest: 'sha256:…'",
    ),
    "a worker that is asked over HTTP": (
        "services.worker",
        "services: {worker: {image: w}}",
        "has no port that could be asked whether it works: set 'port', for example 3000, or for a worker health: {by: exec, "
        "command: [bin/healthy]}, or {by: none, reason: It ends when it cannot work}",
    ),
    "a command that nobody runs": (
        "services.worker.health.command",
        "services: {worker: {image: w, port: 1, health: {command: [x]}}}",
        "is for 'by: exec', and this is asked by http: take it away",
    ),
    "no probes without a reason": (
        "services.worker.health",
        "services: {worker: {image: w, health: {by: none}}}",
        "asks nothing: set 'reason' to why, for example It ends when it cannot work",
    ),
    "a command without words": (
        "services.worker.health",
        "services: {worker: {image: w, health: {by: exec}}}",
        "runs a command, but names none: set 'command', for example [bin/healthy]",
    ),
    "no probes of what is called": (
        "services.worker.health.by",
        "services: {worker: {image: w, port: 1, health: {by: none, reason: why}}}",
        "none is for programs without a port: set tcp, which asks whether the port is open",
    ),
    "a path over gRPC": (
        "services.worker.health.path",
        "services: {worker: {image: w, port: 1, health: {by: grpc, path: /up}}}",
        "/up is for 'by: http', and this is asked by grpc: take it away",
    ),
    "a route to a worker": (
        "services.worker.routes",
        "services: {worker: {image: w, health: {by: exec, command: [x]}, routes: [{domain: web}]}}",
        "leads to a port, which the service has not: set 'port', for example 3000",
    ),
    "metrics of a worker": (
        "services.worker.metrics",
        "services: {worker: {image: w, health: {by: exec, command: [x]}, metrics: {}}}",
        "requires 'port', since the service has none, for example {port: 9464}",
    ),
    "the address of a worker": (
        "services.a.environment.B.service",
        "services: {a: {image: a, port: 1, environment: {B: {service: b}}}, b: {image: b, health: {by: exec, command: [x]}}}",
        "is a service without a port, which has no address: set its 'port', for example 3000",
    ),
    "the address of a port that is not there": (
        "services.a.environment.B.port",
        "services: {a: {image: a, port: 1, ports: {admin: 2}, environment: {B: {service: a, port: amdin}}}}",
        "is not one of the 'ports' of service 'a'; did you mean 'admin'?",
    ),
    "a port with a reserved name": (
        "services.worker.ports.http",
        "services: {worker: {image: w, port: 1, ports: {http: 2}}}",
        "2 is a reserved name: choose another than http, metrics",
    ),
    "a port of two names": (
        "services.worker.ports.admin",
        "services: {worker: {image: w, port: 1, ports: {admin: 1}}}",
        "1 is already 'port': name each port once",
    ),
    "an image with a tag": (
        "services.worker.image",
        "services: {worker: {port: 1, image: 'redis:7'}}",
        "redis:7 names a registry, a tag or a digest: write the cluster's own images without, and those of others as "
        "{repository: docker.io/valkey/valkey, tag: 8.1.4, digest: 'sha256:…'}, for example fleet-api",
    ),
    "an image with a registry": (
        "services.worker.image",
        "services: {worker: {port: 1, image: quay.io/prometheus/prometheus}}",
        "quay.io/prometheus/prometheus names a registry, a tag or a digest: write the cluster's own images without, "
        "and those of others as {repository: docker.io/valkey/valkey, tag: 8.1.4, digest: 'sha256:…'}, "
        "for example fleet-api",
    ),
    "an image of others without a registry": (
        "services.worker.image.repository",
        "services: {worker: {port: 1, image: {repository: valkey/valkey, tag: 8.1.4}}}",
        "valkey/valkey is not an image repository with its registry, without tag or digest, for example "
        "docker.io/valkey/valkey",
    ),
    "a login that is generated": (
        "services.worker.image.pullSecret",
        f"{FOREIGN}, tag: 8.1.4, pullSecret: SIGNING_KEY}}}}}}",
        "SIGNING_KEY is generated, but a registry knows its own logins only: declare it as {supplied: who issues it}",
    ),
    "domain of a route": (
        "services.worker.routes[0].domain",
        "services: {worker: {image: w, port: 1, routes: [{domain: wb}]}}",
        "wb is not one of the system's domains; did you mean 'web'?",
    ),
    "route of two services": (
        "services.b.routes[0]",
        "services: {a: {image: a, port: 1, routes: [{domain: web}]}, b: {image: b, port: 1, routes: [{domain: web}]}}",
        "is already the route of service 'a'",
    ),
    "domain of a site": (
        "sites.shop.domain",
        "sites: {shop: {artefact: shop, domain: shp}}",
        "shp is not one of the system's domains; allowed: web",
    ),
    "site named like a service": (
        "sites.worker",
        "sites: {worker: {artefact: shop, domain: web}}",
        "is already the name of a service",
    ),
    "secret in a site": (
        "sites.shop.settings.KEY",
        "sites: {shop: {artefact: shop, domain: web, settings: {KEY: {secret: SIGNING_KEY}}}}",
        "would publish a secret: a site's settings are public, so use a plain value",
    ),
    "login of an external database": (
        "environment.URL.database",
        "databases: {fleet_db: {}, papers: {engine: mongodb, hosting: external}}\nenvironment: {URL: {database: papers}}",
        "refers to an external database, whose login Slipway does not know: use a supplied secret with its address",
    ),
    "pooled documents": (
        "databases.papers.pooling",
        "databases: {fleet_db: {}, papers: {engine: mongodb, pooling: true}}",
        "true is for PostgreSQL: MongoDB drivers have their own pool",
    ),
    "documents with extensions": (
        "databases.papers.extensions",
        "databases: {fleet_db: {}, papers: {engine: mongodb, extensions: [pgcrypto]}}",
        "is for PostgreSQL",
    ),
    "a copy of nothing": (
        "databases.fleet_db.replicaInSecondRegion",
        "databases: {fleet_db: {backup: none, replicaInSecondRegion: true}}",
        "true requires a backup, from which the replica is created: set 'backup'",
    ),
    "GDPR anywhere": (
        "compliance.regulations[0]",
        "databases: {fleet_db: {dataClass: personal}}\ncompliance: {regulations: [GDPR]}",
        "GDPR requires 'regions' for personal data (Art. 44: no transfer to other countries without a legal basis)",
    ),
    "GDPR without personal data": (
        "compliance.regulations[0]",
        "compliance: {regulations: [GDPR], regions: [us-east-1]}",
        "GDPR is about personal data, but no database or bucket has any: set 'dataClass: personal' where it is",
    ),
    "a standard without an audit log": (
        "compliance.regulations[0]",
        "compliance: {regulations: [SOC 2]}",
        "SOC 2 requires 'auditLog: true' (CC7.2)",
    ),
    "an audit log that is deleted too soon": (
        "logs.auditRetentionDays",
        "logs: {auditRetentionDays: 400}\ncompliance: {regulations: [PCI DSS, HIPAA], auditLog: true}",
        "400 is less than HIPAA requires (45 CFR 164.312(b), 164.316(b)(2)(i): six years): set 2190 or more",
    ),
    "a law that nobody knows": (
        "compliance.regulations[0]",
        "compliance: {regulations: [GPDR]}",
        "GPDR is not one of GDPR, UK GDPR, HIPAA, PCI DSS, SOC 2, ISO 27001; did you mean 'GDPR'?",
    ),
    "a program for PostgreSQL": (
        "migrations[0].command",
        "migrations: [{name: a, database: fleet_db, command: {service: worker, arguments: [x]}}]",
        "changes a database of PostgreSQL, which takes 'sql' only: programs change databases of documents",
    ),
    "a reserved name": (
        "buckets.backups",
        "buckets: {backups: {}}",
        "is a reserved name: choose another than backups, publisher, secrets",
    ),
    "no queue": (
        "environment.BROKER",
        "environment: {BROKER: {queue: url}}",
        "refers to the queue, but the system has none: declare 'queue'",
    ),
    "unknown flag": (
        "environment.BETA.flag",
        "environment: {BETA: {flag: beta}}",
        "is not one of the system's flags; the system has none",
    ),
    "unknown service": (
        "environment.API.service",
        "environment: {API: {service: wrker}}",
        "is not one of the system's services; did you mean 'worker'?",
    ),
    "a schedule of no service": (
        "schedules.nightly.service",
        "schedules: {nightly: {service: wrker, args: [a], schedule: 0 2 * * *}}",
        "wrker is not one of the system's services; did you mean 'worker'?",
    ),
    "a schedule that is the service itself": (
        "schedules.nightly",
        "schedules: {nightly: {service: worker, schedule: 0 2 * * *}}",
        "requires 'command' or 'args': without them it would start the service 'worker' itself",
    ),
    "a schedule named like a service": (
        "schedules.worker",
        "schedules: {worker: {service: worker, args: [a], schedule: 0 2 * * *}}",
        "is already the name of a service",
    ),
    "a schedule that Kubernetes cannot read": (
        "schedules.nightly.schedule",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * 7}}",
        "0 2 * * 7 is not a schedule of five fields (minute, hour, day, month, weekday): '7' is no day of the week (0–6), "
        "for example 30 2 * * 1-5",
    ),
    "a schedule in no time zone": (
        "schedules.nightly.timeZone",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, timeZone: localtime}}",
        "localtime is not a time zone, for example America/New_York",
    ),
    "a run that never starts": (
        "schedules.nightly.startingDeadline",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, startingDeadline: 9s}}",
        "9s is shorter than 10s: no run would ever start",
    ),
    "a run that is over at once": (
        "schedules.nightly.deadline",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, deadline: 999ms}}",
        "999ms is shorter than 1s",
    ),
    "a schedule's requests above its limits": (
        "schedules.nightly.resources.memory",
        "schedules: {nightly: {service: worker, args: [a], schedule: 0 2 * * *, resources: {memory: 1Gi}}}",
        "1Gi is above the limit, 512Mi",
    ),
    "a singleton with replicas": (
        "services.worker.replicas",
        "services: {worker: {image: w, port: 1, singleton: it holds a lock, replicas: {minimum: 1}}}",
        "is set beside 'singleton', of which there is one: take one of them away",
    ),
    "cpu above its limit": (
        "services.worker.resources.cpu",
        "services: {worker: {image: w, port: 1, resources: {cpu: 1500m}}}",
        "1500m is above the limit, 1",
    ),
    "memory above its limit": (
        "services.worker.resources.memory",
        "services: {worker: {image: w, port: 1, resources: {memory: 1Gi}}}",
        "1Gi is above the limit, 512Mi",
    ),
    "storage above its maximum": (
        "databases.fleet_db.storage",
        "databases: {fleet_db: {storage: 512}}",
        "512 is above maximumStorage, 256",
    ),
    "alerts of one name": (
        "alerts[1].name",
        "alerts: [{name: a, summary: s, kind: latency, above: 1}, {name: a, summary: s, kind: latency, above: 2}]",
        "a is already the name of alerts[0]",
    ),
    "a secret built into an image": (
        "services.worker.build.KEY",
        "services: {worker: {image: w, port: 1, build: {KEY: {secret: SIGNING_KEY}}}}",
        "would publish a secret: what an image is built with is public, so use a plain value",
    ),
    "a variable that reaches no browser": (
        "services.worker.environment.NEXT_PUBLIC_API",
        "services: {worker: {image: w, port: 1, environment: {NEXT_PUBLIC_API: x}}}",
        "is compiled into the frontend, and a pod's variable does not reach a browser: set it under 'build' of "
        "the service",
    ),
    "a date before that is the date itself": (
        "secrets.A.previous",
        "secrets: {A: {generated: 32, previous: '2026-01-01'}, SIGNING_KEY: {generated: 32}}",
        "is the date of the current secret: set the 'rotated' date of the previous one",
    ),
    "a secret before one that others fill in": (
        "secrets.A.previous",
        "secrets: {A: {generated: 32, existing: true, previous: '2025-01-01'}, SIGNING_KEY: {generated: 32}}",
        "is not allowed for a supplied secret: declare the previous one as a 'supplied' secret of its own",
    ),
    "an alert on what nobody scrapes": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: orders_failed_total, above: 1}]",
        "orders_failed_total is not scraped, so there would never be data: set 'metrics' on the service that "
        "exports it, for example services.worker.metrics: {port: 9464}",
    ),
    "a panel on what nobody scrapes": (
        "metrics[0].metric",
        "metrics: [{name: Orders, metric: orders_total}]",
        "orders_total is not scraped, so there would never be data: set 'metrics' on the service that "
        "exports it, for example services.worker.metrics: {port: 9464}",
    ),
    "an alert on a broker that is not there": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: rabbitmq_channel_messages_total, above: 1}]",
        "rabbitmq_channel_messages_total is exported by the broker in the cluster, which the system does not have",
    ),
    "an alert on the platform's metrics": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: rate, metric: envoy_http_downstream_rq_xx, above: 1}]",
        "envoy_http_downstream_rq_xx is a metric of the platform (envoy_http_…), not of a system: remove "
        "'metric', and the gateway's counts of this system are read",
    ),
    "a rate of nothing": (
        "alerts[0]",
        "alerts: [{name: a, summary: s, kind: rate, above: 1}]",
        "counts events: set 'metric' to the counter that it reads",
    ),
    "paths that the gateway does not count by": (
        "alerts[0].paths",
        "alerts: [{name: a, summary: s, kind: error-ratio, paths: [/a], above: 1}]",
        "requires 'metric': the gateway's counts, the default, have no path",
    ),
    "a percentile of a counter": (
        "alerts[0].metric",
        "alerts: [{name: a, summary: s, kind: latency, metric: kube_seconds, above: 1}]",
        "kube_seconds is not a histogram: a percentile needs buckets, for example x_seconds_bucket",
    ),
    "a window that is not recorded": (
        "alerts[0].window",
        "alerts: [{name: a, summary: s, kind: latency, window: 10m, above: 1}]",
        "10m is not a window of the gateway's recorded counts: choose 5m",
    ),
    "lines without a pattern": (
        "alerts[0]",
        "alerts: [{name: a, summary: s, kind: logs, above: 1}]",
        "counts log lines: set 'pattern'",
    ),
    "migrations of one name": (
        "migrations[1].name",
        f"migrations: [{{{MIGRATION}, sql: a.sql}}, {{{MIGRATION}, sql: a.sql}}]",
        "a is already the name of migrations[0]",
    ),
    "database of a migration": (
        "migrations[0].database",
        "migrations: [{name: a, database: flet, sql: a.sql}]",
        "flet is not one of the system's databases; did you mean 'fleet_db'?",
    ),
    "migration without a way": ("migrations[0]", f"migrations: [{{{MIGRATION}}}]", "requires either 'sql' or 'command'"),
    "service of a migration": (
        "migrations[0].command.service",
        f"{PAPERS}, command: {{service: no, arguments: [x]}}, backedUpBy: us}}]",
        "no is not one of the system's services; allowed: worker",
    ),
    "program without a word on backups": (
        "migrations[0].command",
        f"{PAPERS}, command: {{service: worker, arguments: [x]}}}}]",
        "changes a database that Slipway does not dump before: set 'backedUpBy' to what restores it",
    ),
    "contract at once": (
        "migrations[0]",
        f"migrations: [{{{MIGRATION}, sql: a.sql, phase: contract}}]",
        "requires 'after' if and only if its phase is 'contract'",
    ),
    "incompatible migration in the open": (
        "migrations[0].compatible",
        f"migrations: [{{{MIGRATION}, sql: a.sql, compatible: false}}]",
        "false makes the migration incompatible: set 'release.maintenance' to true",
    ),
    "missing file": (
        "migrations[0].sql",
        f"migrations: [{{{MIGRATION}, sql: gone.sql}}]",
        "gone.sql names a file that does not exist in fleet/",
    ),
    "domain of a check": (
        "checks[0].domain",
        "checks: [{name: a, domain: api, path: /}]",
        "api is not one of the system's domains; allowed: web",
    ),
    "token of a check": (
        "checks[0].token",
        "checks: [{name: a, domain: web, path: /, token: TOKEN}]",
        "is not one of the system's secrets; allowed: SIGNING_KEY",
    ),
    "cookie of a check": (
        "checks[0].cookie.sid",
        "checks: [{name: a, domain: web, path: /, cookie: {sid: SESSION}}]",
        "is not one of the system's secrets; allowed: SIGNING_KEY",
    ),
    "service of a validation": (
        "validations[0].service",
        "validations: [{name: a, service: no, command: [x]}]",
        "no is not one of the system's services; allowed: worker",
    ),
    "shrinking steps": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}, {weight: 10, hold: 1m}, {weight: 100, hold: 1m}]}",
        "must increase and end with weight 100",
    ),
    "steps that do not end": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}]}",
        "must increase and end with weight 100",
    ),
    "a release that is as long as its window": (
        "release.expectedDuration",
        "release: {window: {days: [monday], start: '02:00', duration: 1h}, expectedDuration: 60m}",
        "60m leaves no time to begin: a release must end in its window, so it must be shorter than that",
    ),
    "token of a load": (
        "release.load[0].token",
        "release: {load: [{domain: web, path: /, token: SIGNING}]}",
        "is not one of the system's secrets; did you mean 'SIGNING_KEY'?",
    ),
    "domain of a load": (
        "release.load[0].domain",
        "release: {load: [{domain: api, path: /}]}",
        "api is not one of the system's domains; allowed: web",
    ),
}  # fmt: skip
BASE = {
    "title": "Fleet",
    "owner": "{team: fleet}",
    "domains": "{web: fleet.example.com}",
    "services": "{worker: {image: w, port: 1}}",
    "databases": "{fleet_db: {}}",
    "secrets": "{SIGNING_KEY: {generated: 32}}",
}


def test_a_login_is_no_variable(workshop: Workshop) -> None:
    """The Secret of a login has another key than a variable reads."""
    image = "image: {repository: docker.io/valkey/valkey, tag: 8.1.4, pullSecret: HUB}"
    workshop.edit(FLEET, "image: fleet-worker", image)
    workshop.edit(FLEET, "LEVEL: info", "HUB: {secret: HUB}")
    workshop.edit(FLEET, "secrets:", "secrets:\n  HUB: {supplied: The hub}")
    (problem,) = workshop.problems()
    assert problem.endswith(
        "pullSecret: HUB is a variable of a service too, but nodes read it in another form: declare it twice"
    )


def write(workshop: Workshop, extra: str) -> None:
    key, _, value = extra.partition(": ")
    workshop.write("systems/fleet/a.sql", "select 1")
    workshop.write(FLEET, "\n".join(f"{key}: {value}" for key, value in {**BASE, key: value}.items()))


@pytest.mark.parametrize(("path", "extra", "rule"), BROKEN.values(), ids=BROKEN)
def test_broken_relations_are_told(workshop: Workshop, path: str, extra: str, rule: str) -> None:
    """A value that does not go with the others is one problem, at the value to change."""
    write(workshop, extra)
    place, _, told = workshop.problems()[0].partition(": ")
    assert place.startswith(f"{FLEET}:")
    assert told == f"{path}: {rule}"
    assert len(workshop.problems()) == 1


@pytest.mark.parametrize(
    "extra",
    [
        "environment: {API: {service: worker}, DB: {database: fleet_db}, KEY: {secret: SIGNING_KEY}, W: {domain: web}}",
        "services: {a: {image: a, port: 1}, b: {image: b, port: 1, needs: [a]}, c: {image: c, port: 1, needs: [a, b]}}",
        f"migrations: [{{{MIGRATION}, sql: a.sql}}, {{name: b, database: fleet_db, sql: a.sql, phase: contract, after: 1.0.0}}]",
        "release: {steps: [{weight: 10, hold: 1m}, {weight: 100, hold: 1m}]}",
        "queue: {vhost: fleet}",
    ],
)
def test_right_relations_are_fine(workshop: Workshop, extra: str) -> None:
    """What goes together is no problem."""
    write(workshop, extra)
    assert workshop.systems()["fleet"].title == "Fleet"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("maximum: 2", "maximum: two", ["services.api.replicas.maximum"]),
        ("fleet_db: {}", "fleet_db: 7", ["databases.fleet_db"]),
        ("databases: {fleet_db: {}}", "databases: 7", ["databases"]),
        ("databases: {fleet_db: {}}", "databases: {Fleet: {}}", ["databases.Fleet"]),
        ("port: 1,", "port: x, needs: [nope],", ["services.api.needs[0]", "services.api.port"]),
    ],
)
def test_nothing_is_concluded_from_stand_ins(workshop: Workshop, old: str, new: str, told: list[str]) -> None:
    """What is only wrong because another value is, is not told; what is wrong by itself is."""
    services = "{api: {image: w, port: 1, replicas: {minimum: 2, maximum: 2}, environment: {D: {database: fleet_db}}}}"
    text = "\n".join(f"{key}: {value}" for key, value in {**BASE, "services": services}.items())
    assert old in text
    workshop.write(FLEET, text.replace(old, new).replace("minimum: 2, maximum: two", "minimum: 9, maximum: two"))
    assert sorted(problem.split(": ")[1] for problem in workshop.problems() if FLEET in problem) == told
