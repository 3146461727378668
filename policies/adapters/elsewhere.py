"""Systems that others watch, or collect the logs of, as the annotations of their namespaces say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.log_collection import cluster_of
from framework import Resource

NAMESPACES = ("kubernetes:core/v1:Namespace", "kubernetes:core/v1:NamespacePatch")
"""Of one's own, and of others."""
WATCHED, COLLECTED = "watched-by", "logs-collected-by"
"""Annotations: who does what no controller of the cluster does."""


def looked_after(resources: Sequence[Resource], annotation: str) -> Callable[[Resource], bool]:
    """Return whether a resource belongs to a system whose namespace has the annotation: by its namespace in the cluster,
    or a cloud's own by the file that declares it."""
    named = [each for each in resources if each.type in NAMESPACES and each.annotation(annotation).text]
    places = {(cluster_of(each), each["metadata"]["name"].text) for each in named}
    files = {_file(each) for each in named} - {""}

    def is_one(resource: Resource) -> bool:
        if resource.package == "kubernetes":
            return (cluster_of(resource), resource["metadata"]["namespace"].text) in places
        return _file(resource) in files

    return is_one


def _file(resource: Resource) -> str:
    return resource.source.partition(":")[0]
