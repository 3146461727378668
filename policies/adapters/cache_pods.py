"""Caches that run in the cluster: StatefulSets with their label."""

from __future__ import annotations

from itertools import pairwise

from adapters.safeguards import PLAIN_ON_ITS_WAY
from framework import Absence, Property, Resource, Settings, Verdict

IN_CLUSTER = "kubernetes:apps/v1:StatefulSet"
COMPONENT = "app.kubernetes.io/component"
OPEN = "lets everybody in without a password"


def is_cache(resource: Resource) -> bool:
    """Return whether the label of its pods says that it is a cache."""
    return resource["spec"]["template"]["metadata"]["labels"][COMPONENT].text == "cache"


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
    if not is_cache(resource):
        return
    plain, encrypted = option(resource, "port"), option(resource, "tls-port")
    if plain.unknown or encrypted.unknown:
        verdict.undecided(resource, plain if plain.unknown else encrypted)
    elif plain.text != "0" or not encrypted.text:
        verdict.violated(resource, f"{PLAIN_ON_ITS_WAY}: set --port 0 and --tls-port in {plain.path}")


def authentication(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that a cache has a file of users, since a password among its arguments could be read."""
    if not is_cache(resource):
        return
    users = option(resource, "aclfile")
    if users.unknown:
        verdict.undecided(resource, users)
    elif not users.text:
        verdict.violated(resource, f"{OPEN}: {users.path} is not set")


def standby(resource: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a cache that is one pod, and so has none."""
    if is_cache(resource):
        verdict.violated(resource, "has no standby: a lost node empties it, and is minutes of errors")
