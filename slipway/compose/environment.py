"""Variables of services: text, secrets, and references in the place of addresses that no longer hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from slipway.compose.addresses import (
    ADDRESS,
    ADDRESSED,
    PORTS,
    URL,
    WEB,
    host_of,
    is_of_database,
    login_parts,
    names_host,
    prefixes_of,
    speaks_of_database,
)
from slipway.compose.confidential import Confidential, is_confidential, names_a_secret
from slipway.compose.logins import (
    SWITCHES,
    field_of,
    has_host,
    is_its_database,
    login_of,
    names_database_of_cache,
    other_database,
    turns_tls_off,
)
from slipway.compose.outside import Call, calls
from slipway.compose.remarks import Remarks
from slipway.compose.service_facts import Facts, Variable, names_itself
from slipway.compose.stores import Store, Stores
from slipway.settings.cross_checks import BUILT_IN
from slipway.settings.document import Mark
from slipway.settings.secret_forms import is_harmless

_PLAIN_TLS = re.compile(r"\b(sslmode=)disable\b")
"""A connection without TLS, which managed servers refuse."""
_MOUNTED = "/run/secrets/"
_SCHEMES = {
    "database": re.compile(r"postgres(ql)?|mongodb"),
    "queue": re.compile("amqps?"),
    "cache": re.compile("rediss?|valkeys?"),
}
"""Addresses whose place the whole URL of a store can take."""
_OWN_MACHINE = ("localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]", "host.docker.internal")
_OF_SERVER = {"sslmode", "ssl", "tls", "authSource", "replicaSet", "directConnection", "retryWrites", "w"}
"""Parameters of an address that its server decides, so that the system's own address has those that it needs."""
_DOCKER_HOST = "host.docker.internal"
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
_LISTENS = ("HOST", "HOSTNAME", "SERVER", "BIND_HOST", "LISTEN_HOST")
"""Variables with what the service itself listens on."""
_LISTENING = re.compile(r"(?<!ADVERTISED)(?<!ADVERTISED_)(BIND|LISTEN)")
"""Other names of such variables."""
OTHER_LOGIN = (
    "has another login than the first of its server, and here all variables of a service have the one that the system makes for "
    "the database: look at what it may do"
)
OWN_MACHINE = "has an address of the own machine, at which nothing answers in a cluster"
BY_HAND = "write it by hand"
TLS_OFF = "turns TLS off, and '{}' is reached with TLS here: set it to what turns TLS on"
OWN_ADDRESS = (
    "is the service's own address, by a name that nothing answers here: write 0.0.0.0 for where it listens, localhost for what it "
    "calls in itself, and {{service: {}, as: address}} for what it tells others"
)
EMPTY = "has the name of a secret and is empty: if the program needs it, write {secret: NAME} and declare that under 'secrets'"


@dataclass
class Translated:
    """What a service's variables become."""

    values: dict[str, Any] = field(default_factory=dict)
    build: dict[str, Any] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    """Services that a variable refers to."""
    stores: set[str] = field(default_factory=set)
    """Databases and the broker that a variable refers to."""
    egress: dict[Call, None] = field(default_factory=dict)


class Environments:
    """Translates the variables of all services."""

    def __init__(
        self, everyone: dict[str, Facts], stores: Stores, confidential: Confidential, remarks: Remarks
    ) -> None:
        self._stores, self._confidential, self._remarks = stores, confidential, remarks
        self._everyone = everyone
        self._published = {
            port.published: facts for facts in everyone.values() for port in facts.published if facts.role == "service"
        }
        self._values: dict[str, str | None] = {}
        self.secrets: dict[str, dict[str, Any]] = {}
        self.domains: dict[str, str] = {}
        """The key in `domains` of each service that has one."""

    def services_called_by(self, facts: Facts) -> dict[str, Facts]:
        """Return all services of the file by the names that one has for them."""
        return {name: each for each in self._everyone.values() for name in each.names_for(facts)}

    def of(self, facts: Facts) -> Translated:
        """Return what the variables of a service become; what stays open is remarked."""
        found = Translated()
        prefixes = dict(self._prefixes(facts))
        for name, variable in facts.environment.items():
            path = ("services", facts.original, "environment", name)
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name):
                self._remarks.add(
                    variable.mark, path, "is no name of a variable that a pod can have: rename it in the program"
                )
                continue
            if name == "PORT" and variable.text == str(facts.port):
                continue
            self._take(facts, name, variable, prefixes, found, path)
        used = [each for each in found.values.values() if isinstance(each, dict) and has_host(each)]
        found.stores |= {each[kind] for each in used for kind in ("database", "cache", "queue") if kind in each}
        return found

    def secret(self, facts: Facts, name: str, text: str | None, mark: Mark) -> dict[str, str]:
        """Return the reference to a secret, which is declared if it is new. Services with other values have their own."""
        known = name
        if name in self._values and text is not None and self._values[name] not in (None, text):
            known = f"{facts.name.upper().replace('-', '_')}_{name}"
        self._values[known] = text if text is not None else self._values.get(known)
        self.secrets.setdefault(known, {"supplied": f"As {name} of the service {facts.original} until now"})
        return {"secret": known}

    def _prefixes(self, facts: Facts) -> Iterator[tuple[str, Store]]:
        """Yield the beginnings of variables that are about a database: `DB` if DB_HOST is its host."""
        stores = self._stores.called_by(facts)
        variables = {name: each.text for name, each in facts.environment.items()}
        yield from ((prefix, stores[host]) for prefix, host in prefixes_of(variables, stores.keys()))

    def _take(
        self, facts: Facts, name: str, variable: Variable, prefixes: dict[str, Store], found: Translated, path: Any
    ) -> None:
        text, mark = variable.text, variable.mark
        if name.endswith("_FILE") and text is not None and text.startswith(_MOUNTED):
            name, text = name.removesuffix("_FILE"), None
            self._remarks.add(
                mark,
                path,
                f"is a file with a secret: the service finds the value in {name}, unless it is told otherwise",
            )
            found.values[name] = self._part(name, None, facts, prefixes) or self.secret(facts, name, None, mark)
            return
        part = self._part(name, text, facts, prefixes)
        if text not in (None, "", "0") and names_database_of_cache(name, prefixes):
            self._remarks.add(
                mark, path, "names a database of a cache, which has database 0 alone: declare one more under 'caches'"
            )
        elif part is not None and (store := self._differing(part, text)) is not None:
            self._remarks.add(mark, path, other_database(store))
        elif part is not None:
            found.values[name] = part
            if part.get("field") == "user" and text and not getattr(text, "missing", ()):
                self._remark_login(self._database_called(part["database"]), text, mark, path)
        elif text is None or getattr(text, "missing", ()):
            value = self._of_store_without_login(facts, text or "")
            if value is not None:
                found.values[name] = value
            else:
                self._unset(facts, name, variable, found, path)
        elif (value := self._reference(facts, name, text, mark, found, path)) is not None:
            found.values |= {name: value} if value else {}
        elif self._is_secret(name, text):
            found.values[name] = self.secret(facts, name, str(text), mark)
            self._call_outside(facts, name, text, found, secret=True)
        else:
            self._call_outside(facts, name, text, found, secret=False)
            if not text and names_a_secret(name):
                self._remarks.add(mark, path, EMPTY)
            if (store := turns_tls_off(name, text, prefixes)) is not None:
                self._remarks.add(mark, path, TLS_OFF.format(store.facts.original))
            (found.build if BUILT_IN.match(name) else found.values)[name] = str(text)

    def _is_secret(self, name: str, text: str) -> bool:
        if getattr(text, "secret", False) or is_confidential(name, text):
            return True
        return self._confidential.is_known(text) and not is_harmless(name, text)

    def _unset(self, facts: Facts, name: str, variable: Variable, found: Translated, path: Any) -> None:
        missing = getattr(variable.text, "missing", ())
        if names_a_secret(name) or any(names_a_secret(each) for each in missing):
            found.values[name] = self.secret(facts, name, None, variable.mark)
            return
        whence = (
            f"comes from {', '.join(missing)}, which has no value here" if missing else "comes from whoever starts it"
        )
        self._remarks.add(variable.mark, path, f"{whence}: {BY_HAND}, or where it differs by stack in the stack's file")

    def _part(self, name: str, text: str | None, facts: Facts, prefixes: dict[str, Store]) -> dict[str, Any] | None:
        """Return a part of a store's login, by the name of the variable beside that of the host, or by value."""
        if text is not None and ADDRESS.fullmatch(text) and names_host(name):
            return None  # It has the port too.
        parts = list(login_parts(name))
        for prefix, part in parts:
            if prefix in prefixes and not (part == "auth" and (text or "").lower() in SWITCHES):
                return field_of(prefixes[prefix], part)
        databases = list({each.name: each for each in prefixes.values() if each.kind == "database"}.values())
        for _, part in parts[:1]:
            same = (each for each in self._used(facts) if text and text == login_of(each, part))
            if speaks_of_database(name) and (by_value := next(same, None)) is not None:
                return field_of(by_value, part)
            if len(databases) == 1 and part in ("user", "password", "name") and is_of_database(name):
                return field_of(databases[0], part)
        return None

    def _differing(self, part: dict[str, Any], text: str | None) -> Store | None:
        """Return the server of a database whose name is not the one that a variable has; None if it may be."""
        if part.get("field") != "name" or not text or getattr(text, "missing", ()):
            return None
        store = self._database_called(part["database"])
        return store if text not in (store.database, store.name) else None

    def _database_called(self, name: str) -> Store:
        return next(each for each in self._stores.by_host.values() if each.kind == "database" and each.name == name)

    def _remark_login(self, store: Store, user: str, mark: Mark, path: Any) -> None:
        """Remark a login that is not the server's first one: it may have had other rights."""
        first = store.user or {"postgres": "postgres"}.get(store.facts.role)
        if first is not None and user != first:
            self._remarks.add(mark, path, OTHER_LOGIN)

    def _used(self, facts: Facts) -> Iterator[Store]:
        """Yield the databases that a service waits for or names."""
        waits = facts.declared.get("depends_on") or ()
        for host, store in self._stores.called_by(facts).items():
            named = any(host in re.split(r"[^\w.-]+", each.text or "") for each in facts.environment.values())
            if store.kind == "database" and (store.facts.original in waits or named):
                yield store

    def _reference(
        self, facts: Facts, name: str, text: str, mark: Mark, found: Translated, path: Any
    ) -> dict[str, Any] | None:
        """Return the reference that an address becomes; empty for one that was remarked, none for text without one."""
        url, address = URL.fullmatch(text), ADDRESS.fullmatch(text)
        host = (url or address or {"host": text})["host"]
        port = (url or address or {"port": None})["port"]
        if url is not None and host in _OWN_MACHINE:
            return self._own_address(url, mark, path)
        is_own = (host == text in facts.aliases and names_host(name)) or names_itself(facts, text)
        if is_own and (name in _LISTENS or _LISTENING.search(name.upper())):
            self._remarks.add(mark, path, OWN_ADDRESS.format(facts.name))
            return {}
        store, service = self._stores.called_by(facts).get(host), self.services_called_by(facts).get(host)
        value: dict[str, Any] | None = None
        if store is not None:
            value = self._of_store(store, url)
            if value is not None and url is not None and url["login"] and store.kind == "database":
                self._remark_login(store, re.split("[:@]", url["login"])[0], mark, path)
        elif service is not None and service.role == "service":
            value = self._of_service(service, name, url, port, address is not None)
            if value is not None:
                found.calls.add(service.original)
        if value is not None:
            return value
        composed = self._composed(facts, text, found)
        if composed is not None:
            return {"text": composed}
        if is_own:
            self._remarks.add(mark, path, OWN_ADDRESS.format(facts.name))
            return {}
        if (other := self._server_of_another(facts, text)) is not None:
            self._remarks.add(mark, path, other_database(other))
            return {}
        if (named := self._named(facts, text, bare=host == text and not names_host(name))) is not None:
            self._remarks.add(
                mark, path, f"has the address of '{named}', which differs here: {self._hint(facts, named)}"
            )
            return {}
        return None

    def _of_store_without_login(self, facts: Facts, text: str) -> dict[str, Any] | None:
        """Return the reference to the store of an address, which needs no login that has no value here."""
        url = URL.fullmatch(text)
        store = self._stores.called_by(facts).get(url["host"]) if url is not None else None
        return self._of_store(store, url) if store is not None else None

    def _of_store(self, store: Store, url: re.Match[str] | None) -> dict[str, Any] | None:
        scheme = _SCHEMES.get(store.kind)
        if url is None or scheme is None or not scheme.fullmatch(url["scheme"]):
            return None
        rest, _, query = url["rest"].partition("?")
        if store.kind == "cache":
            return {"cache": store.name} if not query and rest in ("", "/", "/0") else None
        if store.kind == "queue":
            return {"queue": "url"} if is_its_database(store, rest) else None
        known = {each.partition("=")[0] for each in query.split("&") if each} <= _OF_SERVER
        return {"database": store.name} if known and is_its_database(store, rest) else None

    def _server_of_another(self, facts: Facts, text: str) -> Store | None:
        """Return the server of which a text names a database that is not the system's."""
        stores = self._stores.called_by(facts)
        for each in ADDRESSED.finditer(text):
            store = stores.get(each["host"])
            if store is not None and each["scheme"] and not is_its_database(store, each["name"] or ""):
                return store
        return None

    def _of_service(
        self, service: Facts, name: str, url: re.Match[str] | None, port: str | None, address: bool
    ) -> dict[str, Any] | None:
        if url is not None and (url["scheme"] != "http" or url["login"] or url["rest"] not in ("", "/")):
            return None
        if url is None and not address:
            return {"service": service.name, "as": "host"} if names_host(name) else None
        number = int(port) if port else WEB["http"]
        if number not in service.ports:
            return None
        further = service.port_name(number)
        form = {} if url is not None else {"as": "address"}
        return {"service": service.name, **form, **({"port": further} if further else {})}

    def _composed(self, facts: Facts, text: str, found: Translated) -> str | None:
        """Return a text in which references take the place of addresses; none where an address or a secret remains."""
        placeholders: list[str] = []

        def marked(match: re.Match[str]) -> str:
            placeholder = self._placeholder(facts, match, found)
            placeholders.append(placeholder or "")
            return f"\0{len(placeholders) - 1}\0" if placeholder else match[0]

        rest = ADDRESSED.sub(marked, str(text))
        hosts = self.services_called_by(facts).keys() - facts.aliases
        if not any(placeholders) or hosts & set(re.split(r"[^\w.-]+", rest)) or names_itself(facts, rest):
            return None
        if getattr(text, "secret", False) or is_confidential("", rest) or self._confidential.is_known(rest):
            return None
        filled = _PLAIN_TLS.sub(r"\1require", rest.replace("{", "{{").replace("}", "}}"))
        return re.sub("\0(\\d+)\0", lambda each: placeholders[int(each[1])], filled)

    def _placeholder(self, facts: Facts, match: re.Match[str], found: Translated) -> str | None:
        """Return what takes the place of an address; none if that is not of a service or a database that is known."""
        scheme, login, host, port, name = (match[each] or "" for each in ("scheme", "login", "host", "port", "name"))
        store, service = self._stores.called_by(facts).get(host), self.services_called_by(facts).get(host)
        if store is not None and store.kind == "database" and (scheme or (port and not login)):
            if not is_its_database(store, name):
                return None
            found.stores.add(store.name)
            of = f"{{database.{store.name}."
            login = f"{of}user}}:{of}password}}@" if login else ""
            return f"{scheme}{login}{of}host}}:{of}port}}{f'/{of}name}}' if name else ''}"
        if service is None or service.role != "service" or login or not (scheme or port):
            return None
        number = int(port) if port else WEB.get(scheme.partition(":")[0].lower(), 0)
        if number not in service.ports:
            return None
        found.calls.add(service.original)
        further = service.port_name(number)
        return f"{scheme}{{service.{service.name}.address{f'.{further}' if further else ''}}}{name}"

    def _own_address(self, url: re.Match[str], mark: Mark, path: Any) -> dict[str, Any]:
        service = self._published.get(int(url["port"] or PORTS.get(url["scheme"], 0)))
        if service is not None and service.original in self.domains and url["scheme"] in WEB:
            rest = url["rest"].rstrip("/")
            if "?" not in rest and "#" not in rest:
                return {"domain": self.domains[service.original], **({"path": rest} if rest else {})}
        self._remarks.add(mark, path, f"{OWN_MACHINE}: {BY_HAND}")
        return {}

    def _named(self, facts: Facts, text: str, *, bare: bool) -> str | None:
        """Return the host of another service that a text has in it, in the form of an address."""
        for host, other in self.services_called_by(facts).items():
            if other is facts or (bare and text == host and other.role in ("service", "omitted")):
                continue
            if re.search(rf"(^|[@/=,;\s\[\"'(]){re.escape(host)}(:\d+|[/,;\s\"'\])?]|$)", text):
                spelled = re.search(rf"(//|@|=|,|^){re.escape(host)}(:\d|/|,|;|$|\?)", text)
                if spelled:
                    return host
        return None

    def address_in(self, facts: Facts, text: str) -> str | None:
        """Return the host of another service whose address is in a longer text; None if there is none."""
        for host, other in self.services_called_by(facts).items():
            if other is not facts and re.search(
                rf"(?<![\w.-])(//|@)?{re.escape(host)}(:\d|(?(1)(?![\w.-])|(?!)))", text
            ):
                return host
        return None

    def _hint(self, facts: Facts, host: str) -> str:
        store, other = self._stores.called_by(facts).get(host), self.services_called_by(facts)[host]
        if store is None and other.role == "service":
            return "refer to it with {service: NAME}, or {service: NAME, as: address}"
        if store is None:
            return f"it was not translated, so {BY_HAND}, with a 'supplied' secret if a password is in it"
        if store.kind == "queue":
            return "the broker's address is {queue: url} as a whole"
        if store.kind == "cache":
            return f"refer to it with {{cache: {store.name}}}, or a part of it with as: host, port or password; it has database 0 alone"
        return f"refer to it with {{database: {store.name}}}, or a part of it with field: host, port, user, password or name"

    def _call_outside(self, facts: Facts, name: str, text: str, found: Translated, *, secret: bool) -> None:
        mark, key = facts.environment[name].mark, f"environment.{name}"
        self.call_outside(facts, name, text, found, mark, key, secret=secret)
        is_own = names_host(name) and host_of(text) in _LOOPBACK and name not in _LISTENS
        if is_own or (not secret and _DOCKER_HOST in text):
            self._remarks.add(mark, ("services", facts.original, *key.split(".", 1)), f"{OWN_MACHINE}: {BY_HAND}")

    def call_outside(
        self, facts: Facts, name: str, text: str, found: Translated, mark: Mark, key: str, *, secret: bool = False
    ) -> None:
        """Add the hosts of others that a text names to the calls that the network lets out; remark those of which too little
        is known."""
        variables = {each: variable.text for each, variable in facts.environment.items()}
        for call in calls(name, text, variables, secret=secret):
            if call.is_open:
                found.egress[call] = None
            if call.remark is not None:
                self._remarks.add(mark, ("services", facts.original, *key.split(".", 1)), call.remark)
