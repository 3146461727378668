"""Migration Jobs and the backup Jobs before them: their annotations and logins."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.containers import containers_of, pod_of
from adapters.sql import SqlError
from adapters.sql_effects import can_fail, changes_something
from framework import Property, Resource

JOB = "kubernetes:batch/v1:Job"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
LABEL = "slipway.dev/migration"
OWNER, BACKUP = "-owner", "-backup"
"""Suffixes of the Secrets with a role's login: `<database>-owner` can change it, `<database>-backup` can read it."""


def is_migration(resource: Resource) -> bool:
    """Return whether the resource belongs to a migration; unknown labels count as one."""
    return resource["metadata"]["labels"][LABEL].present


def declared(job: Resource, fact: str) -> Property:
    """Return a migration's annotation: `backup`, `verified`, `rollback` or `compatible`, each `true` or `false`."""
    return job["metadata"]["annotations"][f"{LABEL}-{fact}"]


def unawaited(job: Resource) -> Property:
    """Return the annotation that is `true` if dependents do not wait for the Job."""
    return job["metadata"]["annotations"]["pulumi.com/skipAwait"]


def runs_program(job: Resource) -> bool:
    """Return whether a service's program makes the change, in a document database: SQL files would be in a ConfigMap."""
    volumes = pod_of(job)["volumes"]
    return not volumes.unknown and not any(each["configMap"].present for each in volumes.elements())


def databases_of(job: Resource, role: str) -> dict[str, Property]:
    """Return the databases whose login of `role` its containers read, each with the deciding property. An unknown one
    has its path as name."""
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


_CHECK = re.compile(
    r"CALL pg_temp\.slipway_check\((\$q\w+\$)verification\1, (\$q\w+\$).*?\2, (\$q\w+\$)(.*?)\3, ", re.DOTALL
)
"""A declared query in the generated script of a migration."""
_OTHER_CHECKS = ("CALL pg_temp.slipway_act(", "CALL pg_temp.slipway_compare(")
"""Triggers that must fire, and answers that must equal those from before."""


def proves_nothing(scripts: Resource) -> bool:
    """Return whether a migration has verification queries, none of which can fail, and no other check."""
    text = "\n".join(scripts["data"][name].text or "" for name in ("apply.sql", "after.sql"))
    queries = [found[4] for found in _CHECK.finditer(text)]
    return bool(queries) and not any(each in text for each in _OTHER_CHECKS) and not any(map(can_fail, queries))


def takes_nothing_back(scripts: Resource) -> bool:
    """Return whether the migration changes something but its rollback changes nothing."""
    sql, rollback = (scripts["data"][name].text for name in ("migration.sql", "rollback.sql"))
    try:
        return sql is not None and rollback is not None and changes_something(sql) and not changes_something(rollback)
    except SqlError:
        return False
