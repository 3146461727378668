"""Addresses in variables of Compose, and parts of them that have variables of their own."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Set

URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]*)://(?P<login>[^\s/]*@)?(?P<host>[\w.-]+|\[[\da-fA-F:.]+\])(?::(?P<port>\d+))?(?P<rest>.*)",
    re.DOTALL,
)
ADDRESS = re.compile(r"(?P<host>[\w.-]+|\[[\da-fA-F:.]+\]):(?P<port>\d{1,5})")
ADDRESSED = re.compile(
    r"(?P<scheme>(?:[a-z]+:)?[A-Za-z][\w+.-]*://)?(?(scheme)|(?<![\w./-]))(?P<login>[^\s/@,;]*@)?(?P<host>[\w.-]+)"
    r"(?::(?P<port>\d{1,5})\b(?!\.\d))?(?P<name>/[\w-]+)?"
)
"""Addresses in a text; the last part of a path with a version, as of an image, is none."""
WEB = {"http": 80, "https": 443}
PORTS = {**WEB, "smtp": 25, "smtps": 465, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "mariadb": 3306,
         "sqlserver": 1433, "mssql": 1433, "redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "mongodb": 27017,
         "ldap": 389, "ldaps": 636, "wss": 443, "ws": 80, "mqtt": 1883, "mqtts": 8883, "nats": 4222, "ftp": 21, "ftps": 990,
         "ssh": 22, "sftp": 22, "imap": 143, "imaps": 993}  # fmt: skip
"""Ports of schemes. Source: IANA's registry of service names."""
_NAMES = ("DB", "DBNAME", "DATABASE", "DB_NAME")
"""Variables with the name of a database, whatever else there is."""
_PARTS = {
    **dict.fromkeys(("HOST", "HOSTNAME", "HOST_NAME", "SERVER"), "host"),
    "PORT": "port",
    **dict.fromkeys(("USER", "USERNAME"), "user"),
    **dict.fromkeys(("PASSWORD", "PASSWD", "PASS"), "password"),
    **dict.fromkeys(("NAME", *_NAMES), "name"),
    "AUTH": "auth",
}
_DATABASES = re.compile(r"(.*_)?(DB|DATABASE|POSTGRES|POSTGRESQL|PG|MONGO|MONGODB)")

_ABOUT_DATABASES = {"DB", "DATABASE", "DATASOURCE", "SQL", "POSTGRES", "POSTGRESQL", "PG", "PSQL", "MONGO", "MONGODB"}
_WHOLE = re.compile(r"(?P<prefix>.+?)_?(JDBC_)?(URL|URI|DSN|ADDR|ADDRESS|CONNECTION|CONNECTION_STRING)")
"""Variables with a whole address."""


def login_parts(name: str) -> Iterator[tuple[str, str]]:
    """Yield what a variable may be a part of, and which: `DB_NAME` is the name of a database, and of that of DB_HOST, and so
    are `db__name` and `dbName`. The likeliest is first, and all are in capital letters."""
    name = re.sub("__+", "_", name.upper())
    for word in sorted(_PARTS, key=len, reverse=True):
        if name.endswith(word):
            prefix = name.removesuffix(word).removesuffix("_")
            yield prefix, _PARTS[word]
            if prefix.endswith("_HOST"):
                yield prefix.removesuffix("_HOST"), _PARTS[word]


def names_host(name: str) -> bool:
    """Return whether a variable of this name has a host."""
    return next(login_parts(name), ("", ""))[1] == "host"


def is_of_database(name: str) -> bool:
    """Return whether a variable is a part of a login whose name says that it is one of a database: `POSTGRES_USER`."""
    return name.upper() in _NAMES or any(_DATABASES.fullmatch(prefix) for prefix, _ in login_parts(name))


def speaks_of_database(name: str) -> bool:
    """Return whether a variable has a word of databases somewhere: one with the value of a login may be it."""
    name = name.upper()
    return not _ABOUT_DATABASES.isdisjoint(name.split("_")) or any(name.endswith(each) for each in _NAMES)


def host_of(text: str | None) -> str:
    """Return the host of a text that is one, with a port or without; the whole text if it is another."""
    found = ADDRESS.fullmatch(text or "")
    return found["host"] if found else text or ""


def prefixes_of(variables: Mapping[str, str | None], hosts: Set[str]) -> Iterator[tuple[str, str]]:
    """Yield the beginnings of variables that are about a host, with that host: `DB` if DB_HOST or DB_URL has it."""
    for name, text in variables.items():
        if (host := host_of(text)) in hosts:
            yield from ((prefix, host) for prefix, part in login_parts(name) if part == "host")
        elif (whole := _WHOLE.fullmatch(re.sub("__+", "_", name.upper()))) is not None:
            found = (
                each["host"] for each in ADDRESSED.finditer(text or "") if each["scheme"] and each["host"] in hosts
            )
            yield from ((whole["prefix"], each) for each in found)


def databases_named(variables: Mapping[str, str | None], hosts: Set[str]) -> Iterator[str]:
    """Yield the databases of a server, which has these host names, that variables name: in addresses, and as parts."""
    prefixes = {prefix for prefix, _ in prefixes_of(variables, hosts)}
    for name, text in variables.items():
        found = [each for each in ADDRESSED.finditer(text or "") if each["host"] in hosts and each["scheme"]]
        yield from (each["name"].lstrip("/") for each in found if each["name"])
        if text and _part_beside(name, prefixes) == "name":
            yield text


def _part_beside(name: str, prefixes: Set[str]) -> str | None:
    """Return what a variable is a part of, beside those that have hosts; None if it is about something else."""
    parts = list(login_parts(name))
    usual = parts[0][1] if parts and prefixes and is_of_database(name) else None
    return next((part for prefix, part in parts if prefix in prefixes), usual)


def is_private(host: str) -> bool:
    """Return whether a host is none of the internet."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host.endswith((".local", ".internal", ".localhost", ".test", ".invalid"))
