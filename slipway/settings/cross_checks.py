"""Rules that relate the values of one system to each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic.alias_generators import to_camel

from slipway.settings import (
    caches,
    inert,
    limit_checks,
    migration_sql,
    queue_checks,
    route_checks,
    scaled_services,
    volume_checks,
)
from slipway.settings.containers import Companion, Health, Resources, Sidecar
from slipway.settings.databases import Database
from slipway.settings.fields import seconds
from slipway.settings.files import ComposedFile, CopiedFile, SecretFile
from slipway.settings.finding import Finding, Found, known
from slipway.settings.hosts import one_host
from slipway.settings.images import ForeignImage, Image
from slipway.settings.inert_anywhere import IN_EVERY_STACK
from slipway.settings.pointers import Path as Keys
from slipway.settings.problems import nearest
from slipway.settings.references import (
    Composed,
    EnvironmentValue,
    FromBucket,
    FromCache,
    FromCloudQueue,
    FromDatabase,
    FromDomain,
    FromFlag,
    FromPod,
    FromQueue,
    FromSecret,
    FromService,
    FromTopic,
    FromVersion,
    Placeholder,
    Plain,
    forgotten,
    references,
)
from slipway.settings.regulations import REGULATIONS
from slipway.settings.schedules import SHORTEST_START
from slipway.settings.secrecy import PLAIN_SECRET, PLAIN_VARIABLE
from slipway.settings.secret_forms import has_secret_form, is_secret
from slipway.settings.services import Generated, Service, Supplied
from slipway.settings.system import System

SECRET_REFERENCES = (FromSecret, FromDatabase, FromQueue, FromCache)
"""References whose values are in a Secret."""
OF_PODS = (FromPod, FromCloudQueue, FromTopic)
"""References whose values pods get where they start."""
BUILT_IN = re.compile(r"(NEXT_PUBLIC|REACT_APP|VITE|VUE_APP|GATSBY|EXPO_PUBLIC)_")
"""Prefixes of variables that bundlers replace with their value."""
_ADDRESSES = re.compile(
    r"(?<![\w+.-])[a-z][\w+.-]*://(?:[^\s/@]*@)?(?P<url>[a-z][a-z0-9-]*)(?![\w.-])|(?<![\w./@-])(?P<host>[a-z][a-z0-9-]*):\d{2,5}(?!\d)"
)
"""Addresses with a host of one word, in a URL or before a port. Each alternative begins where a word does, so that the
time for a long text is linear."""
RESERVED_PORTS = ("http", "metrics")
"""Names of the ports of `port` and of `metrics.port`."""
SLOTS = ("blue", "green")


def findings(system: System, folder: Path) -> Found:
    """Yield every broken relation in `system`, whose files are in `folder`."""
    yield from _needs(system)
    yield from _calls(system)
    yield from _cycle(system)
    yield from _images(system)
    yield from _companions(system)
    yield from _ports(system)
    yield from _health(system)
    yield from _environments(system)
    yield from _secrets(system)
    yield from _without_effect(system)
    yield from _engines(system)
    yield from route_checks.findings(system)
    yield from _schedules(system)
    yield from _sizes(system)
    yield from _names(system)
    yield from _caches(system)
    yield from queue_checks.findings(system)
    yield from scaled_services.findings(system)
    yield from _migrations(system)
    yield from _checks(system)
    yield from _release(system)
    yield from _compliance(system)
    yield from _mounts(system, folder)
    yield from volume_checks.findings(system)
    yield from _arguments(system)
    yield from _files(system, folder)
    yield from limit_checks.findings(system, folder)


def _needs(system: System) -> Found:
    for name, service in system.services.items():
        for index, needed in enumerate(service.needs):
            path = ("services", name, "needs", index)
            if needed == name:
                yield Finding(path, "needs itself")
            else:
                yield from known(path, "services", needed, system.services)


def _calls(system: System) -> Found:
    for name, service in system.services.items():
        for index, called in enumerate(service.calls):
            path = ("services", name, "calls", index)
            yield from known(path, "services", called, system.services)
            if called in system.services and not system.services[called].exposed:
                rule = "is a service without a port, which nothing can call: set its 'port', for example 3000"
                yield Finding(path, rule, (("services", called),))


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
        grpc = service.protocol == "grpc"
        for key, value in (("routes", service.routes), ("servicePort", service.service_port), ("protocol", grpc)):
            if value:
                yield Finding((*path, key), "leads to a port, which the service has not: set 'port', for example 3000")
        if service.metrics is not None and service.metrics.port is None:
            yield Finding((*path, "metrics"), "requires 'port', since the service has none, for example {port: 9464}")


def _health(system: System) -> Found:
    addressed = {
        each.service
        for each in environment_values(system)
        if isinstance(each, FromService) and each.form == "address" and each.port is None
    }
    for name, service in system.services.items():
        if (
            name in addressed
            and service.port is not None
            and not service.routes
            and "health" not in service.model_fields_set
        ):
            rule = (
                "is called by its address, as clients of gRPC and TCP do, and would be asked over HTTP: set 'health' to {by: grpc}, "
                "{by: tcp}, or {path: /health} if it answers HTTP"
            )
            yield Finding(("services", name), rule)
        path, health = ("services", name, "health"), service.health
        if health.by in ("http", "grpc", "tcp") and service.port is None and health.port is None and not service.routes:
            yield Finding(
                path if "health" in service.model_fields_set else path[:-1],
                "has no port that could be asked whether it works: set 'port', for example 3000, or for a worker "
                "health: {by: exec, command: [bin/healthy]}, or {by: none, reason: It ends when it cannot work}",
            )
        yield from _answer(path, health)
        if service.protocol == "grpc" and health.by == "http" and health.port is None:
            rule = "asks over HTTP a port that speaks gRPC: set health: {by: grpc}, or the 'port' that speaks HTTP"
            yield Finding(
                path if "health" in service.model_fields_set else path[:-1], rule, (("services", name, "protocol"),)
            )
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
    for path, image in _every_image(system):
        if not isinstance(image, ForeignImage):
            continue
        if image.tag is None and image.digest is None:
            yield Finding(path, "has neither 'tag' nor 'digest': set both, for example tag: 8.1.4, digest: 'sha256:…'")
        if image.pull_secret is not None:
            yield from _pull_secret(system, (*path, "pullSecret"), image.pull_secret)


def _every_image(system: System) -> Iterator[tuple[Keys, Image]]:
    for path, service in _containers(system):
        if service.image is not None:
            yield (*path, "image"), service.image


def _containers(system: System) -> Iterator[tuple[Keys, Service | Companion]]:
    """Yield each declared container, and its path."""
    for name, service in system.services.items():
        yield ("services", name), service
        for key, companions in (("init", service.init), ("sidecars", service.sidecars)):
            for each, companion in companions.items():
                yield ("services", name, key, each), companion


def _companions(system: System) -> Found:
    for name, service in system.services.items():
        scheduled = [each for each, schedule in system.schedules.items() if schedule.service == name]
        for path, each in _containers(system):
            if path[:2] != ("services", name) or not isinstance(each, Companion):
                continue
            if path[-1] in (name, *scheduled) or (path[2] == "init" and path[-1] in service.sidecars):
                yield Finding(path, "is already the name of another container of its pods")
            for variable, value in each.environment.items():
                if isinstance(value, Plain):
                    rule = "is for the container of a service: here give it a name and a form that no secret has"
                    yield Finding((*path, "environment", variable, "plain"), rule)
            if isinstance(each, Sidecar):
                yield from _sidecar(path, each.health)


def _sidecar(path: Keys, health: Health) -> Found:
    """Check that a sidecar is asked by itself."""
    yield from _answer((*path, "health"), health)
    if health.by == "none":
        rule = "leaves a pod without an answer of its sidecar: set exec, with a command in its container"
        yield Finding((*path, "health", "by"), rule)
    elif health.by != "exec" and health.port is None:
        yield Finding((*path, "health"), "asks a sidecar: set 'port' to one of its own, for example 9000")


def _pull_secret(system: System, path: Keys, name: str) -> Found:
    yield from known(path, "secrets", name, system.secrets)
    if name in system.secrets and not isinstance(system.secrets[name], Supplied):
        rule = "is generated, but a registry knows its own logins only: declare it as {supplied: who issues it}"
        yield Finding(path, rule, (("secrets", name),))
    used = references(environment_values(system))
    if any(isinstance(each, FromSecret) and each.secret == name for each in used):
        yield Finding(path, "is a variable of a service too, but nodes read it in another form: declare it twice")


def environment_values(system: System) -> Iterator[EnvironmentValue]:
    """Yield every value in the environments of containers."""
    yield from system.environment.values()
    for _, each in _containers(system):
        yield from each.environment.values()


_REFERENCES: dict[type, tuple[str, str, Callable[[System], Collection[str]]]] = {
    FromSecret: ("secret", "secrets", lambda system: system.secrets),
    FromDatabase: ("database", "databases", lambda system: system.databases),
    FromCloudQueue: ("queue", "queues", lambda system: system.queues),
    FromTopic: ("topic", "topics", lambda system: system.topics),
    FromCache: ("cache", "caches", lambda system: system.caches),
    FromBucket: ("bucket", "buckets", lambda system: system.buckets),
    FromService: ("service", "services", lambda system: system.services),
    FromFlag: ("flag", "flags", lambda system: system.flags),
}


def _environments(system: System) -> Found:
    places: list[tuple[Keys, Any]] = [(("environment",), system.environment)]
    places += [((*path, "environment"), each.environment) for path, each in _containers(system)]
    public: list[tuple[Keys, Any]] = [
        (("sites", name, "settings"), site.settings) for name, site in system.sites.items()
    ]
    public += [(("services", name, "build"), service.build) for name, service in system.services.items()]
    for path, environment in [*places, *public]:
        for variable, value in environment.items():
            yield from _reference(system, (*path, variable), variable, value)
            used = list(references([value]))
            if (path, environment) in public and any(isinstance(each, SECRET_REFERENCES) for each in used):
                what = "a site's settings are" if path[0] == "sites" else "what an image is built with is"
                yield Finding((*path, variable), f"would publish a secret: {what} public, so use a plain value")
            elif path[0] == "sites" and any(isinstance(each, FromService) for each in used):
                rule = "is an address inside the cluster, which no browser reaches: use the {domain: …} of a route"
                yield Finding((*path, variable), rule)
            elif (path, environment) in public and any(isinstance(each, OF_PODS) for each in used):
                yield Finding((*path, variable), "is known to a running pod only: set it under 'environment'")
            elif (path, environment) in places and BUILT_IN.match(variable):
                rule = (
                    "is compiled into the frontend, and a pod's variable does not reach a browser: set it under "
                    "'build' of the service"
                )
                yield Finding((*path, variable), rule)


def _composed(system: System, path: Keys, variable: str, value: Composed) -> Found:
    """Check each reference in a text, and the text around them."""
    for piece in value.pieces:
        if isinstance(piece, Placeholder):
            for found in _reference(system, path, variable, piece.reference):
                yield Finding((*path, "text"), f"has {piece.written}, which {found.rule}", found.related)
    yield from _encodings(system, (*path, "text"), value)
    hidden = any(isinstance(each, SECRET_REFERENCES) for each in value.references)
    if not hidden and not has_secret_form(value.text) and is_secret(variable, value.literal):
        yield Finding((*path, "text"), PLAIN_SECRET)


def _encodings(system: System, path: Keys, value: Composed) -> Found:
    """Check that what an address contains has none of the characters that would end a part of it."""
    before = ""
    for piece in value.pieces:
        if isinstance(piece, str):
            before += piece
        elif isinstance(piece.reference, FromSecret) and "://" in before:
            name = piece.reference.secret
            secret = system.secrets.get(name)
            if isinstance(secret, Generated) and secret.encoding == "base64":
                rule = f"has {piece.written} in an address, in which characters of base64 have a meaning: set its encoding to hex"
                yield Finding(path, rule, (("secrets", name, "encoding"),))


def _reference(system: System, path: Keys, variable: str, value: Any) -> Found:
    if isinstance(value, Composed):
        yield from _composed(system, path, variable, value)
    elif isinstance(value, FromQueue) and system.queue is None:
        yield Finding(path, "refers to the queue, but the system has none: declare 'queue'", (("queue",),))
    elif isinstance(value, FromDomain):
        yield from one_host((*path, "domain"), value.domain, system.domains)
    elif type(value) in _REFERENCES:
        key, kind, known_of = _REFERENCES[type(value)]
        yield from known((*path, key), kind, getattr(value, key), known_of(system))
        if isinstance(value, FromDatabase):
            yield from _external(system, (*path, key), value.database)
        if isinstance(value, FromService) and value.service in system.services:
            yield from _address(system, path, value)
    elif any(is_secret(variable, text) for text in _texts(value)):
        yield Finding(path, PLAIN_VARIABLE)
    elif literal := next(filter(None, map(forgotten, _texts(value))), None):
        rule = f"has {literal}, which nothing fills in: write {{text: …}}, or {{plain: …, reason: …}} if the braces are meant"
        yield Finding(path, rule)
    elif (named := next(filter(None, (_service_in(system, text) for text in _texts(value))), None)) is not None:
        rule = (
            f"has the address of service '{named}' as text, which nothing answers: each slot has names of its own, so write "
            f"{{service: {named}}}, {{service: {named}, as: address}}, or 'text' with {{service.{named}.address}}"
        )
        yield Finding(path, rule, (("services",),))


def _service_in(system: System, text: str) -> str | None:
    """Return the service whose name is the host of an address in a text."""
    hosts = (each["url"] or each["host"] for each in _ADDRESSES.finditer(text))
    return next((each for each in hosts if each in system.services), None)


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
        if isinstance(secret, Generated) and secret.origin is not None and not secret.existing:
            rule = "is for a value in use, but a new one would be generated: set 'existing: true' too"
            yield Finding(("secrets", name, "from"), rule, (("secrets", name, "existing"),))
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


def _without_effect(system: System) -> Found:
    """Check that no key is set that another one, which no stack may override, deprives of its effect."""
    for row in IN_EVERY_STACK:
        for path in inert.declared(row, system):
            yield Finding(path, f"has no effect {row.condition}: {row.reason}", tuple(row.deciding(path)))


def _engines(system: System) -> Found:
    for name, database in system.databases.items():
        if database.schema_by == "services":
            yield from _schema_by(("databases", name), database)
        if database.backup == "none" and database.replica_in_second_region:
            rule = "requires a backup, from which the replica is created: set 'backup'"
            yield Finding(("databases", name, "replicaInSecondRegion"), rule, (("databases", name, "backup"),))


def _schema_by(path: Keys, database: Database) -> Found:
    if database.engine == "mongodb":
        yield Finding((*path, "schemaBy"), "is for PostgreSQL: MongoDB has no schema", ((*path, "engine"),))
    elif database.pooling:
        rule = "lets services log in as the owner, and a pooler knows the application's role only: take 'pooling' away"
        yield Finding((*path, "schemaBy"), rule, ((*path, "pooling"),))
    elif database.hosting == "external":
        yield Finding((*path, "schemaBy"), "is for databases whose roles Slipway makes", ((*path, "hosting"),))


def _schedules(system: System) -> Found:
    for name, schedule in system.schedules.items():
        path = ("schedules", name)
        yield from known((*path, "service"), "services", schedule.service, system.services)
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
    for path, each in _containers(system):
        yield from _bounds((*path, "resources"), each.resources)
    for name, service in system.services.items():
        replicas = service.replicas
        path = ("services", name, "replicas")
        beside = sorted(replicas.model_fields_set - {"fixed"})
        if replicas.fixed is not None and beside:
            keys = ", ".join(f"'{to_camel(each)}'" for each in beside)
            rule = (
                f"is set beside {keys}, which are an autoscaler's: write 'replicas: {replicas.fixed}', also in a stack"
            )
            yield Finding((*path, "fixed"), rule, tuple((*path, to_camel(each)) for each in beside))
        elif replicas.minimum > replicas.maximum:
            yield Finding((*path, "minimum"), f"is above the maximum, {replicas.maximum}", ((*path, "maximum"),))
        if service.singleton is not None and "replicas" in service.model_fields_set:
            yield Finding(path, "is set beside 'singleton', of which there is one: take one of them away")
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


def _caches(system: System) -> Found:
    """Check that no other object is called like the server of a cache, and that its alerts can fire."""
    taken = {name: (kind, name) for kind in ("services", "sites", "schedules") for name in getattr(system, kind)}
    taken |= {name.replace("_", "-"): ("databases", name) for name in system.databases}
    for name, cache in system.caches.items():
        for server in caches.servers(name, cache, SLOTS):
            if server in taken:
                kind = taken[server][0].removesuffix("s")
                rule = f"has a server called '{server}', which is the name of a {kind} too: choose another name"
                yield Finding(("caches", name), rule, (taken[server],))
        yield from _unreachable_limit(name, cache)


def _unreachable_limit(name: str, cache: caches.Cache) -> Found:
    """Check that a cache has no limit that it cannot reach: it either drops keys when its memory is full, or refuses them."""
    path = ("caches", name)
    key, field, other = (
        ("evictions", "evictions", "never drops a key: set 'memoryPercent'")
        if cache.eviction == "noeviction"
        else ("memoryPercent", "memory_percent", "drops keys before its memory is full: set 'evictions'")
    )
    if field in cache.alerts.model_fields_set:
        rule = f"has no effect with 'eviction: {cache.eviction}', which {other} instead"
        yield Finding((*path, "alerts", key), rule, ((*path, "eviction"),))


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
        yield from known((*path, "database"), "databases", migration.database, system.databases)
        if (migration.sql is None) == (migration.command is None):
            yield Finding(path, "requires either 'sql' or 'command'")
        if migration.command:
            yield from known((*path, "command", "service"), "services", migration.command.service, system.services)
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
        yield from migration_sql.findings(path, migration)
        if (migration.phase == "contract") != (migration.after is not None):
            yield Finding(path, "requires 'after' if and only if its phase is 'contract'")
        if not migration.compatible and not system.release.maintenance:
            rule = "makes the migration incompatible: set 'release.maintenance' to true"
            yield Finding((*path, "compatible"), rule, (("release", "maintenance"),))


def _checks(system: System) -> Found:
    for index, check in enumerate(system.checks):
        path = ("checks", index)
        yield from one_host((*path, "domain"), check.domain, system.domains)
        if check.token is not None:
            yield from known((*path, "token"), "secrets", check.token, system.secrets)
        for key, values in (("cookie", check.cookie), ("secretHeaders", check.secret_headers)):
            for name, secret in values.items():
                yield from known((*path, key, name), "secrets", secret, system.secrets)
        for name, text in check.headers.items():
            if is_secret(name, text):
                yield Finding((*path, "headers", name), "looks like a secret: declare it, and use 'secretHeaders'")
    for index, validation in enumerate(system.validations):
        yield from known(("validations", index, "service"), "services", validation.service, system.services)


def _release(system: System) -> Found:
    weights = [step.weight for step in system.release.steps]
    if weights and (weights != sorted(set(weights)) or weights[-1] != 100):
        yield Finding(("release", "steps"), "must increase and end with weight 100")
    window = system.release.window
    if window is not None and system.release.expected_seconds >= seconds(window.duration):
        rule = "leaves no time to begin: a release must end in its window, so it must be shorter than that"
        yield Finding(("release", "expectedDuration"), rule, (("release", "window", "duration"),))
    for index, load in enumerate(system.release.load):
        yield from one_host(("release", "load", index, "domain"), load.domain, system.domains)
        if load.token is not None:
            yield from known(("release", "load", index, "token"), "secrets", load.token, system.secrets)


def _compliance(system: System) -> Found:
    """Check what the named laws and standards require of other settings."""
    compliance, logs = system.compliance, system.logs
    kept = [*system.databases.values(), *system.buckets.values()]
    kept += [volume for service in system.services.values() for volume in service.volumes.values()]
    for index, name in enumerate(compliance.regulations):
        path, regulation = ("compliance", "regulations", index), REGULATIONS[name]
        if regulation.residence is not None and not compliance.regions:
            yield Finding(path, f"requires 'regions' for personal data ({regulation.residence})", (("compliance",),))
        if regulation.residence is not None and all(each.data_class != "personal" for each in kept):
            rule = "is about personal data, but no database, bucket or volume has any: set 'dataClass: personal' where it is"
            yield Finding(path, rule, (("databases",), ("buckets",)))
        if regulation.audit is not None and not compliance.audit_log:
            yield Finding(path, f"requires 'auditLog: true' ({regulation.audit})", (("compliance", "auditLog"),))
        if regulation.audit is not None and logs.audit_retention_days < regulation.audit_days:
            rule = f"is less than {name} requires ({regulation.audit}): set {regulation.audit_days} or more"
            yield Finding(("logs", "auditRetentionDays"), rule, (path,))


def _mounts(system: System, folder: Path) -> Found:
    """Check the files of containers: what they contain, and where they are."""
    for where, each in _containers(system):
        folders = system.services[str(where[1])].writable
        for path, file in each.files.items():
            place = (*where, "files", path)
            yield from _place(place, path, ("services", where[1], "writable"), folders)
            above = next((other for other in each.files if path.startswith(f"{other}/")), None)
            if above is not None:
                rule = f"is below {above}, which is a file: choose another path"
                yield Finding(place, rule, ((*where, "files", above),))
            if isinstance(file, SecretFile):
                yield from _secret_file(system, (*place, "secret"), file.secret)
            elif isinstance(file, CopiedFile) and has_secret_form(_content(folder / file.file)):
                yield Finding((*place, "file"), f"names a file that {PLAIN_SECRET}")
            elif isinstance(file, ComposedFile):
                yield from _composed_file(system, (*place, "text"), file)
            elif isinstance(file, str) and (literal := forgotten(file)):
                rule = f"has {literal}, which nothing fills in: write {{text: …}}, or {{content: …}} if the braces are meant"
                yield Finding(place, rule)


def _composed_file(system: System, path: Keys, file: ComposedFile) -> Found:
    """Check each reference in a file, which is in a ConfigMap before a container starts."""
    for piece in file.composed.pieces:
        if not isinstance(piece, Placeholder):
            continue
        if isinstance(piece.reference, SECRET_REFERENCES):
            rule = f"has {piece.written}, which would be in plain text: read a variable, or supply the whole file as a secret"
            yield Finding(path, rule)
        elif isinstance(piece.reference, OF_PODS):
            yield Finding(path, f"has {piece.written}, which is known to a running pod only: read a variable")
        else:
            for found in _reference(system, path, "", piece.reference):
                yield Finding(path, f"has {piece.written}, which {found.rule}", found.related)
    if has_secret_form(file.text):
        yield Finding(path, PLAIN_SECRET)


def _arguments(system: System) -> Found:
    """Check that no placeholder is in a command, of which Kubernetes fills in variables alone."""
    declared: list[tuple[Keys, Any]] = [*_containers(system)]
    declared += [(("schedules", name), each) for name, each in system.schedules.items()]
    declared += [
        ((*where, "health"), each.health) for where, each in _containers(system) if isinstance(each, Service | Sidecar)
    ]
    for where, each in declared:
        for key in ("command", "args"):
            for index, text in enumerate(getattr(each, key, None) or ()):
                if forgotten(text):
                    rule = (
                        "has a placeholder, which nothing fills in here: set a variable to {text: …}, and write $(NAME)"
                    )
                    yield Finding((*where, key, index), rule)
    for name, service in system.services.items():
        for key, command in (("postStart", service.post_start), ("preStop", service.pre_stop)):
            for index, text in enumerate(command):
                if forgotten(text):
                    rule = "has a placeholder, which nothing fills in here: set a variable to {text: …}, which it reads"
                    yield Finding(("services", name, key, index), rule)


def _place(place: Keys, path: str, declared: Keys, folders: list[str]) -> Found:
    """Check that a file and the writable folders leave each other alone."""
    inside = next((folder for folder in folders if path == folder or path.startswith(f"{folder}/")), None)
    around = next((folder for folder in folders if folder.startswith(f"{path}/")), None)
    if inside is not None:
        rule = f"is in the writable folder {inside}, which is empty when a pod starts: choose another path, for example /etc/app/app.toml"
        yield Finding(place, rule, (declared,))
    elif around is not None:
        yield Finding(place, f"is a file, but {around} is a writable folder below it: choose another path", (declared,))


def _secret_file(system: System, path: Keys, name: str) -> Found:
    yield from known(path, "secrets", name, system.secrets)
    if name in system.pull_secrets:
        yield Finding(path, "is a login of nodes, which is in another form: declare it twice", (("secrets", name),))
    if name in system.client_secrets:
        yield Finding(path, "is the gateway's, which reads it in another form: declare it twice", (("secrets", name),))


def _content(path: Path) -> str:
    """Return what is in a file; nothing if `system_files` reports it."""
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _files(system: System, folder: Path) -> Found:
    files: list[tuple[Keys, str | None]] = [(("maintenancePage", "page"), system.maintenance_page.page)]
    for where, each in _containers(system):
        copied = ((path, file) for path, file in each.files.items() if isinstance(file, CopiedFile))
        files += [((*where, "files", path, "file"), file.file) for path, file in copied]
    for index, migration in enumerate(system.migrations):
        files.append((("migrations", index, "sql"), migration.sql))
        files.append((("migrations", index, "rollback"), migration.rollback))
    for path, file in files:
        if file is not None and not (folder / file).is_file():
            yield Finding(path, f"names a file that does not exist in {folder.name}/")
    for index, place in enumerate(system.manifests):
        if not (folder / place).exists():
            yield Finding(("manifests", index), f"names a file or folder that does not exist in {folder.name}/")
