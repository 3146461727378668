"""Caches that run in the cluster: StatefulSets with their label, and whatever else starts a server of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from adapters.cache_servers import Files, Server, servers_of
from adapters.clouds.contract import Evaluation
from adapters.containers import WORKLOADS
from adapters.mounted_files import MountedFiles
from adapters.safeguards import PLAIN_ON_ITS_WAY
from framework import Absence, Property, Resource, Settings, Verdict

IN_CLUSTER = "kubernetes:apps/v1:StatefulSet"
COMPONENT = "app.kubernetes.io/component"
OPEN = "lets everybody in without a password"


def is_cache(resource: Resource) -> bool:
    """Return whether the label of its pods says that it is a cache."""
    return resource.type == IN_CLUSTER and resource["spec"]["template"]["metadata"]["labels"][COMPONENT].text == "cache"


def option(resource: Resource, name: str) -> Property:
    """Return the value of an option of the server's command; missing if no container has it."""
    containers = resource["spec"]["template"]["spec"]["containers"]
    arguments = next((each["args"] for each in containers.elements()), containers)
    if arguments.unknown:
        return arguments
    values = list(arguments.elements())
    for given, value in pairwise(values):
        if given.unknown or given.text == f"--{name}":
            return given if given.unknown else value
    return Property(Absence.MISSING, f"{arguments.path} --{name}")


def in_transit(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that a cache has a port with TLS and none without."""
    if is_cache(resource):
        plain, encrypted = option(resource, "port"), option(resource, "tls-port")
        if plain.unknown or encrypted.unknown:
            verdict.undecided(resource, plain if plain.unknown else encrypted)
        elif plain.text != "0" or not encrypted.text:
            verdict.violated(resource, f"{PLAIN_ON_ITS_WAY}: set --port 0 and --tls-port in {plain.path}")
    _evaluate_servers(resource, lambda server: server.has_tls_only, PLAIN_ON_ITS_WAY, verdict)


def authentication(resource: Resource, files: MountedFiles, verdict: Verdict) -> None:
    """Check that a cache has a file of users, since a password among its arguments could be read; what is no cache by its
    label, by its arguments and the files of settings that the plan has."""
    if is_cache(resource):
        users = option(resource, "aclfile")
        if users.unknown:
            verdict.undecided(resource, users)
        elif not users.text:
            verdict.violated(resource, f"{OPEN}: {users.path} is not set")
    _evaluate_servers(
        resource, lambda server: server.has_password, OPEN, verdict, lambda *place: files.at(resource, *place)
    )


def _evaluate_servers(
    resource: Resource,
    is_safe: Callable[[Server], bool],
    problem: str,
    verdict: Verdict,
    files: Files = lambda container, path: None,
) -> None:
    """Check what is no cache by its label, each server in its pods. What a file configures that is none of `files` cannot be
    seen here."""
    for server in () if is_cache(resource) else servers_of(resource, files):
        if server.is_local or is_safe(server):
            continue
        if server.unknown:
            verdict.undecided(resource, server.unknown)
        elif server.is_hidden:
            verdict.advise(resource, f"may be a cache that {problem}: what configures {server.path} cannot be seen")
        elif _is_service(resource):
            verdict.advise(resource, f"is a cache that {problem}: {server.path}; `caches` has both")
        else:
            verdict.violated(resource, f"is a cache that {problem}: {server.path}")


def _is_service(resource: Resource) -> bool:
    """Return whether it is a service of a system, which only the services that need it can reach."""
    return ":services." in resource.source


def standby(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a cache that is one pod, and so has none."""
    if is_cache(resource):
        verdict.violated(resource, "has no standby: a lost node empties it, and is minutes of errors")


IN_TRANSIT: Mapping[str, Evaluation] = dict.fromkeys(WORKLOADS, in_transit)
