"""Secrets of a cluster, and the objects that name them.

Every operator and chart has its own keys for that. In all of them the key, or one above it, contains a word for
secrets, credentials or certificates: `secretKeyRef.name`, `s3Credentials.region.name`, `existingSecret`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from framework import Property, Resource

_SPEAKS_OF_SECRETS = re.compile(r"secret|credential|certificateref|basicauth|authorization", re.IGNORECASE)
_SAYS_NOTHING = ("metadata", "apiVersion", "kind", "status")


def _own_name(secret: Resource) -> Property:
    return secret["metadata"]["name"]


def _target(external: Resource) -> Property:
    target = external["spec"]["target"]["name"]
    return _own_name(external) if target.missing else target


SECRETS: Mapping[str, Callable[[Resource], Property]] = {
    "kubernetes:core/v1:Secret": _own_name,
    "kubernetes:external-secrets.io/v1:ExternalSecret": _target,
}
"""The name of the Secret that each type creates."""
_NAMES_NONE = {*SECRETS, "kubernetes:core/v1:ConfigMap", "kubernetes:networking.k8s.io/v1:NetworkPolicy"}


@dataclass(frozen=True)
class Mention:
    """A text of an object that names a Secret, in the object's own namespace unless it names another."""

    text: Property
    namespace: Property


def namespace_of(resource: Resource) -> Property:
    """Return the namespace of an object, or of a chart's objects."""
    home = resource["metadata"]["namespace"]
    return resource["namespace"] if home.missing else home


@cache
def mentions(resource: Resource) -> tuple[Mention, ...]:
    """Return every text under a key about secrets; each object is traversed once per run."""
    if resource.package != "kubernetes" or resource.type in _NAMES_NONE:
        return ()
    keys = [key for key in resource.properties.keys if key not in _SAYS_NOTHING]
    home = namespace_of(resource)
    return tuple(each for key in keys for each in _inside(resource[key], key, home, named=False))


def _inside(value: Property, key: str, namespace: Property, *, named: bool) -> Iterator[Mention]:
    named = named or bool(_SPEAKS_OF_SECRETS.search(key))
    if value.text is not None or value.unknown:
        if named:
            yield Mention(value, namespace)
        return
    keys = value.keys
    there = value["namespace"] if "namespace" in keys else namespace
    for each in keys:
        yield from _inside(value[each], each, there, named=named)
    for each in value.elements():
        yield from _inside(each, "", namespace, named=named)
