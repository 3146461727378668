"""What the pods of backups run, as files of one ConfigMap.

A program's own messages stay inside: each pod tells what it did, or why not, in one line of JSON.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pulumi_kubernetes import core

from builders import database_roles
from builders.scope import Scope

NAME = "backup-scripts"
FOLDER = Path(__file__).with_name("scripts")


@cache
def texts() -> dict[str, str]:
    """By file name. A restored database gets its roles and grants as a new one does."""
    ours = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir()) if path.is_file()}
    return {**ours, "roles.sql": database_roles.SQL}


def scripts(scope: Scope, source: str) -> core.v1.ConfigMapInitArgs:
    return core.v1.ConfigMapInitArgs(metadata=scope.metadata(NAME, source), data=texts())
