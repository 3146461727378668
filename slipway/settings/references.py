"""Values of environment variables: text, references to what a system has, and text composed of both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any
from typing import Literal as OneOf

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from slipway.settings.fields import (
    Literal,
    Name,
    PortName,
    Text,
    UrlPath,
    Variable,
    Version,
    distinct,
    number_as_text,
    printable,
)
from slipway.settings.limits import most
from slipway.settings.problems import nearest_word
from slipway.settings.queues import QueueRight
from slipway.settings.secrecy import may_be_secret
from slipway.settings.setting import Choice, Setting
from slipway.settings.versions import reaches

LONGEST_VARIABLE = 128 + len("=")
"""Bytes reserved for name and `=` of a variable. Chosen: longer than any name."""

QueueForm = OneOf["url", "name", "host"]
PodField = OneOf["name", "namespace", "uid", "ip", "node", "nodeIp", "cpuLimit", "memoryLimit"]


class FromSecret(Setting):
    """A value that only the pod sees."""

    secret: Variable
    """A key of the system's `secrets`."""


class FromDatabase(Setting):
    """Address and login of a database, for the application's role; `url` contains all of it."""

    database: str
    """A key of the system's `databases`."""
    field: OneOf["url", "host", "port", "name", "user", "password"] = "url"
    """Which part of the login; by default the whole URL, which most libraries accept."""


class FromQueue(Setting):
    """The address of the system's broker, with user and password."""

    queue: OneOf["url"]
    """Always `url`: user, password, host and virtual host."""


class FromCloudQueue(Setting):
    """A queue of the cloud, and what the service does with it."""

    queue: Name
    """A key of the system's `queues`."""
    may: Annotated[list[QueueRight], AfterValidator(distinct)] = Field(default_factory=list)
    """`send`, `receive`, or both: the rights of the service's identity. None by default; one variable of the service must say
    it, and others of the same queue need not."""
    form: QueueForm = Field(default="url", alias="as")
    """`url` is what clients send to and receive from, `name` the queue's name in the cloud, `host` the server's; by default
    the URL."""


class FromTopic(Setting):
    """A topic of the cloud, to which the service may then send."""

    topic: Name
    """A key of the system's `topics`."""
    form: QueueForm = Field(default="url", alias="as")
    """`url` is what clients send to, an ARN where topics of a cloud have no URL; `name` is the topic's name in the cloud,
    `host` the server's. By default the URL."""


class FromCache(Setting):
    """Address and password of a cache; `url` contains all of it."""

    cache: Name
    """A key of the system's `caches`."""
    form: OneOf["url", "host", "port", "password"] = Field(default="url", alias="as")
    """`rediss://default:…@sessions-cache.shop.svc:6379/0`, or a part of it; by default the URL, which most libraries accept.
    The connection is by TLS alone, as the user `default`."""


class FromBucket(Setting):
    """A bucket's name, or its region."""

    bucket: Name
    """A key of the system's `buckets`."""
    field: OneOf["name", "region"] = "name"
    """By default the name, because most clients find the region themselves."""


class FromDomain(Setting):
    """`https://` and one of the system's domains."""

    domain: Name
    """A key of the system's `domains`."""
    path: UrlPath | None = None
    """Appended to the address, such as `/api`."""


class FromService(Setting):
    """The address of another service of the same slot."""

    service: Name
    """A key of the system's `services`; the address is its Service in the same slot."""
    form: OneOf["url", "host", "address", "port"] = Field(default="url", alias="as")
    """`url` is `http://host:port`, `address` is `host:port`, which clients of gRPC and TCP take; by default the URL."""
    port: PortName | None = None
    """One of the service's `ports`, such as `admin`; by default its `port`."""


class FromSlot(Setting):
    """The running release: `version` or the slot's `name`."""

    slot: OneOf["version", "name"]
    """`version` is the image tag, `name` is blue or green."""


class FromFlag(Setting):
    """`true` or `false`: whether a feature flag is enabled."""

    flag: Name
    """A key of the system's `flags`."""


class FromVersion(Setting):
    """A value that depends on the slot's version."""

    since: dict[Version, Literal] = Field(min_length=1)
    """Values by the first version that uses them, such as `{1.0.0: a, 1.4.0: b}`: 1.5.2 has b."""

    def at(self, version: str) -> str | None:
        """Return the value of the newest entry that `version` reaches; none if all entries are newer."""
        found: str | None = None
        for first in self.since:
            if reaches(version, first) and (found is None or reaches(first, found)):
                found = first
        return None if found is None else self.since[found]


class FromPod(Setting):
    """What only a running pod knows of itself."""

    pod: PodField
    """Its `name`, `namespace`, `uid`, `ip`, `node` or `nodeIp`; or limits of its container: `cpuLimit` in cores, rounded
    up, `memoryLimit` in bytes."""


class Plain(Setting):
    """Text that looks like a secret but is public."""

    plain: Literal
    """The public value."""
    reason: Text
    """For people: why it is public; required if the name or the form looks like a secret."""


def _text(value: Any) -> str:
    value = number_as_text(value)
    if not isinstance(value, str):
        raise ValueError("is not a string or a reference such as {secret: JWT_SECRET}")
    if len(value.encode(errors="surrogatepass")) > most("environment variable") - LONGEST_VARIABLE:
        raise ValueError("is longer than an environment variable can be: put it into a file of the image")
    return printable(value)


_PLACEHOLDERS: dict[str, tuple[type[Setting], tuple[str, ...], str]] = {
    "secret": (FromSecret, ("secret",), "{secret.NAME}"),
    "database": (FromDatabase, ("database", "field"), "{database.NAME.host}"),
    "queue": (FromQueue, ("queue",), "{queue.url}"),
    "topic": (FromTopic, ("topic", "as"), "{topic.NAME.name}"),
    "cache": (FromCache, ("cache", "as"), "{cache.NAME.host}"),
    "bucket": (FromBucket, ("bucket", "field"), "{bucket.NAME.name}"),
    "domain": (FromDomain, ("domain",), "{domain.NAME}"),
    "service": (FromService, ("service", "as", "port"), "{service.NAME.address}"),
    "slot": (FromSlot, ("slot",), "{slot.version}"),
    "flag": (FromFlag, ("flag",), "{flag.NAME}"),
    "pod": (FromPod, ("pod",), "{pod.ip}"),
}
"""Placeholders by their first word: the reference, its keys in the order of the words, and the form."""
_FORGOTTEN = re.compile(rf"(?<![{{$])\{{({'|'.join(_PLACEHOLDERS)})\.[\w.-]+\}}(?!\}})")
"""A placeholder in a text that is no template; of shells and of templates in double braces there may be such words."""
_CLOUD_QUEUE = (FromCloudQueue, ("queue", "as"), "{queue.NAME.url}")
"""What `queue` stands for where a name follows."""
_TOKEN = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
LONGEST_SHOWN = 80
"""Characters of a placeholder that a message shows. Chosen: longer than any legal one."""


@dataclass(frozen=True)
class Placeholder:
    """A reference in a text, and how it is written there."""

    written: str
    reference: Any
    """One of the references that a variable may be."""


@lru_cache(maxsize=1024)
def pieces(text: str) -> tuple[str | Placeholder, ...]:
    """Return literal texts and placeholders in order; raise ValueError for what is neither."""
    found: list[str | Placeholder] = []
    end = 0
    for token in _TOKEN.finditer(text):
        found.append(text[end : token.start()])
        found.append(_piece(token[0]))
        end = token.end()
    return tuple(each for each in (*found, text[end:]) if each)


def _piece(token: str) -> str | Placeholder:
    if token in ("{{", "}}"):
        return token[0]
    if token in ("{", "}"):
        raise ValueError(f"has a single '{token}': write '{token * 2}' for a brace, or a placeholder like {{pod.ip}}")
    kind, *words = token[1:-1].split(".")
    shown = _shown(token)
    if kind not in _PLACEHOLDERS:
        forms = ", ".join(form for _, _, form in _PLACEHOLDERS.values())
        near = nearest_word(kind, _PLACEHOLDERS)
        hint = f"; did you mean '{near}'?" if near else ""
        raise ValueError(f"has {shown}, which is no reference: use one of {forms}, or '{{{{' for a brace{hint}")
    model, keys, form = _CLOUD_QUEUE if kind == "queue" and len(words) > 1 else _PLACEHOLDERS[kind]
    named = (kind, *words) if keys[0] != kind else words
    try:
        if not 0 < len(named) <= len(keys):
            raise ValueError
        return Placeholder(token, model.model_validate(dict(zip(keys, named, strict=False)), by_alias=True))
    except ValueError as error:
        raise ValueError(f"has {shown}, which is not of the form {form}{_choices(error)}") from None


def _choices(error: ValueError) -> str:
    """Return the words that are possible where another one stands."""
    details = error.errors(include_url=False, include_input=False) if isinstance(error, ValidationError) else []
    found = next((each.get("ctx", {})["expected"] for each in details if each["type"] == "literal_error"), None)
    return f", where the last word is one of {found}" if found else ""


def _template(value: Any) -> str:
    text = _text(value)
    if all(isinstance(each, str) for each in pieces(text)):
        raise ValueError("has no placeholder: write the text itself, without 'text'")
    return text


Template = Annotated[str, BeforeValidator(_template), Field(examples=["http://{pod.ip}:8080"])]


def forgotten(text: str) -> str | None:
    """Return the first placeholder in a text in which nothing is filled in, as a message may show it."""
    found = _FORGOTTEN.search(text)
    return None if found is None else _shown(found[0])


def _shown(token: str) -> str:
    return token if len(token) <= LONGEST_SHOWN and not may_be_secret(token) else "a placeholder"


class Composed(Setting):
    """Text with references in braces, such as `redis://:{secret.CACHE_KEY}@{service.cache.address}/0`."""

    text: Template
    """`{kind.name.part}` stands for a reference; `{{` and `}}` are braces. Secrets stay in their Secret, and are put in
    where the container starts."""

    @property
    def pieces(self) -> tuple[str | Placeholder, ...]:
        return pieces(self.text)

    @property
    def literal(self) -> str:
        """Return the text with references in the form of a shell's, which no check takes for a value."""
        return "".join(each if isinstance(each, str) else "$(REFERENCE)" for each in self.pieces)

    @property
    def references(self) -> tuple[Any, ...]:
        return tuple(each.reference for each in self.pieces if isinstance(each, Placeholder))


_REFERENCES: dict[str, type[Setting]] = {
    "plain": Plain,
    "secret": FromSecret,
    "database": FromDatabase,
    "queue": FromQueue,
    "topic": FromTopic,
    "cache": FromCache,
    "bucket": FromBucket,
    "domain": FromDomain,
    "service": FromService,
    "slot": FromSlot,
    "flag": FromFlag,
    "since": FromVersion,
    "pod": FromPod,
    "text": Composed,
}


def _reference(value: dict[str, Any]) -> type[Setting]:
    for key, reference in _REFERENCES.items():
        if key in value:
            return FromCloudQueue if key == "queue" and value != {"queue": "url"} else reference
    near = next((word for key in value if (word := nearest_word(key, _REFERENCES))), None)
    hint = f"; did you mean '{near}'?" if near else ""
    raise ValueError(f"is not a reference: use one of {', '.join(_REFERENCES)}{hint}")


EnvironmentValue = Annotated[
    Literal
    | Plain
    | FromSecret
    | FromDatabase
    | FromQueue
    | FromCloudQueue
    | FromTopic
    | FromCache
    | FromBucket
    | FromDomain
    | FromService
    | FromSlot
    | FromFlag
    | FromVersion
    | FromPod
    | Composed,
    Choice(_reference, _text),
]
"""Text, or a reference to something that the system has: `{secret: JWT_SECRET}`, `{database: fleet_db}`, …"""

Environment = dict[Variable, EnvironmentValue]


def references(values: Iterable[EnvironmentValue]) -> Iterator[EnvironmentValue]:
    """Yield each value, and in place of a composed text the references in it."""
    for value in values:
        if isinstance(value, Composed):
            yield from value.references
        else:
            yield value
