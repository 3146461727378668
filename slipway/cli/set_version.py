"""`slipway set-version`."""

from __future__ import annotations

import sys
from pathlib import Path

from slipway.cli import stack_file
from slipway.cli.lookup import find_system, refused
from slipway.cli.selection import select_slipway
from slipway.settings.document import mark_at, read
from slipway.settings.exit_statuses import OK
from slipway.settings.load import name_in
from slipway.settings.rewriting import with_value

IN_PLACE = (
    "{slot} is the active slot of {system}: its pods are replaced under its visitors, without steps; "
    "`slipway release hand-over` releases into the other slot"
)


def set_version(
    cwd: Path,
    name: str | None,
    file: Path | None,
    *,
    system: str,
    slot: str,
    version: str,
    service: str | None = None,
) -> int:
    """Write `version` of a slot, or of one service in it, into the stack's file, and nothing else. Raises InvalidSettings
    and changes nothing if the result would be invalid."""
    selection = select_slipway(cwd, name, file)
    key = ("version",) if service is None else ("versions", service)
    path = (*stack_file.deployment_path(selection, system), slot, *key)
    shown = name_in(selection.project, selection.file)
    stack_file.check_version(version, mark_at(read(selection.file, shown), path), path)
    text = selection.file.read_bytes().decode()
    declared = find_system(selection.stack, system)[1].deployment.slot(slot)
    before = declared.version if service is None else declared.versions.get(service)
    what = f"{system} {slot}" if service is None else f"{service} of {system} {slot}"
    if service is not None and declared.version is None:
        raise refused(f"slot {slot} of {system} has no version: set that first, without --service")
    if before == version:
        print(f"{shown}: {what} is already {version}")
        return OK
    stack_file.write(selection, with_value(text, path, version))
    mark = mark_at(read(selection.file, shown), path)
    print(f"{shown}:{mark.line}: {what}: {before or declared.version or 'no version'} → {version}")
    cluster, deployed = find_system(selection.stack, system)
    if cluster.settings.controllers.releases != "absent" and declared.version and slot == deployed.deployment.active:
        print(IN_PLACE.format(system=system, slot=slot), file=sys.stderr)
    return OK
