"""Container images: the properties that name them, and the parts of a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.containers import WORKLOADS, pod_of
from adapters.operated_pods import OPERATED, RELEASE
from adapters.pod_security import GROUPS
from framework import Property, Resource

_OPERATED: Mapping[str, tuple[str, ...]] = {
    "kubernetes:postgresql.cnpg.io/v1:Cluster": ("spec", "imageName"),
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": ("spec", "image"),
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana": ("spec", "image"),
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": ("spec", "image"),
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": (
        "spec", "provider", "kubernetes", "envoyDeployment", "container", "image",
    ),
}  # fmt: skip
"""Images in operators' objects, if they override the operator's choice."""
RUNNING = (*WORKLOADS, *(each for each in OPERATED if each != RELEASE))
"""Types that run images. A chart's version fixes its images."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOVING = re.compile(r"\D*|v?\d{1,3}(\.\d{1,3})?(-[a-z]+)?")
"""A word such as `stable`, or a partial version such as `17`, `v1.2` or `3-alpine`."""
_FIRST_HOST = "docker.io"


@dataclass(frozen=True)
class Image:
    """The parts of a name: `docker.io`, `library/postgres`, `17.11-alpine3.24`, `sha256:…`."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def pinned(self) -> bool:
        """Return whether its digest identifies exactly one image."""
        return bool(_DIGEST.fullmatch(self.digest))

    @property
    def moving(self) -> bool:
        """Return whether its tag moves to later images."""
        return bool(_MOVING.fullmatch(self.tag))

    def within(self, places: Sequence[str]) -> bool:
        """Return whether it is below one of `places`: a host, or a host with a path prefix."""
        name = f"{self.host}/{self.path}/"
        return any(name.startswith(f"{each.rstrip('/')}/") for each in places)


def image(text: str) -> Image:
    """Parse a name as Docker does: short names belong to Docker Hub."""
    name, _, digest = text.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    host, slash, rest = path.partition("/")
    if not slash or not (re.search(r"[.:]", host) or host == "localhost"):
        host, rest = _FIRST_HOST, path if slash else f"library/{path}"
    return Image(_FIRST_HOST if host == "index.docker.io" else host, rest, tag, digest)


def images_of(resource: Resource) -> Iterator[Property]:
    """Return every image name of a resource; missing for a container without one. A volume may be an image too. Of a
    chart's images, which its version fixes, those that its values replace."""
    if resource.type == RELEASE:
        yield from _replaced(resource["values"])
        return
    if resource.type in WORKLOADS:
        pod = pod_of(resource)
        for group in (pod[each] for each in GROUPS):
            yield from (each["image"] for each in ([group] if group.unknown else group.elements()))
        yield from _mounted(pod["volumes"])
        return
    named = resource.properties
    for key in _OPERATED.get(resource.type, ("",)):
        named = named[key]
    yield from () if named.missing else (named,)
    yield from (each for each in _named(resource["spec"]) if each.path != named.path)


def _mounted(volumes: Property) -> Iterator[Property]:
    yield from (each["image"]["reference"] for each in volumes.elements() if each["image"].mapping)


def _replaced(values: Property) -> Iterator[Property]:
    """Return the images in a chart's values: a text, or registry and repository."""
    for key in values.keys:
        found, registry = values[key], values[key]["registry"]
        if not key.lower().endswith("image"):
            yield from _replaced(found)
        elif found.text is not None:
            yield found
        elif names := [each.text for each in (registry, found["repository"]) if each.text]:
            yield Property("/".join(names) if len(names) > 1 or registry.missing else f"{names[0]}/", found.path)


def _named(part: Property) -> Iterator[Property]:
    """Return the images that an operator's object sets explicitly, in containers that it adds to a pod."""
    for key in part.keys:
        found = part[key]
        if key in ("image", "imageName") and found.text is not None:
            yield found
        elif key == "volumes":
            yield from _mounted(found)
        elif found.mapping or found.listing:
            yield from _named(found)
    for each in part.elements():
        yield from _named(each)
