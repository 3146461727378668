"""The cloud resources that carry tags, the names of the tags, and the values that Slipway sets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from adapters import clouds
from adapters.secret_forms import is_secret
from framework import Property, Resource, context
from framework.reading import path_below

MANAGER = "slipway"
CLUSTER = "cluster"
"""Part-of label of objects that belong to no system."""
MANAGED_BY, PART_OF = "app.kubernetes.io/managed-by", "app.kubernetes.io/part-of"

_SYSTEM = re.compile(rf"{re.escape(context.SYSTEMS.rstrip('/'))}/([\w-]+)/")
_CLUSTERS = re.compile(r"[^:]+:config\.[\w-]+:clusters(\.|$)")
_CLUSTER = re.compile(r"[^:]+:config\.[\w-]+:clusters\.[\w-]+")
_WORD = re.compile(r"[A-Za-z][\w-]{0,62}")
_NO_OBJECTS = re.compile(r"kubernetes:(helm\.sh|yaml|kustomize)/|.*(List|Patch)$")

TAGGABLE = frozenset(clouds.types(lambda cloud: cloud.taggable))
"""Types with a mapping `tags`."""


def is_object(resource: Resource) -> bool:
    """Return whether a resource is a single Kubernetes object, which has labels."""
    return resource.package == "kubernetes" and not _NO_OBJECTS.match(resource.type)


def tag_name(resource: Resource, tag: str) -> str:
    """Return a tag's name in the form of its cloud."""
    cloud = clouds.CLOUDS.get(resource.package)
    return cloud.tag_name(tag) if cloud else tag


def expected_tags(resource: Resource, tags: Sequence[str]) -> list[str]:
    """Return the tags of every resource and, if a system declares it, the system's."""
    return [*tags, *(["slipway.dev/system"] if _system_of(resource) else [])]


def known_tags(resource: Resource) -> Mapping[str, str]:
    """Return the values of missing tags that are certain: a provider has its cluster's name, unless it is Pulumi's
    default."""
    stack, provider = context.STACK, resource.provider.rpartition("::")[2]
    cluster = f"{MANAGER}-{stack}-{provider}" if provider and not provider.startswith("default") else ""
    found = {
        "managed-by": MANAGER,
        "slipway.dev/stack": stack,
        "slipway.dev/cluster": cluster,
        "slipway.dev/system": _system_of(resource),
    }
    return {tag: text for tag, text in found.items() if text}


def place_of_own(resource: Resource, tag: str) -> str:
    """Return the stack's setting for one of the company's own tags, which applies to a whole cluster."""
    cluster = resource.provider.rpartition("::")[2]
    if not cluster or cluster.startswith("default"):
        return ""
    return f"Pulumi.{context.STACK}.yaml:config.{context.PROJECT}:clusters.{path_below(f'{cluster}.tags', tag)}"


def value_of_own(tag: str) -> str | None:
    """Return the value of one of the company's own tags on the first cluster that sets it, if that is a plain word."""
    found = (each.get("tags") if isinstance(each, Mapping) else None for each in context.clusters().values())
    values = (str(each[tag]) for each in found if isinstance(each, Mapping) and tag in each)
    return next((each for each in values if _WORD.fullmatch(each) and not is_secret(tag, each)), None)


def known_labels(resource: Resource) -> Mapping[str, str]:
    """Return the values of missing labels that are certain."""
    part_of = _system_of(resource) or (CLUSTER if _CLUSTERS.match(_place(resource)) else "")
    return {MANAGED_BY: MANAGER, **({PART_OF: part_of} if part_of else {})}


def is_of_cluster(resource: Resource) -> bool:
    """Return whether a cluster of the stack declares it as a whole."""
    return bool(_CLUSTER.fullmatch(resource.source))


def lacks(pairs: Property, key: str) -> bool:
    """Return whether a tag or label is missing or empty."""
    value = pairs[key]
    return not value.unknown and not (value.text or "").strip()


def can_take_more(pairs: Property) -> bool:
    """Return whether text can be added: not to an unknown value, nor to one that is not a mapping."""
    return pairs.missing or isinstance(pairs.value, Mapping)


def _system_of(resource: Resource) -> str:
    found = _SYSTEM.match(_place(resource))
    return found[1] if found else ""


def _place(resource: Resource) -> str:
    return resource.annotation("source").text or ""
