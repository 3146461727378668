"""Values that everybody with read access to the cluster, the account or the state can see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from adapters import clouds
from adapters.containers import WORKLOADS, containers_of
from adapters.scaling import SCALED_OBJECT
from adapters.trigger_servers import FROM_ENV
from framework import Property, Resource

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
KEPT = (
    SECRET,
    *clouds.types(lambda cloud: cloud.secret_values),
    "pulumi:providers:kubernetes",
    "pulumi:pulumi:Stack",
)
"""Types that store secrets, or that a separate rule checks: only their names and labels are readable by all."""
MARKED = (
    "password",
    "masterPassword",
    "masterUserPassword",
    "administratorLoginPassword",
    "adminPassword",
    "authToken",
)
"""Inputs of databases that their SDKs always mark as secrets."""
LISTS = ("secret.reloader.stakater.com/reload", "configmap.reloader.stakater.com/reload")
"""Annotations with names of Secrets and ConfigMaps. Their texts are judged by their form alone: `db-password` is a name.
Source: Reloader, https://github.com/stakater/Reloader."""
_EXPANDED = re.compile(r"\$\([^)]+\)")
_PAIR = re.compile(r"(?i)\b(password|pwd)\s*=\s*[^\s;]")
"""A password in a connection string."""
LONG = 16
"""Length of the shortest name that may itself be a key. Chosen: shorter than any known API key."""


class Plain(NamedTuple):
    """A readable value."""

    value: Property
    name: str = ""
    """Its name; empty if the path shows it."""
    key: str = ""
    """The key of the source that fixes it."""
    shown: bool = True
    """Whether it is visible even if marked as secret."""

    def __str__(self) -> str:
        return self.value.path if self.name in self.value.path else f"{self.value.path} ({self.name})"


def plain_values(resource: Resource) -> Iterator[Plain]:
    """Return every such value of a resource; values with a name or a key come first."""
    yield from _named(resource)
    if resource.type not in KEPT:
        yield from _everywhere(resource)


def _everywhere(resource: Resource) -> Iterator[Plain]:
    """Return all texts of a resource and the names of its fields, except those with a declared reason."""
    reasoned = (resource.annotation("plain-variables").text or "").split(",") if resource.type == CONFIG_MAP else []
    named = resource.package != "kubernetes"
    yield Plain(Property(resource.name, "its name"), shown=False)
    for key in resource.properties.keys:
        for each in leaves(resource[key], key, with_names=True):
            if not each.name or each.name not in reasoned:
                says = named and each.name not in MARKED
                yield Plain(each.value, each.name if says else "", shown=False)


def _named(resource: Resource) -> Iterator[Plain]:
    if resource.package == "kubernetes":
        yield from _notes(resource["metadata"]["labels"])
        yield from _notes(resource["metadata"]["annotations"])
        yield from _of_object(resource)
    elif resource.package in clouds.CLOUDS:
        yield from _notes(resource["tags"])


def _of_object(resource: Resource) -> Iterator[Plain]:
    if resource.type == CONFIG_MAP:
        reasoned = (resource.annotation("plain-variables").text or "").split(",")
        values = (each for each in leaves(resource["data"]) if each.name not in reasoned)
        yield from (Plain(each.value, each.name, "environment") for each in values)
    elif resource.type == RELEASE:
        yield from leaves(resource["values"])
    elif resource.type in WORKLOADS:
        yield from _of_pods(resource)
        yield from _of_triggers(resource)
    elif resource.type == SCALED_OBJECT:
        yield from (Plain(each.value) for each in leaves(resource["spec"]))
        yield from _of_triggers(resource)
    elif resource.type != SECRET:
        yield from (Plain(each.value) for each in leaves(resource["spec"]))
        yield from leaves(resource["spec"]["hashiCorpVault"]["credential"])


def _of_triggers(scaler: Resource) -> Iterator[Plain]:
    """Return what KEDA's triggers say by themselves, rather than by a variable or a Secret that they name."""
    for trigger in scaler["spec"]["triggers"].elements():
        for each in leaves(trigger["metadata"]):
            if not each.name.endswith(FROM_ENV):
                name = "password" if _PAIR.search(each.value.text or "") else each.name
                yield Plain(each.value, name, "replicas.triggers")


def leaves(value: Property, name: str = "", *, with_names: bool = False) -> Iterator[Plain]:
    """Return every leaf value with its last key; with names, also long keys themselves."""
    if keys := value.keys:
        for key in keys:
            if with_names and len(key) >= LONG:
                yield Plain(Property(key, f"{value.path} (a key)"))
            yield from leaves(value[key], key, with_names=with_names)
    elif value.listing:
        for each in value.elements():
            yield from leaves(each, name, with_names=with_names)
    elif value.present:
        yield Plain(value, name)


def _notes(notes: Property) -> Iterator[Plain]:
    for key in notes.keys:
        name = "" if key in LISTS else key.rpartition("/")[2]
        yield from (Plain(each.value, name, "tags") for each in leaves(notes[key]))


def _is_composed(variable: Property) -> bool:
    """Return whether Kubernetes puts other variables into a value: its own text then is not the secret that its name
    speaks of."""
    return bool(_EXPANDED.search((variable["value"].text or "").replace("$$", "")))


def _of_pods(workload: Resource) -> Iterator[Plain]:
    template = workload["spec"]["template"]["metadata"]
    yield from _notes(template["labels"])
    yield from _notes(template["annotations"])
    for container in containers_of(workload):
        for variable in container["env"].elements():
            name = "" if _is_composed(variable) else variable["name"].text or ""
            yield from (Plain(each.value, name, "environment") for each in leaves(variable["value"]))
        for group in ("command", "args"):
            yield from (Plain(each.value) for each in leaves(container[group]))
