"""Names that services of Compose refer to, all of which the file must declare."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.compose.application import Application
from slipway.compose.mounted_volumes import mounts_of
from slipway.compose.remarks import inner, listed
from slipway.settings.document import LocatedDict, Mark
from slipway.settings.problems import Place, Problem, nearest


def undefined(application: Application) -> list[Problem]:
    """Return what Compose refuses: names of services, volumes, secrets, configs and networks that nobody declares."""
    if "include" in application.document:
        return []  # Other files may declare them.
    found: list[Problem] = []
    for service, declared in application.services.items():
        if "profiles" in declared:
            continue
        for key, section, name, mark in _references(declared):
            known = application.services if section == "services" else inner(application.document, section)
            if name not in known and (section, name) != ("networks", "default"):
                rule = f"names nothing of '{section}' in the file{nearest(name, known)}"
                found.append(Problem(Place(mark.file, mark.line, ("services", service, *key.split("."))), rule))
    return found


def _references(declared: LocatedDict) -> Iterator[tuple[str, str, str, Mark]]:
    """Yield the key of each name, the section that declares it, the name and its position."""
    waits = inner(declared, "depends_on")
    for name, each in waits.items():
        if not isinstance(each, dict) or each.get("required", True):
            yield f"depends_on.{name}", "services", name, waits.marks[name]
    networks = inner(declared, "networks")
    yield from ((f"networks.{name}", "networks", name, networks.marks[name]) for name in networks)
    for key, section in (("depends_on", "services"), ("networks", "networks"), ("links", "services")):
        for index, (each, mark) in enumerate(listed(declared, key)):
            if isinstance(each, str):
                yield f"{key}.{index}", section, each.partition(":")[0] if key == "links" else each, mark
    for section in ("secrets", "configs"):
        for index, (each, mark) in enumerate(listed(declared, section)):
            name = each.get("source") if isinstance(each, dict) else each
            yield f"{section}.{index}", section, str(name), mark
    for mount in mounts_of(declared):
        if mount.kind == "volume" and mount.source:
            yield mount.key, "volumes", mount.source, mount.mark
