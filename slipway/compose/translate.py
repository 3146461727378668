"""A file of Compose as the definition of a system, and what is left to people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.compose import stores as data_stores
from slipway.compose.application import AS_ONE, Application, load
from slipway.compose.confidential import Confidential
from slipway.compose.environment import Environments
from slipway.compose.health import asked_port
from slipway.compose.mounted_files import Files
from slipway.compose.mounted_volumes import mounts_of
from slipway.compose.mounts import Folders
from slipway.compose.references import undefined
from slipway.compose.remarks import Remark, Remarks, inner, listed, mark_of
from slipway.compose.service_facts import Facts, gathered
from slipway.compose.services import Services
from slipway.compose.unset import remark_unset
from slipway.settings.problems import InvalidSettings, Place, Problem

PLACEHOLDER = "example.com"
"""The domain that stands for one of the reader's own. Source: RFC 2606."""
SCHEMA = "lets services change rows, and 'migrations' tables: set 'schemaBy: services' if a program creates its tables itself"
CACHE = "keeps nothing, and is reached with TLS and a password only: 'eviction: noeviction' for a queue of jobs (docs/caches.md)"
VOLUME = "begins empty, with a size that is a guess and can only be raised; one pod has it, and both slots use that (docs/volumes.md)"
OF_OTHERS = "is a network of others: services call what is in it by 'egress', and are called by 'callers' or 'routes'"
PUBLIC = (
    "images of others may need another user or more folders: programs run as user 10001, and write to /tmp and volumes only, so "
    "look at 'user' and 'writable' of {}"
)
SEVERAL = "run as 2 to 6 pods each, and as one container until now: set 'singleton' for what must be alone, such as a scheduler, of {}"
_TOP = {"services", "version", "name", "networks", "volumes", "secrets", "configs", "include"}
_UNROUTED = ("grpc", "exec", "none")


@dataclass(frozen=True)
class Translation:
    """A definition, in the order in which it is written, and remarks in the order of the file."""

    definition: dict[str, Any]
    remarks: tuple[Remark, ...]
    guesses: dict[str, str]
    """What the file does not say and somebody must: keys of the definition, and what belongs there."""


def translated(path: Path, file: str, system: str) -> Translation:
    """Return the system that a file of Compose, called `file` in messages, describes. Raises InvalidSettings if it is none
    that Compose would take, or has no service that could run."""
    remarks, confidential = Remarks(), Confidential()
    application = load(path, file, remarks)
    if problems := undefined(application):
        raise InvalidSettings(problems)
    everyone = gathered(application, confidential, remarks)
    remark_unset(application, everyone, remarks)
    running = [each for each in everyone.values() if each.role == "service"]
    if not running:
        place = Place(file, mark_of(application.document, "services").line, ("services",))
        raise InvalidSettings([Problem(place, _nothing_to_run(application, everyone))])
    for facts in running:
        if not facts.ports and (port := asked_port(facts)) is not None:
            facts.ports = [port]
    _remark_public_images(application, running, remarks)
    for key in application.document:
        if key not in _TOP and not key.startswith("x-"):
            remarks.add(application.document.marks[key], (key,), "has no counterpart in a system")
    networks = inner(application.document, "networks")
    for name in networks:
        if inner(networks, name).get("external"):
            remarks.add(networks.marks[name], ("networks", name), OF_OTHERS)
    stores = data_stores.translated(system, everyone, inner(application.document, "volumes"), remarks)
    environments = Environments(everyone, stores, confidential, remarks)
    environments.domains = _domains(running)
    files = Files(application, environments, confidential, remarks)
    folders = Folders(application.document, everyone, files, remarks)
    services = Services(system, everyone, stores, environments, confidential, folders, remarks)
    declared = {facts.name: services.translated(facts) for facts in running}
    definition = _definition(system, declared, environments, stores)
    several = [each.name for each in running if not _says_how_many(each)]
    return Translation(definition, tuple(remarks), _guesses(definition, several))


def _nothing_to_run(application: Application, everyone: dict[str, Facts]) -> str:
    """Return why a file has no service that could run, so that people see what to change."""
    reasons: dict[str, list[str]] = {}
    for facts in everyone.values():
        reasons.setdefault(_reason_against(facts), []).append(facts.original)
    said = [f"{reason}: {', '.join(names)}" for reason, names in reasons.items()]
    said += [f"not read: what 'include' names; {AS_ONE}"] if "include" in application.document else []
    return "; ".join(["has no program of its own to run, and a system needs one", *said])


def _reason_against(facts: Facts) -> str:
    if facts.role == "other":
        return "without a place in a system"
    if facts.role != "omitted":
        return "data stores"
    if listed(facts.declared, "profiles"):
        return "with a profile that COMPOSE_PROFILES in .env does not name"
    return "ends when it is done"


def _says_how_many(facts: Facts) -> bool:
    """Return whether the number of containers is in the file, or that of pods follows from a volume."""
    has_disk = any(each.kind == "volume" and each.source for each in mounts_of(facts.declared))
    return has_disk or "scale" in facts.declared or "replicas" in inner(facts.declared, "deploy")


def _remark_public_images(application: Application, running: list[Facts], remarks: Remarks) -> None:
    """Remark once which images of others nobody has said of that they run in a pod."""
    public = [each.name for each in running if each.image is not None and "build" not in each.declared]
    if public:
        text = PUBLIC.format(", ".join(public))
        remarks.add(mark_of(application.document, "services"), ("services",), text)


def _domains(running: list[Facts]) -> dict[str, str]:
    """Return the key in `domains` of each service that the host publishes by HTTP, as far as can be seen."""
    published = [each for each in running if any(port.target == each.port and port.is_web for port in each.published)]
    return {each.original: "web" if len(published) == 1 else each.name for each in published}


def _definition(
    system: str, declared: dict[str, Any], environments: Environments, stores: data_stores.Stores
) -> dict[str, Any]:
    keys = list(dict.fromkeys(environments.domains.values()))
    domains = {key: f"{system}.{PLACEHOLDER}" if key == "web" else f"{key}.{system}.{PLACEHOLDER}" for key in keys}
    found: dict[str, Any] = {
        "title": system.replace("-", " ").capitalize(),
        "owner": {"team": system},
        "domains": domains,
        "services": declared,
        "databases": stores.databases,
        "caches": stores.caches,
        "queue": stores.queue,
        "secrets": environments.secrets,
    }
    return {key: each for key, each in found.items() if each not in ({}, None)}


def _guesses(definition: dict[str, Any], several: list[str]) -> dict[str, str]:
    """Return what stands for what nobody has said; `several` are services of which nobody has said how many there are."""
    found = {"owner.team": "is the system's name: set the team that gets its alerts"}
    if several:
        found["services"] = SEVERAL.format(", ".join(several))
    for key, database in definition.get("databases", {}).items():
        if "engine" not in database:
            found[f"databases.{key}"] = SCHEMA
    for key in definition.get("caches", {}):
        found[f"caches.{key}"] = CACHE
    for name, service in definition["services"].items():
        for key in service.get("volumes", {}):
            found[f"services.{name}.volumes.{key}"] = VOLUME
    for key in definition.get("domains", {}):
        found[f"domains.{key}"] = "stands for a domain of yours"
    return found
