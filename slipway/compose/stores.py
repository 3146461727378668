"""Databases, brokers and caches of a file of Compose as what a system declares in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from slipway.compose.addresses import databases_named, login_parts
from slipway.compose.mounted_volumes import has_driver, mounts_of
from slipway.compose.remarks import Remarks, inner, listed, mark_of
from slipway.compose.replaced_images import EXTENSIONS, HINTS
from slipway.compose.service_facts import Facts, permitted, slug
from slipway.settings.databases import ENDED
from slipway.settings.document import LocatedDict
from slipway.settings.limit_checks import SERVER_DATABASES

SUPPORTED = ("15", "16", "17")
"""Major versions of PostgreSQL that a system can have."""
_BROKER = "4"
"""Major version of RabbitMQ that a system has."""
_LOGINS = {
    "postgres": (
        ("POSTGRES_USER", "POSTGRESQL_USERNAME"),
        ("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD"),
        ("POSTGRES_DB", "POSTGRESQL_DATABASE"),
    ),
    "mongodb": (
        ("MONGO_INITDB_ROOT_USERNAME", "MONGODB_USERNAME"),
        ("MONGO_INITDB_ROOT_PASSWORD", "MONGODB_PASSWORD"),
        ("MONGO_INITDB_DATABASE", "MONGODB_DATABASE"),
    ),
}
"""Variables of the images, and of those of Bitnami, with user, password and name of the database."""
_START_SCRIPTS = "/docker-entrypoint-initdb.d"
TUNES = "tunes a server that a system runs in another way: see the keys of its declaration (slipway explain)"
UNUSUAL = (
    "is not the server alone: what it adds, such as extensions, is not in the system unless its declaration names it (slipway "
    "explain), so look at what the programs need"
)
_SETTINGS = re.compile(r"^/(usr/local/)?etc/|\.(acl|cnf|conf|config|ini|json|toml|ya?ml)$")
"""Paths of files by which a server is configured."""
ELSEWHERE = "is a volume that is made elsewhere, and the system has a server of its own, which begins empty: {}"
OWN_STORAGE = "has a driver or options of its own, and the system has storage of its own, which begins empty: {}"
MOVES = {
    "postgres": "restore a dump of its data (docs/backups.md#a-dump-from-elsewhere)",
    "mongodb": "restore a dump of its data by its own programs",
    "queue": "let consumers empty its queues first",
    "cache": "a cache keeps nothing that must survive",
}
"""What to do about the data of a store, by its role."""
UNPUBLISHED = "is published there, and only services of the system reach it here: people do so as docs/recovery.md says"
MORE_DATABASES = "names more databases: declare each that is in use under 'databases'"
_MORE_DATABASES = ("POSTGRES_MULTIPLE_DATABASES", "POSTGRES_DATABASES", "POSTGRES_DBS", "POSTGRES_EXTRA_DATABASES")
"""Variables of a start script that many projects copy, and its variants."""
_OWN_VARIABLES = {
    "postgres": ("POSTGRES_", "POSTGRESQL_"),
    "mongodb": ("MONGO_", "MONGODB_"),
    "queue": ("RABBITMQ_",),
    "cache": ("REDIS_", "VALKEY_", "KEYDB_"),
}
_KNOWN = {"RABBITMQ_DEFAULT_VHOST", "POSTGRES_PASSWORD_FILE", "POSTGRES_USER_FILE", "POSTGRES_DB_FILE"}
_IGNORED = {"image", "environment", "env_file", "ports", "expose", "healthcheck", "restart", "networks", "container_name",
            "hostname", "depends_on", "logging", "stop_grace_period", "volumes", "shm_size", "secrets", "init", "pull_policy"}  # fmt: skip
"""Keys of a data store that need nothing: a system has its own storage, probes, network and restarts."""


@dataclass(frozen=True)
class Store:
    """A database, the broker or a cache, and the login that services have used."""

    kind: str
    name: str
    facts: Facts
    user: str | None = None
    password: str | None = None
    database: str | None = None


@dataclass
class Stores:
    """The data stores of an application by host name, and their declarations."""

    by_host: dict[str, Store] = field(default_factory=dict)
    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    queue: dict[str, Any] | None = None
    caches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def called_by(self, facts: Facts) -> dict[str, Store]:
        """Return the stores by the names that a service has for them."""
        return {name: store for store in self.by_host.values() for name in store.facts.names_for(facts)}


def translated(system: str, everyone: dict[str, Facts], volumes: LocatedDict, remarks: Remarks) -> Stores:
    """Return the stores of an application, which declares `volumes`; what has none in a system is remarked."""
    found = Stores()
    for facts in everyone.values():
        path = ("services", facts.original)
        store: Store | None = None
        if facts.role in ("postgres", "mongodb"):
            store = _database(system, facts, everyone, found, remarks)
        elif facts.role == "queue":
            store = _queue(system, facts, everyone, found, remarks)
        elif facts.role == "cache":
            found.caches[facts.name] = {}
            store = Store("cache", facts.name, facts)
        elif facts.role == "other" and facts.image is not None:
            remarks.add(facts.mark, path, f"was not translated: {HINTS[facts.image.program]}")
        if store is not None:
            found.by_host |= dict.fromkeys(facts.aliases, store)
            _remark_keys(facts, remarks)
            _remark_extras(facts, remarks)
            _remark_volumes(facts, volumes, remarks)
    return found


def _database(system: str, facts: Facts, everyone: dict[str, Facts], found: Stores, remarks: Remarks) -> Store:
    user, password, given = (_first_set(facts, names) for names in _LOGINS[facts.role])
    database = _used_database(facts, given or user, everyone) or given
    if given and database != given:
        text = f"has the database '{database}' for '{given}', because that is what services name: declare the other one if it has data"
        remarks.add(facts.mark, ("services", facts.original), text)
    name = permitted(_database_name(facts, database or facts.original, system), ("databases",), "db")
    while name in found.databases:
        name = f"{name}_2"
    path = ("services", facts.original)
    declared: dict[str, Any] = {}
    if facts.role == "mongodb":
        declared["engine"] = "mongodb"
    else:
        declared |= _version(facts, remarks)
        extension = EXTENSIONS.get(facts.image.program) if facts.image is not None else None
        declared |= {"extensions": [extension]} if extension else {}
    found.databases[name] = declared
    if database and name != database:
        text = f"is '{name}' in the system: set its name in dumps that you restore, and where programs have it in their code"
        remarks.add(facts.mark, path, text)
    for index, volume in enumerate(facts.declared.get("volumes") or ()):
        target = volume.get("target", "") if isinstance(volume, dict) else str(volume)
        if _START_SCRIPTS in target:
            text = "are scripts of an empty database: write them as 'migrations' with 'sql' files (docs/migrations.md)"
            remarks.add(facts.declared["volumes"].marks[index], (*path, "volumes", index), text)
    return Store("database", name, facts, user, password, database or user)


def _first_set(facts: Facts, names: tuple[str, ...]) -> str | None:
    return next((facts.environment[name].text for name in names if name in facts.environment), None)


def _used_database(facts: Facts, usual: str | None, everyone: dict[str, Facts]) -> str | None:
    """Return the database that services use: the one that the server begins with, or else the first that they name."""
    services = [each for each in everyone.values() if each.role == "service"]
    used = [
        name
        for one in services
        for name in databases_named({name: each.text for name, each in one.environment.items()}, facts.names_for(one))
    ]
    return usual if usual in used else next(iter(used), None)


def _database_name(facts: Facts, wanted: str, system: str) -> str:
    name = re.sub(r"[^a-z0-9_]+", "_", wanted.lower()).strip("_")[:40]  # as DatabaseName allows
    if not re.match(r"[a-z]", name) or name in SERVER_DATABASES[facts.role] or name.startswith("pg_"):
        return slug(system).replace("-", "_")
    return name


def _version(facts: Facts, remarks: Remarks) -> dict[str, Any]:
    """Return the major version of PostgreSQL, where the tag says one that a system can have."""
    tag = str(facts.declared.get("image") or "").partition("@")[0].rpartition(":")[2]
    found = re.search(r"pg(\d+)", tag) or re.match(r"(\d+)", tag)
    if found is None or "/" in tag:
        return {}
    if found[1] in SUPPORTED:
        return {"version": found[1]}
    why = f"gets no fixes since {ENDED[found[1]]}" if found[1] in ENDED else "is not offered"
    text = (
        f"PostgreSQL {found[1]} {why}: the system has the default version, so dump the data there and restore it here"
    )
    remarks.add(mark_of(facts.declared, "image"), ("services", facts.original, "image"), text)
    return {}


def _queue(system: str, facts: Facts, everyone: dict[str, Facts], found: Stores, remarks: Remarks) -> Store | None:
    mark, path = mark_of(facts.declared, "image"), ("services", facts.original)
    if found.queue is not None:
        remarks.add(mark, path, "is a second broker, and a system has one: split the system, or use its virtual host")
        return None
    tag = facts.image.tag if facts.image is not None else None
    if tag and (major := re.match(r"\d+", tag)) and major[0] != _BROKER:
        text = f"is RabbitMQ {major[0]}, and the system has version {_BROKER}: test the programs with it, and empty the queues first"
        remarks.add(mark, path, text)
    given = facts.environment.get("RABBITMQ_DEFAULT_VHOST")
    host = _used_database(facts, given and given.text, everyone) or (given and given.text)
    user, password = (facts.environment.get(f"RABBITMQ_DEFAULT_{each}") for each in ("USER", "PASS"))
    found.queue = {"vhost": slug(host if host and host.strip("/") else system)}
    return Store("queue", "url", facts, user and user.text, password and password.text, host)


def _remark_extras(facts: Facts, remarks: Remarks) -> None:
    """Remark what an image, its variables and its ports have beyond a server, so that nothing of it is lost silently."""
    path = ("services", facts.original)
    if facts.image is not None and not facts.image.is_usual:
        remarks.add(mark_of(facts.declared, "image"), (*path, "image"), UNUSUAL)
    for name, variable in facts.environment.items():
        if name.startswith(_OWN_VARIABLES[facts.role]) and name not in _KNOWN and not any(login_parts(name)):
            text = MORE_DATABASES if name in _MORE_DATABASES else TUNES
            remarks.add(variable.mark, (*path, "environment", name), text)
    for index, (_, mark) in enumerate(listed(facts.declared, "ports")):
        remarks.add(mark, (*path, "ports", index), UNPUBLISHED)


def _remark_volumes(facts: Facts, volumes: LocatedDict, remarks: Remarks) -> None:
    """Remark the volumes of a store that are more than a disk beside it."""
    for mount in mounts_of(facts.declared):
        if mount.kind == "bind" and _SETTINGS.search(mount.target):
            remarks.add(mount.mark, ("services", facts.original, *mount.key.split(".")), TUNES)
        declared = inner(volumes, mount.source) if mount.kind == "volume" else None
        if declared:
            path = ("services", facts.original, *mount.key.split("."))
            if declared.get("external"):
                remarks.add(mount.mark, path, ELSEWHERE.format(MOVES[facts.role]))
            if has_driver(declared):
                remarks.add(mount.mark, path, OWN_STORAGE.format(MOVES[facts.role]))


def _remark_keys(facts: Facts, remarks: Remarks) -> None:
    for key in facts.declared:
        if key not in _IGNORED and not key.startswith("x-"):
            remarks.add(facts.declared.marks[key], ("services", facts.original, key), TUNES)
