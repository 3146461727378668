"""Checks values that are valid by themselves but exceed a limit of the target."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.settings import expressions
from slipway.settings.fields import seconds
from slipway.settings.files import ComposedFile, CopiedFile, SecretFile
from slipway.settings.finding import Finding, Found
from slipway.settings.limits import most
from slipway.settings.operations import Alert
from slipway.settings.pointers import Path as Keys
from slipway.settings.releases import Migration, Query
from slipway.settings.services import Generated
from slipway.settings.system import System

ROOM = 128 * 1024
"""Bytes of a ConfigMap reserved for what Slipway adds. Chosen: twice what the largest system needs."""
SECRETS = 60 * 1024
"""Bytes of all generated secrets of a system. Source: 64 KiB of one entry in AWS Secrets Manager, with room for keys."""
PAGE = 512 * 1024
"""Bytes of a page that the gateway serves. Chosen: Envoy has it in memory for each route."""
EDGE_PAGE = 5500
"""Bytes of a page at CloudFront's edge, as a JavaScript string. Source: a function of 10 KiB contains it."""
PLAIN_PAGE = 600
"""Bytes of the default page without title and message, within `EDGE_PAGE`."""

ENDS = {
    "services": (
        "blue",
        "green",
        "shared",
        "publisher",
        "publish",
        "exporter",
        "roles",
        "dump",
        "restore",
        "restore-test",
        "archive",
        "unpack",
    ),
    "sites": ("blue", "green", "publisher", "publish", "config"),
    "schedules": (
        "blue",
        "green",
        "queue",
        "publisher",
        "publish",
        "exporter",
        "roles",
        "dump",
        "restore",
        "restore-test",
        "archive",
        "unpack",
    ),
    "domains": ("http", "origin", "pass", "safe", "queue"),
    "caches": ("blue", "green"),
    "queues": ("dead",),
    "databases": ("blue", "green", "shared", "queue", "nodes", "rw", "ro", "r", "pooler", "svc", "exporter", "roles"),
}
"""Suffixes that Slipway adds to names: a name with one of them could collide with that of another object."""
BEGINNINGS = {
    "services": ("migrate", "backup"),
    "sites": ("migrate", "backup"),
    "schedules": ("migrate", "backup", "validate", "admit", "promote"),
    "databases": ("migrate", "backup"),
}
OWN = {
    "services": ("flagd", "maintenance"),
    "sites": ("flagd", "maintenance"),
    "schedules": ("flagd", "maintenance", "release-gate"),
    "databases": ("flagd",),
}
RESERVED = ("backups", "publisher", "secrets")
RESERVED_IN = ("services", "sites", "buckets", "schedules")
"""Kinds in which nothing may have one of these names, which objects of every system have."""
RESERVED_ALERTS = ("DatabaseDown", "ForbiddenLinesInLogs", "MigrationFailed", "ServiceDown", "SystemClosed", "Watchdog")
"""Alerts that keep others back, stop a release, or are sent while others are kept back."""
SERVER_DATABASES = {
    "postgres": frozenset({"postgres", "template0", "template1", "rdsadmin", "azure_maintenance", "azure_sys"}),
    "mongodb": frozenset({"admin", "config", "local"}),
}
SERVER_ROLES = frozenset({"postgres", "public", "none", "slipway", "rdsadmin", "azuresu", "azure_pg_admin"})
COUNTERS = ("error", "forbidden", "audit")
"""Kinds of log lines that are counted in every system."""


def findings(system: System, folder: Path) -> Found:
    """Yield everything in `system` that a target would reject; its files are in `folder`."""
    yield from _words(system)
    yield from _routes(system, folder.name)
    yield from _databases(system)
    yield from _alerts(system)
    yield from _texts(system)
    yield from _timeouts(system)
    yield from _files(system, folder)


def against_name(kind: str, name: str) -> str | None:
    """Return what is wrong with a name of this kind because Slipway makes such names; None if nothing is."""
    parts = name.replace("_", "-")
    end = next((each for each in ENDS.get(kind, ()) if parts.endswith(f"-{each}")), None)
    start = next((each for each in BEGINNINGS.get(kind, ()) if parts.startswith(f"{each}-")), None)
    if end or start:
        return f"is a name that {'ends' if end else 'begins'} with '{end or start}', which Slipway uses for generated names"
    for reserved in (OWN.get(kind, ()), RESERVED if kind in RESERVED_IN else ()):
        if name in reserved:
            return f"is a reserved name: choose another than {', '.join(reserved)}"
    return None


def _words(system: System) -> Found:
    for kind in dict.fromkeys((*ENDS, *RESERVED_IN)):
        for name in getattr(system, kind):
            if (rule := against_name(kind, name)) is not None:
                yield Finding((kind, name), rule)


def _routes(system: System, name: str) -> Found:
    """Check for colliding names: both `a-b` at `c` and `a` at `b-c` become `a-b-c`."""
    owners: dict[str, tuple[str, str]] = {f"{name}-to-https": ("", "")}
    served: list[tuple[Keys, str, str]] = [
        (("services", service, "routes", index, "domain"), service, route.domain)
        for service, declared in system.services.items()
        for index, route in enumerate(declared.routes)
    ]
    served += [(("sites", site, "domain"), site, declared.domain) for site, declared in system.sites.items()]
    for path, entry, domain in served:
        owner = owners.setdefault(f"{entry}-{domain}", (entry, domain))
        if owner != (entry, domain):
            other = f"that of '{owner[0]}' at '{owner[1]}'" if owner[0] else "the redirect to TLS"
            yield Finding(
                path, f"makes a route '{entry}-{domain}', the name of {other} already: rename the domain's key"
            )


def _databases(system: System) -> Found:
    for name, database in system.databases.items():
        if name in SERVER_DATABASES[database.engine] or name.startswith("pg_"):
            yield Finding(("databases", name), "is reserved by the server: choose another name")
        owner, path = database.owner, ("databases", name, "owner")
        if owner is None:
            continue
        if owner in SERVER_ROLES or owner.startswith(("pg_", "rds_", "azure_")):
            yield Finding(path, "is reserved by the server: choose another role")
        elif owner in {f"{name}_{each}" for each in ("app", "backup", "monitor")}:
            yield Finding(path, "is a role that Slipway creates itself: choose another role")


def _alerts(system: System) -> Found:
    for index, alert in enumerate(system.alerts):
        path = ("alerts", index)
        if alert.name in RESERVED_ALERTS:
            rule = f"is the name of an alert of Slipway's: choose another than {', '.join(RESERVED_ALERTS)}"
            yield Finding((*path, "name"), rule)
        if alert.kind == "logs" and alert.name in COUNTERS:
            yield Finding((*path, "name"), f"is a reserved name: choose another than {', '.join(COUNTERS)}")
        if alert.metric is not None and alert.metric.lower() in ("inf", "nan"):
            yield Finding((*path, "metric"), "is a number to Prometheus")
        yield from _together(path, alert)


def _together(path: Keys, alert: Alert) -> Found:
    """Check expressions together: one with an unclosed quotation is valid alone, but not with others."""
    fault = expressions.fault_in_re2(expressions.any_of(alert.paths)) if len(alert.paths) > 0 else None
    if fault is not None and not any(expressions.fault_in_re2(each) for each in alert.paths):
        yield Finding((*path, "paths"), f"is not a valid Prometheus regular expression (RE2) when combined: {fault}")


def _texts(system: System) -> Found:
    """Check the size of objects that contain texts of a system unchanged."""
    shared = _bytes(system.environment)
    limit = most("kubernetes config map") - ROOM
    for name, service in system.services.items():
        if shared + _bytes(service.environment) > limit:
            yield Finding(
                ("services", name, "environment"), f"is larger than {limit // 1024} KiB together with the system's own"
            )
    for name, site in system.sites.items():
        if 2 * _bytes(site.settings) > limit:
            yield Finding(("sites", name, "settings"), f"is larger than {limit // 2048} KiB")
    made = sum(2 * each.generated + len(name) for name, each in system.secrets.items() if isinstance(each, Generated))
    if made > SECRETS:
        yield Finding(("secrets",), f"would generate more than {SECRETS // 1024} KiB: set smaller numbers")


def _bytes(variables: Mapping[str, Any]) -> int:
    return sum(len(name) + len(str(value).encode()) for name, value in variables.items())


def _timeouts(system: System) -> Found:
    longest = most("postgres milliseconds") / 1000
    for index, migration in enumerate(system.migrations):
        for key, value in (("timeout", migration.timeout), ("lockTimeout", migration.lock_timeout)):
            if seconds(value) > longest:
                yield Finding(("migrations", index, key), "is longer than PostgreSQL's limit of 24d")


def _files(system: System, folder: Path) -> Found:
    for index, migration in enumerate(system.migrations):
        written = sum(_size(folder, file) for file in (migration.sql, migration.rollback))
        limit = most("kubernetes config map") - ROOM
        if written + _checks(migration) > limit:
            rule = (
                f"has files and checks of {(written + _checks(migration)) // 1024} KiB, more than the "
                f"{limit // 1024} KiB that fit into a ConfigMap: split it into several migrations"
            )
            yield Finding(("migrations", index, "sql"), rule)
    for name, service in system.services.items():
        containers = [service, *service.companions.values()]
        written = sum(_length(folder, file) for each in containers for file in each.files.values())
        if written > (limit := most("kubernetes config map") - ROOM):
            rule = f"are {written // 1024} KiB, more than the {limit // 1024} KiB that fit into a ConfigMap: put them into the image"
            yield Finding(("services", name, "files"), rule)
    yield from _edge_page(system, folder)
    page = system.maintenance_page.page
    if page is None or not (folder / page).is_file():
        return
    path = ("maintenancePage", "page")
    try:
        content = (folder / page).read_bytes()
        content.decode()
    except (OSError, UnicodeDecodeError):
        return  # `system_files` reports the byte.
    if not content.strip():
        yield Finding(path, "names an empty file")
    if len(content) > PAGE:
        yield Finding(path, f"names a file of {len(content) // 1024} KiB; the gateway serves {PAGE // 1024} at most")


def _edge_page(system: System, folder: Path) -> Found:
    """Check the size of pages of systems with a site, on any cloud, so that they can move."""
    page = system.maintenance_page.page
    text = 2 * html.escape(system.title) + html.escape(system.maintenance_page.message or "")
    if page is not None:
        text = (folder / page).read_text(encoding="utf-8", errors="replace") if (folder / page).is_file() else ""
    length = len(json.dumps(text)) + (PLAIN_PAGE if page is None else 0)
    if system.sites and length > EDGE_PAGE:
        rule = f"makes a page of {length} bytes, but CloudFront's edge serves {EDGE_PAGE} at most: shorten it or remove images"
        yield Finding(("maintenancePage", "message" if page is None else "page"), rule, (("title",),))


def _length(folder: Path, file: object) -> int:
    if isinstance(file, CopiedFile):
        return _size(folder, file.file)
    if isinstance(file, ComposedFile):
        return len(file.text.encode())
    return len(str(getattr(file, "content", "" if isinstance(file, SecretFile) else file)).encode())


def _size(folder: Path, file: str | None) -> int:
    return (folder / file).stat().st_size if file is not None and (folder / file).is_file() else 0


def _checks(migration: Migration) -> int:
    """Return the bytes of checks before and after a migration; each is in a script once, on a separate line."""
    queries: list[Query] = [*migration.preconditions, *migration.verification, *migration.rollback_verification]
    queries += [migration.condition] if migration.condition else []
    texts = [text for each in queries for text in (each.name, each.sql)]
    texts += [text for each in migration.baseline for text in (each.name, each.before, each.after or each.before)]
    texts += [text for each in migration.triggers for text in (each.name, each.statement, each.check)]
    return sum(len(text.encode()) + 100 for text in texts)
