"""The scripts of the backup pods, as files of one ConfigMap.

The output of programs is not logged: each pod reports its result, or its error, in one line of JSON.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pulumi_kubernetes import core

from components.manifests.scope import Scope
from components.system.database.manifests import roles as database_roles

NAME = "backup-scripts"
OF_VOLUMES = ("archive.sh", "retest.sh", "streams.sh", "unpack.sh", "unpacked.sh")
FOLDER = Path(__file__).with_name("scripts")


@cache
def texts() -> dict[str, str]:
    """Returns the scripts by file name. A restored database gets its roles and grants like a new one."""
    ours = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir()) if path.is_file()}
    return {**ours, "roles.sql": database_roles.SQL}


def scripts(scope: Scope, source: str, *, archives: bool) -> core.v1.ConfigMapInitArgs:
    """Returns the ConfigMap; with `archives` also the scripts for volumes."""
    data = {name: text for name, text in texts().items() if archives or name not in OF_VOLUMES}
    return core.v1.ConfigMapInitArgs(metadata=scope.metadata(NAME, source), data=data)
