"""Node pools of AKS."""

from __future__ import annotations

import re

from adapters.safeguards import Safeguard
from framework import Resource, Settings, Verdict

POOL = "azure-native:containerservice:AgentPool"
SPOT = "kubernetes.azure.com/scalesetpriority"
_CORES = re.compile(r"Standard_[A-Z]+(?P<cores>[0-9]+)[a-z]*.*")
"""A size of a machine: the first number in its name is that of its cores."""


UPDATED = tuple(
    Safeguard(path=("autoUpgradeProfile", channel), safe=safe, otherwise="takes no security updates")
    for channel, safe in (
        ("upgradeChannel", ("patch", "stable", "rapid", "node-image")),
        ("nodeOSUpgradeChannel", ("NodeImage", "SecurityPatch")),
    )
)
"""Channels by which a cluster and the systems of its nodes are updated. Source: AKS, auto-upgrade."""


def limits(pool: Resource, settings: Settings, verdict: Verdict) -> None:
    """Check that a pool has a limit of cores, is scaled, and has no public addresses."""
    most, size, count = int(settings["maximumCpu"]), pool["vmSize"], pool["maxCount"]
    scaled = pool["enableAutoScaling"]
    for each in (size, count, scaled):
        if each.unknown:
            verdict.undecided(pool, each, "nodePools")
            return
    found = _CORES.fullmatch(size.text or "")
    cores = int(found["cores"]) * (count.whole_number or 0) if found else 0
    if scaled.value is not True:
        verdict.violated(pool, "is not scaled with its pods: enableAutoScaling is not true", "nodePools")
    elif not 0 < cores <= most:
        verdict.violated(pool, f"has no limit of at most {most} cores: {size.path}, {count.path}", "nodePools")
