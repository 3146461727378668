"""What must be known of all services before one of them can be translated: names, roles, ports, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from slipway.compose.application import Application, mapping
from slipway.compose.confidential import Confidential, names_a_secret
from slipway.compose.remarks import Remarks, inner, listed
from slipway.compose.replaced_images import ImageName, Role
from slipway.compose.replaced_images import parsed as parsed_image
from slipway.compose.variables import parsed, parsed_raw
from slipway.settings.document import LocatedDict, Mark, text_of
from slipway.settings.limit_checks import against_name

LONGEST_NAME = 40
"""Characters of a name of a service. Source: `Name` in slipway/settings/fields.py."""
PROFILE = (
    "runs with a profile only and was not translated: if production needs it, name the profile in COMPOSE_PROFILES of the .env "
    "beside the file, or add it by hand"
)
ENDS = (
    "ends when it is done, and a service that ends is started again: write it as a migration (docs/migrations.md) or a "
    "schedule (docs/schedules.md), or run it with `slipway run`"
)
NO_WEB = {
    20, 21, 22, 23, 25, 53, 110, 143, 389, 465, 587, 636, 993, 995, 1433, 1883, 3306, 3389, 4222, 5432, 5671, 5672, 6379, 6667,
    8883, 9092, 11211, 27017,
}  # fmt: skip
"""Ports of other protocols than HTTP. Source: IANA's registry of service names."""
LONGEST_RANGE = 32
"""Ports of a range that are taken. Chosen: more than people write one by one."""
LONG_RANGE = "is a range of ports, of which the first was taken: a service has single ports, under 'ports'"
UDP = "is no port of TCP, and others have no route: run the program beside the system"
FOR_DEBUGGING = "is published to the own machine only, for debugging, and was left out"
BEHIND_PROXY = (
    "is published to the own machine only, for a proxy there or for debugging: it got no domain, so write 'domains' and "
    "'routes' if visitors use it"
)
RENAMED = "is '{}' in the system, because Slipway gives such names to objects of its own"
_KINDS: dict[Role, tuple[str, ...]] = {"service": ("services", "domains"), "cache": ("caches",)}
"""What is called after a service of Compose, by its role; databases have names of their own."""
_SERVING = ("ports", "expose", "healthcheck")
"""Keys of a program that runs on, also where nobody starts it again: `restart: "no"` is what Compose does anyway."""
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Variable:
    """A variable of a service: its text, none if it has no value, and its position."""

    text: str | None
    mark: Mark


@dataclass(frozen=True)
class Published:
    """A port of a container that the host publishes, and the host's; `local` where only the host itself reaches it."""

    target: int
    published: int | None
    mark: Mark
    key: str
    local: bool = False

    @property
    def is_web(self) -> bool:
        """Return whether it may speak HTTP, as far as its number says."""
        return self.target not in NO_WEB


@dataclass
class Facts:
    """What is known of one service."""

    original: str
    name: str
    mark: Mark
    declared: LocatedDict
    image: ImageName | None
    role: Role
    environment: dict[str, Variable]
    published: list[Published] = field(default_factory=list)
    """Ports for others than the host itself."""
    ports: list[int] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    """Services by the names that only this one has for them."""

    def names_for(self, other: Facts) -> set[str]:
        """Return the host names by which another service calls this one."""
        linked = {alias for alias, target in other.links.items() if target == self.original}
        return (self.aliases - other.links.keys()) | linked

    @property
    def port(self) -> int | None:
        return self.ports[0] if self.ports else None

    def port_name(self, number: int) -> str | None:
        """Return the name of a further port; none for the main one. Raises KeyError for another."""
        if number not in self.ports:
            raise KeyError(number)
        return None if number == self.port else f"port-{number}"


def slug(text: str, fallback: str = "app") -> str:
    """Return a text as a name: lower-case letters, digits and hyphens."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME].strip("-")
    return name if re.match(r"[a-z]", name) else f"{fallback}-{name}".strip("-")[:LONGEST_NAME]


def permitted(name: str, kinds: Sequence[str], addition: str) -> str:
    """Return a name that may be used for all of these kinds: the one that is given, or one with an addition to it."""
    joint = "_" if "_" in name or "databases" in kinds else "-"
    forms = (name, f"{name}{joint}{addition}", f"{addition}{joint}{name}", f"{addition}{joint}{name}{joint}{addition}")
    return next((each for each in forms if not any(against_name(kind, each) for kind in kinds)), name)


def _name(original: str, role: Role, mark: Mark, remarks: Remarks) -> str:
    """Return the name of a service in the system, which is another one where Slipway uses its own."""
    name = slug(original)
    found = slug(permitted(name, _KINDS.get(role, ()), "app"))
    if found != name:
        remarks.add(mark, ("services", original), RENAMED.format(found))
    return found


def gathered(application: Application, confidential: Confidential, remarks: Remarks) -> dict[str, Facts]:
    """Return the facts of every service by its name in the file."""
    found: dict[str, Facts] = {}
    taken: set[str] = set()
    once = set(_run_once(application))
    profiles = set(re.split(r"[\s,]+", application.variables.value("COMPOSE_PROFILES")))
    for original, declared in application.services.items():
        mark = application.document["services"].marks[original]
        if _is_omitted(original, declared, mark, once, profiles, remarks):
            found[original] = Facts(original, slug(original), mark, declared, None, "omitted", {})
            continue
        role = _role(declared)
        name = _name(original, role, mark, remarks)
        while name in taken:
            name = f"{name[: LONGEST_NAME - 2]}-2"
        taken.add(name)
        image = parsed_image(str(declared.get("image") or "").rstrip(":"))
        variables = _environment(application, original, declared, remarks)
        found[original] = Facts(original, name, mark, declared, image, role, variables)
    for facts in found.values():
        facts.aliases = set(_aliases(facts.original, facts.declared))
        facts.links = dict(_links(facts.declared))
    for variable, text in application.variables.secrets:
        confidential.learn(variable, text)
    for facts in found.values():
        for variable, value in facts.environment.items():
            secret = bool(getattr(value.text, "secret", False)) or (
                facts.role != "service" and names_a_secret(variable)
            )
            confidential.learn(variable, value.text, secret=secret)
    for facts in found.values():
        if facts.role != "omitted":
            _find_ports(facts, found, remarks)
    return found


def _is_omitted(
    original: str, declared: LocatedDict, mark: Mark, once: set[str], profiles: set[str], remarks: Remarks
) -> bool:
    """Return whether a service is none of a system, and remark why; `profiles` are those that the file is used with."""
    named = {str(each) for each, _ in listed(declared, "profiles")}
    if named and named.isdisjoint(profiles) and "*" not in profiles:
        remarks.add(declared.marks["profiles"], ("services", original, "profiles"), PROFILE)
    elif original in once:
        remarks.add(mark, ("services", original), ENDS)
    else:
        return False
    return True


def _run_once(application: Application) -> Iterator[str]:
    """Yield the services that run once: others wait until they have ended, or nobody starts them again."""
    for name, declared in application.services.items():
        deploy = inner(declared, "deploy")
        ends = declared.get("restart") == "no" or inner(deploy, "restart_policy").get("condition") == "none"
        serves = any(key in declared for key in _SERVING)
        if (ends and not serves and _role(declared) == "service") or str(deploy.get("mode")).endswith("-job"):
            yield name
        waits = inner(declared, "depends_on")
        yield from (each for each in waits if inner(waits, each).get("condition") == "service_completed_successfully")


def _role(declared: LocatedDict) -> Role:
    image = parsed_image(str(declared.get("image") or "").rstrip(":"))
    return image.role if image is not None and "build" not in declared else "service"


def _aliases(original: str, declared: LocatedDict) -> Iterator[str]:
    """Yield the host names of a service."""
    yield from (original, str(declared.get("container_name") or original), str(declared.get("hostname") or original))
    networks = declared.get("networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        yield from (str(each) for each in (network or {}).get("aliases") or ())


def _links(declared: LocatedDict) -> Iterator[tuple[str, str]]:
    """Yield the aliases of `links`, each with the service that it means."""
    for each, _ in listed(declared, "links"):
        target, colon, alias = str(each).partition(":")
        if colon and alias:
            yield alias, target


def _environment(application: Application, name: str, declared: LocatedDict, remarks: Remarks) -> dict[str, Variable]:
    """Return the variables of a service: those of its files, and its own over them."""
    found: dict[str, Variable] = {}
    for each in _env_files(declared):
        path = application.folder / each.file
        if not path.is_file():
            if each.required:
                text = "names a file that is not there: its variables were not translated"
                remarks.add(each.mark, ("services", name, "env_file"), text)
            continue
        known = application.variables.over({key: one.text for key, one in found.items() if one.text is not None})
        text = text_of(path, each.file)
        variables = parsed_raw(text, each.file) if each.raw else parsed(text, each.file, known)
        for variable, (value, line) in variables.items():
            found[variable] = Variable(value, Mark(each.file, (), line))
    own = mapping(declared.get("environment"))
    for variable, value in own.items():
        found[variable] = Variable(_as_text(value), own.marks[variable])
    return found


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)


@dataclass(frozen=True)
class _EnvFile:
    """A file of variables that a service names."""

    file: str
    mark: Mark
    required: bool = True
    raw: bool = False


def _env_files(declared: LocatedDict) -> Iterator[_EnvFile]:
    for each, mark in listed(declared, "env_file"):
        if isinstance(each, dict):
            yield _EnvFile(str(each["path"]), mark, bool(each.get("required", True)), each.get("format") == "raw")
        else:
            yield _EnvFile(str(each), mark)


def _find_ports(facts: Facts, everyone: dict[str, Facts], remarks: Remarks) -> None:
    """Find what a service listens on. A port that only its host reaches is one for debugging, unless it has no other: then
    it is the program's own, behind a proxy of the host."""
    every = list(_published(facts.original, facts.declared, remarks))
    exposed = list(_exposed(facts, remarks))
    facts.published = [each for each in every if not each.local]
    facts.ports = _ports(facts, exposed, everyone)
    behind = [] if facts.ports else list(dict.fromkeys(each.target for each in every))
    facts.ports += behind
    text = BEHIND_PROXY if behind else FOR_DEBUGGING
    for index, (_, mark) in enumerate(listed(facts.declared, "ports")):
        if facts.role == "service" and any(each.local and each.mark == mark for each in every):
            remarks.add(mark, ("services", facts.original, "ports", index), text)


def _published(name: str, declared: LocatedDict, remarks: Remarks) -> Iterator[Published]:
    """Yield the ports that the host publishes."""
    for index, (each, mark) in enumerate(listed(declared, "ports")):
        path = ("services", name, "ports", index)
        host, published, target, protocol = _port(each)
        first = published.partition("-")[0]
        for number, port in enumerate(_numbers(target, protocol, mark, path, remarks)):
            outer = int(first) + (number if "-" in published else 0) if first.isdigit() else None
            yield Published(port, outer, mark, f"ports.{index}", local=host in _LOCAL)


def _exposed(facts: Facts, remarks: Remarks) -> Iterator[int]:
    for index, (each, mark) in enumerate(listed(facts.declared, "expose")):
        port, _, protocol = str(each).partition("/")
        yield from _numbers(port, protocol, mark, ("services", facts.original, "expose", index), remarks)


def _numbers(text: str, protocol: str, mark: Mark, path: tuple[str | int, ...], remarks: Remarks) -> list[int]:
    """Return the ports of a number or a range; what is none of a service is remarked."""
    first, _, last = text.partition("-")
    if protocol not in ("", "tcp"):
        remarks.add(mark, path, UDP)
        return []
    readable = first.isdigit() and (last or first).isdigit()
    found = range(int(first), int(last or first) + 1) if readable else range(0)
    if not found or not 0 < found[0] <= found[-1] < 65536:
        remarks.add(mark, path, "is no port that can be read: set 'port' of the service")
        return []
    if len(found) > LONGEST_RANGE:
        remarks.add(mark, path, LONG_RANGE)
    return [*found] if len(found) <= LONGEST_RANGE else [found[0]]


def _port(value: Any) -> tuple[str, str, str, str]:
    """Return host address, published port, port of the container, and protocol."""
    if isinstance(value, dict):
        texts = (str(value.get(key, "")) for key in ("host_ip", "published", "target", "protocol"))
        return tuple(texts)  # type: ignore[return-value]
    text, _, protocol = str(value).partition("/")
    rest, _, target = text.rpartition(":")
    host, _, published = rest.rpartition(":")
    return host.strip("[]"), published, target, protocol


def own_hosts(facts: Facts) -> str:
    """Return a regular expression of the host names by which a service knows itself in a file of Compose."""
    return "|".join(sorted(map(re.escape, facts.aliases), key=len, reverse=True))


def names_itself(facts: Facts, text: str) -> bool:
    """Return whether a text has an address of the service that it is for: its own name in a URL, or before a port."""
    own = own_hosts(facts)
    found = re.compile(rf"(?<=//)(?:{own})(?![\w.-])|(?:(?<=@)|(?<![\w./@-]))(?:{own}):\d{{1,5}}(?![\w.])")
    return found.search(text) is not None


def _ports(facts: Facts, exposed: list[int], everyone: dict[str, Facts]) -> list[int]:
    """Return the ports of a service, the main one first: what it publishes and exposes, its PORT, what others call, and what
    it says of itself."""
    found = [each.target for each in sorted(facts.published, key=lambda each: not each.is_web)]
    found += exposed
    own = facts.environment.get("PORT")
    if own is not None and own.text and own.text.isdigit():
        found.append(int(own.text))
    for other in sorted(everyone.values(), key=lambda each: each is facts):
        names = "|".join(sorted(map(re.escape, facts.names_for(other)), key=len, reverse=True))
        if not names:
            continue
        called = re.compile(rf"(?:(?<=//)|(?<![\w./-]))(?:{names}):(\d{{1,5}})(?!\d|\.\d)")
        addressed = re.compile(rf"(https?)://(?:{names})(?![\w.:-])")
        for value in other.environment.values():
            found += [int(each) for each in called.findall(value.text or "")]
            found += [443 if each == "https" else 80 for each in addressed.findall(value.text or "")]
    return list(dict.fromkeys(each for each in found if 0 < each < 65536))
