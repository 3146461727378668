"""`slipway member`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from slipway.cli.lookup import refused
from slipway.cli.selection import Selection, select_slipway
from slipway.settings.document import LocatedDict, LocatedList
from slipway.settings.engine_config import in_namespace
from slipway.settings.exit_statuses import OK
from slipway.settings.members import FOLDER

HEAD = """# What {stack} has on the clusters of {foundation}, for its project: {folder}/{file}
# Made by `slipway member --stack {name}`, again when its warnings say so. Versions and variables are not in it.
"""


def member(cwd: Path, stack: str | None, file: Path | None) -> int:
    """Print the file by which the project with the clusters of a stack knows its systems. Raises InvalidSettings."""
    selection = select_slipway(cwd, stack, file)
    foundation = selection.stack.foundation
    if foundation is None or foundation.split("/")[1] == selection.project.name:
        where = "its own clusters" if foundation is None else f"those of {foundation}, which finds it by its file"
        raise refused(
            f"--stack {selection.stack.name} is on {where}: only a foundation of another project needs that file"
        )
    print(text(selection, foundation), end="")
    return OK


def text(selection: Selection, foundation: str) -> str:
    """Return the text of the file."""
    project, name = selection.project.name, selection.stack.name
    clusters = {
        cluster: {system: plain(deployed.contract) for system, deployed in found.systems.items()}
        for cluster, found in selection.stack.clusters.items()
    }
    environment = plain(in_namespace(selection.written(), project)["environment"])
    document = {
        "stack": f"{project}/{name}",
        "foundation": foundation,
        "environment": environment,
        "clusters": clusters,
    }
    head = HEAD.format(
        stack=f"{project}/{name}", foundation=foundation, folder=FOLDER, file=f"{project}.{name}.yaml", name=name
    )
    return head + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def plain(value: Any) -> Any:
    """Return a value without its lines."""
    if isinstance(value, LocatedDict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, LocatedList) else value
