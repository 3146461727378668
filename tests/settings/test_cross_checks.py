from __future__ import annotations

import pytest

from tests.settings.conftest import Workshop

FLEET = "systems/fleet/system.yaml"

MIGRATION = "name: a, database: fleet_db"
BROKEN = {
    "domain of a route": (
        "services.worker.routes[0].domain",
        "services: {worker: {image: w, port: 1, routes: [{domain: wb}]}}",
        "wb is not one of the system's domains; did you mean 'web'?",
    ),
    "route of two services": (
        "services.b.routes[0]",
        "services: {a: {image: a, port: 1, routes: [{domain: web}]}, b: {image: b, port: 1, routes: [{domain: web}]}}",
        "is the route of service 'a' already",
    ),
    "domain of a site": (
        "sites.shop.domain",
        "sites: {shop: {artefact: shop, domain: shp}}",
        "shp is not one of the system's domains; known are web",
    ),
    "site named like a service": (
        "sites.worker",
        "sites: {worker: {artefact: shop, domain: web}}",
        "is the name of a service already",
    ),
    "secret in a site": (
        "sites.shop.settings.KEY",
        "sites: {shop: {artefact: shop, domain: web, settings: {KEY: {secret: SIGNING_KEY}}}}",
        "would publish a secret: a site's settings are public",
    ),
    "login of an external database": (
        "environment.URL.database",
        "databases: {fleet_db: {}, papers: {engine: documents, placement: external}}\nenvironment: {URL: {database: papers}}",
        "refers to an external database, whose login Slipway does not know; refer to a supplied secret with its address",
    ),
    "pooled documents": (
        "databases.papers.pooling",
        "databases: {fleet_db: {}, papers: {engine: documents, pooling: true}}",
        "true is for PostgreSQL; drivers of documents pool by themselves",
    ),
    "documents with extensions": (
        "databases.papers.extensions",
        "databases: {fleet_db: {}, papers: {engine: documents, extensions: [pgcrypto]}}",
        "is for PostgreSQL",
    ),
    "a copy of nothing": (
        "databases.fleet_db.replicaInSecondRegion",
        "databases: {fleet_db: {backup: none, replicaInSecondRegion: true}}",
        "true needs a backup: a copy begins with one",
    ),
    "a reserved name": (
        "buckets.backups",
        "buckets: {backups: {}}",
        "is a name that Slipway uses itself; so are backups, publisher, secrets",
    ),
    "no queue": (
        "environment.BROKER",
        "environment: {BROKER: {queue: url}}",
        "refers to the queue, but the system has none",
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
        "alerts: [{name: a, summary: s, kind: rate, above: 1}, {name: a, summary: s, kind: rate, above: 2}]",
        "a is the name of alerts[0] already",
    ),
    "migrations of one name": (
        "migrations[1].name",
        f"migrations: [{{{MIGRATION}, sql: a.sql}}, {{{MIGRATION}, sql: a.sql}}]",
        "a is the name of migrations[0] already",
    ),
    "database of a migration": (
        "migrations[0].database",
        "migrations: [{name: a, database: flet, sql: a.sql}]",
        "flet is not one of the system's databases; did you mean 'fleet_db'?",
    ),
    "migration without a way": ("migrations[0]", f"migrations: [{{{MIGRATION}}}]", "needs either 'sql' or 'command'"),
    "service of a migration": (
        "migrations[0].command.service",
        f"migrations: [{{{MIGRATION}, command: {{service: no, arguments: [x]}}}}]",
        "no is not one of the system's services; known are worker",
    ),
    "contract at once": (
        "migrations[0]",
        f"migrations: [{{{MIGRATION}, sql: a.sql, phase: contract}}]",
        "needs 'after' if and only if its phase is 'contract'",
    ),
    "incompatible migration in the open": (
        "migrations[0].compatible",
        f"migrations: [{{{MIGRATION}, sql: a.sql, compatible: false}}]",
        "false says that the migration is incompatible, so 'release.maintenance' must be true",
    ),
    "missing file": (
        "migrations[0].sql",
        f"migrations: [{{{MIGRATION}, sql: gone.sql}}]",
        "gone.sql names a file that does not exist in fleet/",
    ),
    "domain of a check": (
        "checks[0].domain",
        "checks: [{name: a, domain: api, path: /}]",
        "api is not one of the system's domains; known are web",
    ),
    "token of a check": (
        "checks[0].token",
        "checks: [{name: a, domain: web, path: /, token: TOKEN}]",
        "is not one of the system's secrets; known are SIGNING_KEY",
    ),
    "cookie of a check": (
        "checks[0].cookie.sid",
        "checks: [{name: a, domain: web, path: /, cookie: {sid: SESSION}}]",
        "is not one of the system's secrets; known are SIGNING_KEY",
    ),
    "service of a validation": (
        "validations[0].service",
        "validations: [{name: a, service: no, command: [x]}]",
        "no is not one of the system's services; known are worker",
    ),
    "shrinking steps": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}, {weight: 10, hold: 1m}, {weight: 100, hold: 1m}]}",
        "must grow and end with weight 100",
    ),
    "steps that do not end": (
        "release.steps",
        "release: {steps: [{weight: 50, hold: 1m}]}",
        "must grow and end with weight 100",
    ),
    "token of a load": (
        "release.load[0].token",
        "release: {load: [{domain: web, path: /, token: SIGNING}]}",
        "is not one of the system's secrets; did you mean 'SIGNING_KEY'?",
    ),
    "domain of a load": (
        "release.load[0].domain",
        "release: {load: [{domain: api, path: /}]}",
        "api is not one of the system's domains; known are web",
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
