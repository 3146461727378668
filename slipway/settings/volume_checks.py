"""Rules on services with persistent volumes: what their disks, their single pod and their place outside the slots allow."""

from __future__ import annotations

from collections.abc import Iterator

from slipway.settings.calls import calls
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path as Keys
from slipway.settings.references import FromCache, FromFlag, FromSlot
from slipway.settings.services import SHARED, Service
from slipway.settings.store_names import claim
from slipway.settings.system import System
from slipway.settings.volumes import LARGEST_ARCHIVE, Volume

SLOTS = ("blue", "green")
_ALONE = "is set beside 'volumes', whose disks one pod mounts at a time: take one of them away"


def findings(system: System) -> Found:
    """Yield every volume that could not be mounted or kept, and what a service outside the slots cannot use."""
    taken: dict[str, Keys] = {}
    for name, service in system.services.items():
        path = ("services", name)
        if not service.volumes:
            if service.slots is not None:
                rule = "is for services with 'volumes': all others run in each slot"
                yield Finding((*path, "slots"), rule)
            continue
        yield from _alone(system, name, service)
        for volume, declared in service.volumes.items():
            place = (*path, "volumes", volume)
            yield from _volume(place, declared)
            yield from _named(place, name, service, volume, taken)
        yield from _folders(path, service)
        if service.is_shared:
            yield from _outside(system, name, service)


def _alone(system: System, name: str, service: Service) -> Found:
    """Check that nothing asks for a second pod with the same disk."""
    path = ("services", name)
    for key, field in (("replicas", "replicas"), ("singleton", "singleton"), ("liveOnly", "live_only")):
        if field in service.model_fields_set and getattr(service, field):
            yield Finding((*path, key), _ALONE, ((*path, "volumes"),))
    for schedule, declared in system.schedules.items():
        if declared.service == name:
            rule = (
                f"is the program of service '{name}', whose volumes its pods could not mount: call the service over the "
                "network, or choose another one"
            )
            yield Finding(("schedules", schedule, "service"), rule, ((*path, "volumes"),))


def _volume(place: Keys, volume: Volume) -> Found:
    backup = (*place, "backup")
    if volume.backup != "none" and volume.reason is not None:
        yield Finding((*place, "reason"), "is for 'backup: none': take one of them away", (backup,))
    if volume.backup == "none" and "restore_test" in volume.model_fields_set:
        yield Finding((*place, "restoreTest"), "tests the archives of a volume without a backup", (backup,))
    if volume.backup != "none" and volume.size > LARGEST_ARCHIVE:
        rule = (
            f"is more than the {LARGEST_ARCHIVE} GiB that are packed in a night: put large files into a bucket, or set "
            "'backup: none' with the 'reason', and back it up by what your cloud has"
        )
        yield Finding((*place, "size"), rule, (backup,))


def _named(place: Keys, name: str, service: Service, volume: str, taken: dict[str, Keys]) -> Found:
    """Check for claims with the same name: service `a` with `b-shared-c`, and `a-shared-b` with `c`."""
    for slot in [SHARED] if service.is_shared else SLOTS:
        owner = taken.setdefault(claim(name, slot, volume), place)
        if owner != place:
            rule = f"makes the claim '{claim(name, slot, volume)}', as another volume does: choose another name"
            yield Finding(place, rule, (owner,))


def _folders(path: Keys, service: Service) -> Found:
    """Check that volumes, writable folders and files leave each other alone."""
    found = [((*path, "volumes", name, "mountPath"), each.mount_path) for name, each in service.volumes.items()]
    for index, (place, folder) in enumerate(found):
        for other, inner in found[:index]:
            if _within(folder, inner) or _within(inner, folder):
                yield Finding(place, f"and {inner} are one inside of the other: choose other folders", (other,))
        for number, writable in enumerate(service.writable):
            if _within(folder, writable) or _within(writable, folder):
                rule = f"overlaps the writable folder {writable}, which is lost with the pod: take it out of 'writable'"
                yield Finding(place, rule, ((*path, "writable", number),))
        for where, file in _files(path, service):
            if _within(file, folder) or _within(folder, file):
                yield Finding(where, f"is in the volume at {folder}: choose another path", (place,))


def _files(path: Keys, service: Service) -> Iterator[tuple[Keys, str]]:
    yield from (((*path, "files", file), file) for file in service.files)
    for kind, companions in (("init", service.init), ("sidecars", service.sidecars)):
        for name, each in companions.items():
            yield from (((*path, kind, name, "files", file), file) for file in each.files)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _outside(system: System, name: str, service: Service) -> Found:
    """Check that a service which both slots use needs nothing of one slot."""
    path = ("services", name)
    instead = "set 'slots: own', or give that service volumes of its own too"
    for index, needed in enumerate(service.needs):
        if needed in system.services and not system.services[needed].is_shared:
            rule = f"is a service of the slots, and '{name}' runs outside of them: {instead}"
            yield Finding((*path, "needs", index), rule, ((*path, "volumes"),))
    for called in calls(system)[name]:
        if not system.services[called].is_shared:
            rule = f"runs outside the slots, and calls '{called}', of which each slot has one: {instead}"
            yield Finding(path, rule, (("services", called),))
    for value in system.uses(service):
        if isinstance(value, FromSlot) and value.slot == "name":
            yield Finding(path, "runs outside the slots, and a variable has the name of one: set 'slots: own'")
        elif isinstance(value, FromCache) and value.cache in system.caches:
            if system.caches[value.cache].slots == "own":
                rule = f"runs outside the slots, and cache '{value.cache}' has a server in each: share one of them"
                yield Finding(path, rule, (("caches", value.cache, "slots"),))
        elif isinstance(value, FromFlag) and value.flag in system.flags and system.flags[value.flag].since:
            rule = f"runs outside the slots, and flag '{value.flag}' differs between them: set 'slots: own'"
            yield Finding(path, rule, (("flags", value.flag, "since"),))
