"""Replicas and resources of Compose."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from slipway.compose.remarks import Remarks, inner, listed, mark_of
from slipway.compose.service_facts import Facts
from slipway.settings.document import LocatedDict, Mark

_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[bkmgt]?)b?", re.IGNORECASE)
MEBIBYTE = 2**20
"""Bytes."""
DEFAULT_MEMORY, DEFAULT_CPU = 256, 100
"""Requests that nobody has to write, in Mi and thousandths of a core. Source: `Resources` in slipway/settings/services.py."""
DEFAULT_MEMORY_LIMIT, DEFAULT_CPU_LIMIT = 512, 1000
"""Limits that nobody has to write, in the same units. Source: the same."""
FEWEST, MOST = 2, 6
"""Replicas that nobody has to write. Source: `Replicas` in slipway/settings/services.py."""
PLACEMENT = "chooses nodes by their names and labels there, and by 'placement' here (docs/scaling.md)"
ALL = "all"
"""All GPUs of the machine, as a request without a number means. Source: Compose Specification, deploy, devices."""
GPU_ALL = "is all GPUs of the machine there, and one here: set 'placement.gpus'"
GPU_POOL = "needs a node pool with GPUs in 'nodePools' of the cluster (docs/scaling.md)"
_OWN = ("replicas", "resources", "restart_policy", "update_config", "rollback_config", "mode")
"""Keys that are translated, or that a release takes the place of."""


def translated(facts: Facts, remarks: Remarks) -> dict[str, Any]:
    """Return `replicas` and `resources` of a service, where they are not the defaults."""
    deploy = inner(facts.declared, "deploy")
    path = ("services", facts.original, "deploy")
    for key in deploy:
        if key not in _OWN:
            remarks.add(
                deploy.marks[key], (*path, key), PLACEMENT if key == "placement" else "has no counterpart in a system"
            )
    if deploy.get("mode") == "global":
        remarks.add(deploy.marks["mode"], (*path, "mode"), "runs on each node, which services of a system do not")
    found: dict[str, Any] = {}
    replicas = str(deploy.get("replicas", facts.declared.get("scale", "")))
    if replicas.isdigit() and int(replicas) > 1:
        found["replicas"] = {"minimum": int(replicas), "maximum": max(MOST, int(replicas))}
    elif replicas:
        text = f"is {replicas}: a service has {FEWEST} to {MOST}; set 'singleton' with the reason if there must be one"
        remarks.add(mark_of(deploy, "replicas"), (*path, "replicas"), text)
    resources = _resources(facts, remarks)
    return found | ({"resources": resources} if resources else {})


def _resources(facts: Facts, remarks: Remarks) -> dict[str, str]:
    declared = inner(inner(facts.declared, "deploy"), "resources")
    limits, reserved, own = inner(declared, "limits"), inner(declared, "reservations"), facts.declared
    for name, bounds in (("limits", limits), ("reservations", reserved)):
        for key in bounds.keys() - {"cpus", "memory"}:
            if key == "devices" and list(_gpu_devices(facts)):
                continue
            path = ("services", facts.original, "deploy", "resources", name, key)
            remarks.add(
                bounds.marks[key], path, f"cannot be set: services have bounds of processors and memory, no {key}"
            )
    memory, memory_limit = _bounded(
        _mebibytes(reserved.get("memory", own.get("mem_reservation"))),
        _mebibytes(limits.get("memory", own.get("mem_limit"))),
        DEFAULT_MEMORY,
        DEFAULT_MEMORY_LIMIT,
    )
    cpu, cpu_limit = _bounded(
        _thousandths(reserved.get("cpus")),
        _thousandths(limits.get("cpus", own.get("cpus"))),
        DEFAULT_CPU,
        DEFAULT_CPU_LIMIT,
    )
    units = (
        ("cpu", cpu, "m"),
        ("cpuLimit", cpu_limit, "m"),
        ("memory", memory, "Mi"),
        ("memoryLimit", memory_limit, "Mi"),
    )
    return {key: f"{each}{unit}" for key, each, unit in units if each is not None}


def gpus(facts: Facts, remarks: Remarks) -> int:
    """Return the GPUs that a service asks for; what that needs is remarked."""
    found = 0
    for each, mark, path in _gpu_devices(facts):
        device = each if isinstance(each, LocatedDict) else LocatedDict(mark)
        ids, count = listed(device, "device_ids"), str(device.get("count", ALL))
        found += len(ids) or (int(count) if count.isdigit() else 1)
        text = GPU_POOL if ids or count.isdigit() else f"{GPU_ALL}; {GPU_POOL}"
        remarks.add(mark, ("services", facts.original, *path.split(".")), text)
    return found


def _gpu_devices(facts: Facts) -> Iterator[tuple[Any, Mark, str]]:
    """Yield the requests for GPUs, each with its position and its path in the service."""
    reserved = inner(inner(inner(facts.declared, "deploy"), "resources"), "reservations")
    for index, (each, mark) in enumerate(listed(reserved, "devices")):
        if isinstance(each, LocatedDict) and "gpu" in (each.get("capabilities") or ()):
            yield each, mark, f"deploy.resources.reservations.devices.{index}"
    yield from ((each, mark, "gpus") for each, mark in listed(facts.declared, "gpus"))


def _mebibytes(value: Any) -> int | None:
    found = _SIZE.fullmatch(str(value))
    if found is None:
        return None
    return max(1, math.ceil(float(found["number"]) * _UNITS[found["unit"].lower()] / MEBIBYTE))


def _thousandths(value: Any) -> int | None:
    try:
        return max(1, round(float(value) * 1000)) if value is not None else None
    except ValueError:
        return None


def _bounded(request: int | None, limit: int | None, usual: int, usual_limit: int) -> tuple[int | None, int | None]:
    """Return request and limit so that the first is never above the second, whichever of them is left to its default."""
    if limit is not None and (request or usual) > limit:
        return limit, limit
    if request is not None and limit is None and request > usual_limit:
        return request, request
    return request, limit
