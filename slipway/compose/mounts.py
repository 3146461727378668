"""Mounts of Compose as folders of a service: volumes, writable folders, and files of the own machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slipway.compose.environment import Translated
from slipway.compose.mounted_files import Files
from slipway.compose.mounted_volumes import Mount, has_driver, mounts_of
from slipway.compose.remarks import Remarks, inner
from slipway.compose.service_facts import LONGEST_NAME, Facts, slug
from slipway.settings.document import LocatedDict

GUESSED_SIZE = 10
"""GiB of a volume, of which Compose says nothing. Chosen: small, because a disk can grow and never shrink."""
_FOLDER = re.compile(r"(?!/(proc|sys|dev|etc/slipway)(/|$))(?!.*/\.\.?(/|$))(/[A-Za-z0-9._@+-]+)+")
_SCRATCH = re.compile(r"(/[A-Za-z0-9._@+-]+)+")
READ_ONLY = "is read-only there, and can be written here"
PART = "mounts a folder of the volume there, and the whole volume here: put its files where the program reads them"
BEGINS_EMPTY = "begins empty here, as all volumes do"
ANONYMOUS = "is a writable folder here that begins empty and is lost with the pod: name a volume if it must stay"
SIZE = "has a size or a mode of its own there: 'writableSize' is for all writable folders of the service"
DRIVER = (
    "has a driver or options of its own, such as a network file system, and a volume here is a disk of the cluster: it was not "
    "translated, so put its files into a bucket or declare a volume under 'volumes'"
)
EXTERNAL = "is made elsewhere, and the volume here is a new one: copy its files into that"


class Folders:
    """Translates the mounts of services; all of them share what is known of the application."""

    def __init__(self, document: LocatedDict, everyone: Mapping[str, Facts], files: Files, remarks: Remarks) -> None:
        self._declared = inner(document, "volumes")
        self._everyone, self._files, self._remarks = everyone, files, remarks

    def of(self, facts: Facts, variables: Translated) -> dict[str, Any]:
        """Return the files, the writable folders and the volumes of a service; what stays open is remarked."""
        mounts = list(mounts_of(facts.declared))
        writable = [each.target for each in mounts if each.is_scratch and self._is_scratch_here(facts, each)]
        folders = list(dict.fromkeys(["/tmp", *writable]))
        files = self._files.of(facts, variables, folders)
        volumes: dict[str, dict[str, Any]] = {}
        sources: dict[str, str] = {}
        for mount in mounts:
            if mount.is_scratch:
                continue
            if mount.kind == "bind" and (text := self._files.bound(mount.source, mount.target, folders)) is not None:
                files[mount.target] = text
                self._files.remark_address(facts, mount.key, text, mount.mark)
                continue
            taken = [*folders, *files, *(each["mountPath"] for each in volumes.values())]
            reason = self._reason_against(facts, mount, taken, sources)
            if reason is not None:
                self._remark(facts, mount, reason)
                continue
            name = _free_name(mount.source, volumes)
            sources[mount.source] = name
            volumes[name] = {"mountPath": mount.target.rstrip("/"), "size": GUESSED_SIZE}
            self._remark_differences(facts, mount)
        return {"files": files, "writable": folders if writable else [], "volumes": volumes}

    def _is_scratch_here(self, facts: Facts, mount: Mount) -> bool:
        if not _SCRATCH.fullmatch(mount.target):
            self._remark(facts, mount, "is at no path that a writable folder can have: choose one under 'writable'")
            return False
        if mount.kind == "volume":
            self._remark(facts, mount, ANONYMOUS)
        elif mount.options:
            self._remark(facts, mount, SIZE)
        return True

    def _reason_against(self, facts: Facts, mount: Mount, taken: list[str], sources: Mapping[str, str]) -> str | None:
        """Return why a mount cannot be a volume of the service; None if it can."""
        if mount.kind != "volume":
            return _reason_against_kind(mount)
        declared = inner(self._declared, mount.source)
        if has_driver(declared):
            return DRIVER
        if mount.source in sources:
            return f"is the volume '{sources[mount.source]}' once more, which has one 'mountPath': choose one folder for both"
        others = [each.name for each in self._everyone.values() if each is not facts and _mounts(each, mount.source)]
        if others:
            return (
                f"is a disk that {', '.join(others)} mounts too, and a disk has one pod: let one service have it and the others "
                "call it, or put its files into a bucket"
            )
        target = mount.target
        if not _FOLDER.fullmatch(target.rstrip("/")):
            return f"is mounted at {target}, which is no folder that a volume can be: choose another mountPath"
        if any(target == each or target.startswith(f"{each}/") or each.startswith(f"{target}/") for each in taken):
            return f"is mounted at {target}, where other folders or files are: choose another mountPath"
        return None

    def _remark_differences(self, facts: Facts, mount: Mount) -> None:
        """Remark what a volume was there and is not here."""
        differing = {"ro": READ_ONLY, "subpath": PART, "nocopy": BEGINS_EMPTY}
        for option, text in differing.items():
            if option in mount.options:
                self._remark(facts, mount, text)
        others = sorted(mount.options - differing.keys())
        if others:
            self._remark(facts, mount, f"has {', '.join(others)} there, which a volume does not have here")
        if inner(self._declared, mount.source).get("external"):
            self._remark(facts, mount, EXTERNAL)

    def _remark(self, facts: Facts, mount: Mount, text: str) -> None:
        self._remarks.add(mount.mark, ("services", facts.original, *mount.key.split(".")), text)


def _mounts(facts: Facts, source: str) -> bool:
    return facts.role != "omitted" and any(
        each.source == source and each.kind == "volume" for each in mounts_of(facts.declared)
    )


def _free_name(source: str, volumes: Mapping[str, Any]) -> str:
    """Return the name of a volume, which no other one of the service has."""
    name, number = slug(source, "volume"), 2
    while name in volumes:
        suffix = f"-{number}"
        name, number = f"{slug(source, 'volume')[: LONGEST_NAME - len(suffix)]}{suffix}", number + 1
    return name


def _reason_against_kind(mount: Mount) -> str:
    if "docker.sock" in mount.source:
        return "is the socket of Docker, which no pod has"
    if mount.kind == "bind":
        return f"mounts files of the own machine at {mount.target}: copy them into the image; what it writes there, put into a bucket"
    return f"is mounted at {mount.target}, and pods have no such thing: put its files into a bucket or a database"
