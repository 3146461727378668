"""Images of containers: where resources name them, and what a name says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from frame import Property, Resource
from kinds.containers import WORKLOADS, pod_of

_OPERATED: Mapping[str, tuple[str, ...]] = {
    "kubernetes:postgresql.cnpg.io/v1:Cluster": ("spec", "imageName"),
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": ("spec", "image"),
    "kubernetes:kibana.k8s.elastic.co/v1:Kibana": ("spec", "image"),
    "kubernetes:rabbitmq.com/v1beta1:RabbitmqCluster": ("spec", "image"),
    "kubernetes:gateway.envoyproxy.io/v1alpha1:EnvoyProxy": (
        "spec", "provider", "kubernetes", "envoyDeployment", "container", "image",
    ),
}  # fmt: skip
"""Where objects of operators name the image of their pods, if it is not the operator's own choice."""
RUNNING = (*WORKLOADS, *_OPERATED)
"""What runs images."""

REPOSITORY = "aws:ecr/repository:Repository"
AZURE_REGISTRY = "azure-native:containerregistry:Registry"
_ECR = re.compile(r"\d{12}\.dkr[.-]ecr(-fips)?\.[\w-]+\.(amazonaws\.com(\.cn)?|on\.aws)")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MOVING = re.compile(r"\D*|v?\d{1,3}(\.\d{1,3})?(-[a-z]+)?")
"""A word such as `stable`, or a version that is not a full one, such as `17`, `v1.2` or `3-alpine`."""
_FIRST_HOST = "docker.io"


@dataclass(frozen=True)
class Image:
    """What a name says: `docker.io`, `library/postgres`, `17.6-alpine3.22`, `sha256:…`."""

    host: str
    path: str
    tag: str
    digest: str

    @property
    def pinned(self) -> bool:
        """Whether its digest names one image and no other."""
        return bool(_DIGEST.fullmatch(self.digest))

    @property
    def moving(self) -> bool:
        """Whether its tag is one that goes on to the next image."""
        return bool(_MOVING.fullmatch(self.tag))

    @property
    def on_ecr(self) -> bool:
        return bool(_ECR.fullmatch(self.host))

    def within(self, places: Sequence[str]) -> bool:
        """Whether it is below one of `places`: a host, or a host with the beginning of a path."""
        name = f"{self.host}/{self.path}/"
        return any(name.startswith(f"{each.rstrip('/')}/") for each in places)


def image(text: str) -> Image:
    """What Docker makes of the name: short ones are of Docker Hub."""
    name, _, digest = text.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    host, slash, rest = path.partition("/")
    if not slash or not (re.search(r"[.:]", host) or host == "localhost"):
        host, rest = _FIRST_HOST, path if slash else f"library/{path}"
    return Image(_FIRST_HOST if host == "index.docker.io" else host, rest, tag, digest)


def images_of(resource: Resource) -> Iterator[Property]:
    """Every name of an image in what runs some; missing where a container has none."""
    if resource.type in _OPERATED:
        named = resource.properties
        for key in _OPERATED[resource.type]:
            named = named[key]
        yield from () if named.missing else (named,)
        return
    pod = pod_of(resource)
    for group in (pod["containers"], pod["initContainers"]):
        yield from (each["image"] for each in ([group] if group.unknown else group.elements()))
