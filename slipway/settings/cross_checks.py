"""Rules that relate the values of one system to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from slipway.settings import limit_checks
from slipway.settings.fields import seconds
from slipway.settings.finding import Finding, Found
from slipway.settings.images import ForeignImage
from slipway.settings.pointers import Path as Keys
from slipway.settings.problems import nearest
from slipway.settings.regulations import REGULATIONS
from slipway.settings.schedules import SHORTEST_START
from slipway.settings.secrecy import PLAIN_VARIABLE
from slipway.settings.secret_forms import is_secret
from slipway.settings.services import (
    EnvironmentValue,
    FromBucket,
    FromDatabase,
    FromDomain,
    FromFlag,
    FromQueue,
    FromSecret,
    FromService,
    FromVersion,
    Generated,
    Health,
    Resources,
    Supplied,
)
from slipway.settings.system import System

BUILT_IN = re.compile(r"(NEXT_PUBLIC|REACT_APP|VITE|VUE_APP|GATSBY|EXPO_PUBLIC)_")
"""Prefixes of variables that bundlers replace with their value."""
RESERVED_PORTS = ("http", "metrics")
"""Names of the ports of `port` and of `metrics.port`."""
RESERVED = ("backups", "publisher", "secrets")
RESERVED_IN = ("services", "sites", "buckets", "schedules")


def findings(system: System, folder: Path) -> Found:
    """Yield every broken relation in `system`, whose files are in `folder`."""
    yield from _needs(system)
    yield from _cycle(system)
    yield from _images(system)
    yield from _ports(system)
    yield from _health(system)
    yield from _environments(system)
    yield from _secrets(system)
    yield from _engines(system)
    yield from _routes(system)
    yield from _schedules(system)
    yield from _sizes(system)
    yield from _names(system)
    yield from _reserved(system)
    yield from _migrations(system)
    yield from _checks(system)
    yield from _release(system)
    yield from _compliance(system)
    yield from _files(system, folder)
    yield from limit_checks.findings(system, folder)


def _known(path: Keys, kind: str, name: str, known: Collection[str]) -> Found:
    """Check that a name is a key of the system's `kind`."""
    if name not in known:
        hint = nearest(name, known) or ("" if known else "; the system has none")
        yield Finding(path, f"is not one of the system's {kind}{hint}", ((kind,),))


def _needs(system: System) -> Found:
    for name, service in system.services.items():
        for index, needed in enumerate(service.needs):
            path = ("services", name, "needs", index)
            if needed == name:
                yield Finding(path, "needs itself")
            else:
                yield from _known(path, "services", needed, system.services)


def _cycle(system: System) -> Found:
    graph = {name: [n for n in service.needs if n != name] for name, service in system.services.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        cycle = list(reversed(error.args[1]))
        paths = tuple(("services", name, "needs") for name in cycle)
        yield Finding(paths[0], f"is a cycle: {' needs '.join(cycle)}", paths)


def _ports(system: System) -> Found:
    for name, service in system.services.items():
        path = ("services", name)
        taken = {service.port: "port"} if service.port is not None else {}
        for called, number in service.ports.items():
            if called in RESERVED_PORTS:
                yield Finding(
                    (*path, "ports", called), f"is a reserved name: choose another than {', '.join(RESERVED_PORTS)}"
                )
            elif number in taken:
                yield Finding((*path, "ports", called), f"is already '{taken[number]}': name each port once")
            taken.setdefault(number, f"ports.{called}")
        if service.port is not None:
            continue
        for key, value in (("routes", service.routes), ("servicePort", service.service_port)):
            if value:
                yield Finding((*path, key), "leads to a port, which the service has not: set 'port', for example 3000")
        if service.metrics is not None and service.metrics.port is None:
            yield Finding((*path, "metrics"), "requires 'port', since the service has none, for example {port: 9464}")


def _health(system: System) -> Found:
    for name, service in system.services.items():
        path, health = ("services", name, "health"), service.health
        if health.by in ("http", "grpc", "tcp") and service.port is None and health.port is None and not service.routes:
            yield Finding(
                path if "health" in service.model_fields_set else path[:-1],
                "has no port that could be asked whether it works: set 'port', for example 3000, or for a worker "
                "health: {by: exec, command: [bin/healthy]}, or {by: none, reason: It ends when it cannot work}",
            )
        yield from _answer(path, health)
        if health.by == "none" and (service.exposed or service.metrics is not None):
            rule = "is for programs without a port: set tcp, which asks whether the port is open"
            yield Finding((*path, "by"), rule, (("services", name, "port"),))


def _answer(path: Keys, health: Health) -> Found:
    """Check that what is asked is declared, and nothing else."""
    if health.by == "exec" and not health.command:
        yield Finding(path, "runs a command, but names none: set 'command', for example [bin/healthy]")
    if health.by == "none" and health.reason is None:
        yield Finding(path, "asks nothing: set 'reason' to why, for example It ends when it cannot work")
    for key, field, way in (
        ("command", "command", "exec"),
        ("reason", "reason", "none"),
        ("path", "path", "http"),
        ("readyPath", "ready_path", "http"),
    ):
        if health.by != way and field in health.model_fields_set:
            yield Finding((*path, key), f"is for 'by: {way}', and this is asked by {health.by}: take it away")


def _images(system: System) -> Found:
    for name, service in system.services.items():
        path, image = ("services", name, "image"), service.image
        if not isinstance(image, ForeignImage):
            continue
        if image.tag is None and image.digest is None:
            yield Finding(path, "has neither 'tag' nor 'digest': set both, for example tag: 8.1.4, digest: 'sha256:…'")
        if image.pull_secret is not None:
            yield from _pull_secret(system, (*path, "pullSecret"), image.pull_secret)


def _pull_secret(system: System, path: Keys, name: str) -> Found:
    yield from _known(path, "secrets", name, system.secrets)
    if name in system.secrets and not isinstance(system.secrets[name], Supplied):
        rule = "is generated, but a registry knows its own logins only: declare it as {supplied: who issues it}"
        yield Finding(path, rule, (("secrets", name),))
    if any(isinstance(each, FromSecret) and each.secret == name for each in environment_values(system)):
        yield Finding(path, "is a variable of a service too, but nodes read it in another form: declare it twice")


def environment_values(system: System) -> Iterator[EnvironmentValue]:
    """Yield every value in the environments of services."""
    yield from system.environment.values()
    for service in system.services.values():
        yield from service.environment.values()


_REFERENCES: dict[type, tuple[str, str, Callable[[System], Collection[str]]]] = {
    FromSecret: ("secret", "secrets", lambda system: system.secrets),
    FromDatabase: ("database", "databases", lambda system: system.databases),
    FromBucket: ("bucket", "buckets", lambda system: system.buckets),
    FromDomain: ("domain", "domains", lambda system: system.domains),
    FromService: ("service", "services", lambda system: system.services),
    FromFlag: ("flag", "flags", lambda system: system.flags),
}


def _environments(system: System) -> Found:
    places: list[tuple[Keys, Any]] = [(("environment",), system.environment)]
    places += [(("services", name, "environment"), s.environment) for name, s in system.services.items()]
    public: list[tuple[Keys, Any]] = [
        (("sites", name, "settings"), site.settings) for name, site in system.sites.items()
    ]
    public += [(("services", name, "build"), service.build) for name, service in system.services.items()]
    for path, environment in [*places, *public]:
        for variable, value in environment.items():
            yield from _reference(system, (*path, variable), variable, value)
            if (path, environment) in public and isinstance(value, FromSecret | FromDatabase | FromQueue):
                what = "a site's settings are" if path[0] == "sites" else "what an image is built with is"
                yield Finding((*path, variable), f"would publish a secret: {what} public, so use a plain value")
            elif (path, environment) in places and BUILT_IN.match(variable):
                rule = (
                    "is compiled into the frontend, and a pod's variable does not reach a browser: set it under "
                    "'build' of the service"
                )
                yield Finding((*path, variable), rule)


def _reference(system: System, path: Keys, variable: str, value: Any) -> Found:
    if isinstance(value, FromQueue) and system.queue is None:
        yield Finding(path, "refers to the queue, but the system has none: declare 'queue'", (("queue",),))
    elif type(value) in _REFERENCES:
        key, kind, known_of = _REFERENCES[type(value)]
        yield from _known((*path, key), kind, getattr(value, key), known_of(system))
        if isinstance(value, FromDatabase):
            yield from _external(system, (*path, key), value.database)
        if isinstance(value, FromService) and value.service in system.services:
            yield from _address(system, path, value)
    elif any(is_secret(variable, text) for text in _texts(value)):
        yield Finding(path, PLAIN_VARIABLE)


def _address(system: System, path: Keys, value: FromService) -> Found:
    """Check that the port of a reference to a service exists."""
    service, related = system.services[value.service], (("services", value.service),)
    if value.port is not None and value.port not in service.ports:
        hint = nearest(value.port, service.ports) or "; it has none"
        yield Finding((*path, "port"), f"is not one of the 'ports' of service '{value.service}'{hint}", related)
    elif value.port is None and service.port is None:
        rule = "is a service without a port, which has no address: set its 'port', for example 3000"
        yield Finding((*path, "service"), rule, related)


def _texts(value: Any) -> Collection[str]:
    """Return the plain texts of a variable, for all versions."""
    return value.since.values() if isinstance(value, FromVersion) else [value] if isinstance(value, str) else []


def _external(system: System, path: Keys, name: str) -> Found:
    database = system.databases.get(name)
    if database is not None and database.hosting == "external":
        rule = (
            "refers to an external database, whose login Slipway does not know: use a supplied secret with its address"
        )
        yield Finding(path, rule, (("databases", name, "hosting"),))


def _secrets(system: System) -> Found:
    for name, secret in system.secrets.items():
        if not isinstance(secret, Generated) or secret.previous is None:
            continue
        path = ("secrets", name, "previous")
        if secret.existing:
            rule = "is not allowed for a supplied secret: declare the previous one as a 'supplied' secret of its own"
            yield Finding(path, rule, (("secrets", name, "existing"),))
        elif secret.previous == secret.rotated:
            yield Finding(
                path,
                "is the date of the current secret: set the 'rotated' date of the previous one",
                (("secrets", name, "rotated"),),
            )


def _engines(system: System) -> Found:
    for name, database in system.databases.items():
        related = (("databases", name, "engine"),)
        if database.engine == "mongodb" and database.pooling:
            yield Finding(
                ("databases", name, "pooling"), "is for PostgreSQL: MongoDB drivers have their own pool", related
            )
        if database.engine == "mongodb" and database.extensions:
            yield Finding(("databases", name, "extensions"), "is for PostgreSQL", related)
        if database.backup == "none" and database.replica_in_second_region:
            rule = "requires a backup, from which the replica is created: set 'backup'"
            yield Finding(("databases", name, "replicaInSecondRegion"), rule, (("databases", name, "backup"),))


def _routes(system: System) -> Found:
    owners: dict[tuple[str, str], str] = {}
    for name, service in system.services.items():
        for index, route in enumerate(service.routes):
            path = ("services", name, "routes", index)
            yield from _known((*path, "domain"), "domains", route.domain, system.domains)
            if (route.domain, route.path) in owners:
                yield Finding(path, f"is already the route of service '{owners[route.domain, route.path]}'")
            owners[route.domain, route.path] = name
    for name, site in system.sites.items():
        yield from _known(("sites", name, "domain"), "domains", site.domain, system.domains)
        if name in system.services:
            yield Finding(("sites", name), "is already the name of a service")


def _schedules(system: System) -> Found:
    for name, schedule in system.schedules.items():
        path = ("schedules", name)
        yield from _known((*path, "service"), "services", schedule.service, system.services)
        for kind, taken in (("service", system.services), ("site", system.sites)):
            if name in taken:
                yield Finding(path, f"is already the name of a {kind}", ((f"{kind}s", name),))
        if not schedule.command and not schedule.args:
            rule = f"requires 'command' or 'args': without them it would start the service '{schedule.service}' itself"
            yield Finding(path, rule)
        if seconds(schedule.starting_deadline) < SHORTEST_START:
            yield Finding((*path, "startingDeadline"), f"is shorter than {SHORTEST_START}s: no run would ever start")
        if seconds(schedule.deadline) < 1:
            yield Finding((*path, "deadline"), "is shorter than 1s")


def _sizes(system: System) -> Found:
    for name, service in system.services.items():
        replicas, resources = service.replicas, service.resources
        path = ("services", name, "replicas")
        if replicas.minimum > replicas.maximum:
            yield Finding((*path, "minimum"), f"is above the maximum, {replicas.maximum}", ((*path, "maximum"),))
        if service.singleton is not None and "replicas" in service.model_fields_set:
            yield Finding(path, "is set beside 'singleton', of which there is one: take one of them away")
        yield from _bounds(("services", name, "resources"), resources)
    for name, schedule in system.schedules.items():
        if schedule.resources is not None:
            yield from _bounds(("schedules", name, "resources"), schedule.resources)
    for name, database in system.databases.items():
        path = ("databases", name)
        if database.storage > database.maximum_storage:
            rule = f"is above maximumStorage, {database.maximum_storage}"
            yield Finding((*path, "storage"), rule, ((*path, "maximumStorage"),))


def _bounds(path: Keys, resources: Resources) -> Found:
    if _cores(resources.cpu) > _cores(resources.cpu_limit):
        yield Finding((*path, "cpu"), f"is above the limit, {resources.cpu_limit}", ((*path, "cpuLimit"),))
    if mebibytes(resources.memory) > mebibytes(resources.memory_limit):
        yield Finding((*path, "memory"), f"is above the limit, {resources.memory_limit}", ((*path, "memoryLimit"),))


def _cores(cpu: str) -> float:
    return int(cpu[:-1]) / 1000 if cpu.endswith("m") else int(cpu)


def mebibytes(memory: str) -> int:
    """Return the number of mebibytes: `1Gi` is 1024."""
    return int(memory[:-2]) * (1024 if memory.endswith("Gi") else 1)


def _reserved(system: System) -> Found:
    """Check for names that Slipway uses in every system."""
    for kind in RESERVED_IN:
        for name in getattr(system, kind):
            if name in RESERVED:
                yield Finding((kind, name), f"is a reserved name: choose another than {', '.join(RESERVED)}")


def _names(system: System) -> Found:
    """Check for repeated names: entries of these lists become objects or lines of a report, so each needs a unique
    name."""
    lists = {
        "alerts": system.alerts,
        "checks": system.checks,
        "migrations": system.migrations,
        "validations": system.validations,
    }
    for kind, entries in lists.items():
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            if first.setdefault(entry.name, index) != index:
                rule = f"is already the name of {kind}[{first[entry.name]}]"
                yield Finding((kind, index, "name"), rule, ((kind, first[entry.name], "name"),))


def _migrations(system: System) -> Found:
    for index, migration in enumerate(system.migrations):
        path = ("migrations", index)
        yield from _known((*path, "database"), "databases", migration.database, system.databases)
        if (migration.sql is None) == (migration.command is None):
            yield Finding(path, "requires either 'sql' or 'command'")
        if migration.command:
            yield from _known((*path, "command", "service"), "services", migration.command.service, system.services)
            changed = system.databases.get(migration.database)
            if changed is not None and changed.engine == "postgres":
                rule = (
                    "changes a database of PostgreSQL, which takes 'sql' only: programs change databases of documents"
                )
                yield Finding((*path, "command"), rule, (("databases", migration.database, "engine"),))
            elif migration.backed_up_by is None:
                rule = "changes a database that Slipway does not dump before: set 'backedUpBy' to what restores it"
                yield Finding((*path, "command"), rule)
            if migration.applied_as is not None:
                yield Finding((*path, "appliedAs"), "is only for 'sql': a 'command' writes its own journal")
        if (migration.phase == "contract") != (migration.after is not None):
            yield Finding(path, "requires 'after' if and only if its phase is 'contract'")
        if not migration.compatible and not system.release.maintenance:
            rule = "makes the migration incompatible: set 'release.maintenance' to true"
            yield Finding((*path, "compatible"), rule, (("release", "maintenance"),))


def _checks(system: System) -> Found:
    for index, check in enumerate(system.checks):
        path = ("checks", index)
        yield from _known((*path, "domain"), "domains", check.domain, system.domains)
        if check.token is not None:
            yield from _known((*path, "token"), "secrets", check.token, system.secrets)
        for key, values in (("cookie", check.cookie), ("secretHeaders", check.secret_headers)):
            for name, secret in values.items():
                yield from _known((*path, key, name), "secrets", secret, system.secrets)
        for name, text in check.headers.items():
            if is_secret(name, text):
                yield Finding((*path, "headers", name), "looks like a secret: declare it, and use 'secretHeaders'")
    for index, validation in enumerate(system.validations):
        yield from _known(("validations", index, "service"), "services", validation.service, system.services)


def _release(system: System) -> Found:
    weights = [step.weight for step in system.release.steps]
    if weights and (weights != sorted(set(weights)) or weights[-1] != 100):
        yield Finding(("release", "steps"), "must increase and end with weight 100")
    window = system.release.window
    if window is not None and system.release.expected_seconds >= seconds(window.duration):
        rule = "leaves no time to begin: a release must end in its window, so it must be shorter than that"
        yield Finding(("release", "expectedDuration"), rule, (("release", "window", "duration"),))
    for index, load in enumerate(system.release.load):
        yield from _known(("release", "load", index, "domain"), "domains", load.domain, system.domains)
        if load.token is not None:
            yield from _known(("release", "load", index, "token"), "secrets", load.token, system.secrets)


def _compliance(system: System) -> Found:
    """Check what the named laws and standards require of other settings."""
    compliance, logs = system.compliance, system.logs
    kept = [*system.databases.values(), *system.buckets.values()]
    for index, name in enumerate(compliance.regulations):
        path, regulation = ("compliance", "regulations", index), REGULATIONS[name]
        if regulation.residence is not None and not compliance.regions:
            yield Finding(path, f"requires 'regions' for personal data ({regulation.residence})", (("compliance",),))
        if regulation.residence is not None and all(each.data_class != "personal" for each in kept):
            rule = "is about personal data, but no database or bucket has any: set 'dataClass: personal' where it is"
            yield Finding(path, rule, (("databases",), ("buckets",)))
        if regulation.audit is not None and not compliance.audit_log:
            yield Finding(path, f"requires 'auditLog: true' ({regulation.audit})", (("compliance", "auditLog"),))
        if regulation.audit is not None and logs.audit_retention_days < regulation.audit_days:
            rule = f"is less than {name} requires ({regulation.audit}): set {regulation.audit_days} or more"
            yield Finding(("logs", "auditRetentionDays"), rule, (path,))


def _files(system: System, folder: Path) -> Found:
    files: list[tuple[Keys, str | None]] = [(("maintenancePage", "page"), system.maintenance_page.page)]
    for index, migration in enumerate(system.migrations):
        files.append((("migrations", index, "sql"), migration.sql))
        files.append((("migrations", index, "rollback"), migration.rollback))
    for path, file in files:
        if file is not None and not (folder / file).is_file():
            yield Finding(path, f"names a file that does not exist in {folder.name}/")
