"""Where values stand that anybody may read who may look at the cluster, the account or the state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from frame import Property, Resource
from frame.resources import NOTES
from kinds.containers import WORKLOADS, containers_of

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"


@dataclass(frozen=True)
class Plain:
    """A value that is read by many."""

    value: Property
    name: str = ""
    """What it is called; empty where that says nothing of it."""
    key: str = ""
    """The key of the source that mends it."""

    def __str__(self) -> str:
        return self.value.path if self.name in self.value.path else f"{self.value.path} ({self.name})"


def plain_values(resource: Resource) -> Iterator[Plain]:
    """Every such value of a resource."""
    if resource.package == "kubernetes":
        yield from _notes(resource["metadata"]["labels"])
        yield from _notes(resource["metadata"]["annotations"])
        yield from _of_object(resource)
    elif resource.package in NOTES:
        yield from _notes(resource["tags"])


def _of_object(resource: Resource) -> Iterator[Plain]:
    if resource.type == CONFIG_MAP:
        yield from (Plain(each.value, each.name, "environment") for each in leaves(resource["data"]))
    elif resource.type == RELEASE:
        yield from leaves(resource["values"])
    elif resource.type in WORKLOADS:
        yield from _of_pods(resource)
    elif resource.type != SECRET:
        yield from (Plain(each.value) for each in leaves(resource["spec"]))


def leaves(value: Property, name: str = "") -> Iterator[Plain]:
    """Every value that holds no others, with the last key that leads to it."""
    if value.mapping:
        for key in value.keys:
            yield from leaves(value[key], key)
    elif value.listing:
        for each in value.elements():
            yield from leaves(each, name)
    elif value.present:
        yield Plain(value, name)


def _notes(notes: Property) -> Iterator[Plain]:
    for key in notes.keys:
        yield from (Plain(each.value, key.rpartition("/")[2], "tags") for each in leaves(notes[key]))


def _of_pods(workload: Resource) -> Iterator[Plain]:
    template = workload["spec"]["template"]["metadata"]
    yield from _notes(template["labels"])
    yield from _notes(template["annotations"])
    for container in containers_of(workload):
        for variable in container["env"].elements():
            name = variable["name"].text or ""
            yield from (Plain(each.value, name, "environment") for each in leaves(variable["value"]))
        for group in ("command", "args"):
            yield from (Plain(each.value) for each in leaves(container[group]))
