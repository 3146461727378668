"""Jobs that change databases, and those that back them up before: what each says of itself."""

from __future__ import annotations

from collections.abc import Iterator

from frame import Property, Resource
from kinds.containers import containers_of, pod_of

JOB = "kubernetes:batch/v1:Job"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
LABEL = "slipway.dev/migration"
OWNER, BACKUP = "-owner", "-backup"
"""How the names of Secrets end that hold the login of a role: `<database>-owner` changes it, `<database>-backup` reads
it."""


def is_migration(resource: Resource) -> bool:
    """Whether it belongs to a migration; one whose labels nobody knows yet may."""
    return resource["metadata"]["labels"][LABEL].present


def declared(job: Resource, fact: str) -> Property:
    """What a migration says of itself: `backup`, `verified`, `rollback` or `compatible`, each `true` or `false`."""
    return job["metadata"]["annotations"][f"{LABEL}-{fact}"]


def unawaited(job: Resource) -> Property:
    """`true` if what depends on the Job does not wait for its end."""
    return job["metadata"]["annotations"]["pulumi.com/skipAwait"]


def runs_program(job: Resource) -> bool:
    """Whether a program of a service makes the change, on documents: files of SQL come in a ConfigMap."""
    volumes = pod_of(job)["volumes"]
    return not volumes.unknown and not any(each["configMap"].present for each in volumes.elements())


def databases_of(job: Resource, role: str) -> dict[str, Property]:
    """The databases whose login of `role` its containers read, each with the property that says so. One that is not
    known is under its path."""
    found = {}
    for name in _secrets(job):
        if name.unknown:
            found[name.path] = name
        elif name.text and name.text.endswith(role):
            found[name.text.removesuffix(role)] = name
    return found


def _secrets(job: Resource) -> Iterator[Property]:
    for container in containers_of(job):
        for variable in container["env"].elements():
            name = variable["valueFrom"]["secretKeyRef"]["name"]
            if name.present:
                yield name
        for source in container["envFrom"].elements():
            name = source["secretRef"]["name"]
            if name.present:
                yield name
