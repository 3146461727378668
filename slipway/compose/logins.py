"""Parts of addresses and logins of data stores, as references to what a system has in their place."""

from __future__ import annotations

import re
from typing import Any

from slipway.compose.addresses import login_parts, names_host
from slipway.compose.stores import Store

OFF = ("false", "0", "no", "off", "none", "disable", "disabled", "allow", "prefer")
"""Values that turn something off; the last two are modes of PostgreSQL that take a connection without TLS too."""
SWITCHES = (*OFF, "true", "1", "yes", "on", "enable", "enabled", "require", "required")
"""Values of a variable that says whether there is something, and not what it is."""
_TLS = re.compile("SSL|TLS")
_OTHER_THAN_TLS = re.compile("VERIFY|INSECURE|SKIP|REJECT|IGNORE|CHECK|STRICT|CA$|CERT|KEY")


def field_of(store: Store, part: str) -> dict[str, Any] | None:
    """Return the reference to a part of a store's login; None if it has none of that kind."""
    if store.kind == "cache" and part in ("host", "port", "password", "auth"):
        return {"cache": store.name, "as": "password" if part == "auth" else part}
    return {"database": store.name, "field": part} if store.kind == "database" and part != "auth" else None


def has_host(reference: dict[str, Any]) -> bool:
    """Return whether a program that has a reference knows where the other one is: a password alone does not say so."""
    return reference.get("field", reference.get("as", "host")) in ("host", "address")


def names_database_of_cache(name: str, prefixes: dict[str, Store]) -> bool:
    """Return whether a variable is a number of a database beside the host of a cache: `REDIS_HOSTNAME` is a host."""
    if names_host(name):
        return False
    stores = [prefixes[prefix] for prefix, part in login_parts(name) if part == "name" and prefix in prefixes]
    return any(each.kind == "cache" for each in stores)


def turns_tls_off(name: str, text: str, prefixes: dict[str, Store]) -> Store | None:
    """Return the store to which a variable turns TLS off: `DB_SSLMODE: disable` beside its host. None if it does not."""
    name = re.sub("__+", "_", name.upper())
    for prefix, store in prefixes.items():
        rest = name.removeprefix(prefix) if prefix and name.startswith(prefix) else ""
        if _TLS.search(rest) and not _OTHER_THAN_TLS.search(rest) and text.strip().lower() in OFF:
            return store
    return None


def is_its_database(store: Store, path: str) -> bool:
    """Return whether the path of an address names the database or virtual host that the system has, or none."""
    name = re.sub("%2f", "/", path, flags=re.IGNORECASE).strip("/")
    return store.kind == "cache" or not name or name in (store.database, store.name)


def other_database(store: Store) -> str:
    """Return what to do about a name that is not the one of the system's database or virtual host."""
    if store.kind == "queue":
        return f"names another virtual host of '{store.facts.original}' than '{store.database}', and a system has one: split the system"
    return (
        f"names another database of '{store.facts.original}' than '{store.database or store.name}': declare one more under "
        "'databases', refer to it, and take its data there"
    )


def login_of(store: Store, part: str) -> str | None:
    """Return the value that a part of a login had."""
    return {"user": store.user, "password": store.password, "name": store.database}.get(part)
