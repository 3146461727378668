"""Where pods run: what a service asks of its nodes, and the node pools of a cluster that have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf

from pydantic import Field

from slipway.settings.fields import Copies, Cores, Gpus, LabelKey, LabelValue, MemoryGibibytes
from slipway.settings.setting import OVERRIDABLE, Setting

Architecture = OneOf["amd64", "arm64"]
Priority = OneOf["data", "serving", "background"]
USUAL: Architecture = "amd64"
"""Architecture of the nodes in `kubernetes.nodes`. Chosen: images without another one have it."""


class ExtraNodePool(Setting):
    """Nodes besides those of `kubernetes.nodes`, for the services alone whose `placement` asks for them. They are created
    when pods need them, and removed when none does."""

    architecture: Architecture = USUAL
    """Architecture of their processors, for which images must be built; by default that of all other nodes."""
    spot: bool = False
    """Whether the cloud may take its nodes back at any time, at a lower price; by default it may not."""
    gpus: Gpus = 0
    """GPUs of NVIDIA a node; none by default."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of its nodes by which services choose it, such as `{disk: fast}`; none by default."""
    maximum: Copies = 3
    """Maximum nodes: a limit for the bill. Three by default, one in each zone."""
    cpu: Cores = 4
    """Cores per node; by default as many as other nodes have."""
    memory: MemoryGibibytes = 16
    """GiB of memory per node; by default as much as other nodes have."""


class Placement(Setting):
    """What pods ask of their nodes. A cluster that has no such nodes in `nodePools` is refused."""

    architecture: Architecture | None = Field(default=None, json_schema_extra=OVERRIDABLE)
    """Architecture that its image is built for, if for one only; by default that of the cluster's nodes, amd64."""
    spot: bool = Field(default=False, json_schema_extra=OVERRIDABLE)
    """Whether its pods prefer spot nodes, which the cloud may take back two minutes after it says so. They run on others
    that fit while there are none. By default they never run on spot nodes."""
    gpus: Gpus = Field(default=0, json_schema_extra=OVERRIDABLE)
    """GPUs of NVIDIA a replica; none by default."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, json_schema_extra=OVERRIDABLE)
    """Labels that their nodes must have; none by default."""

    @property
    def usual(self) -> bool:
        """Return whether the nodes that every cluster has will do."""
        return self.architecture in (None, USUAL) and not self.gpus and not self.labels

    @property
    def asks(self) -> bool:
        return self.architecture is not None or self.spot or not self.usual

    @property
    def wanted(self) -> str:
        """Return what it asks for, in words: `arm64, spot, 1 GPU, disk=fast`."""
        gpus = f"{self.gpus} GPU{'s' if self.gpus > 1 else ''}" if self.gpus else None
        labels = [f"{key}={value}" for key, value in self.labels.items()]
        return ", ".join(each for each in (self.architecture, "spot" if self.spot else None, gpus, *labels) if each)


def fitting(placement: Placement, pools: Mapping[str, ExtraNodePool]) -> list[str]:
    """Return the names of the node pools on which such pods may run. Nodes with GPUs or labels are for those
    that ask for them."""
    return [name for name, pool in pools.items() if _fits(placement, pool)]


def _fits(placement: Placement, pool: ExtraNodePool) -> bool:
    return (
        pool.architecture == (placement.architecture or USUAL)
        and (placement.spot or not pool.spot)
        and pool.gpus >= placement.gpus
        and bool(pool.gpus) == bool(placement.gpus)
        and placement.labels.items() <= pool.labels.items()
        and bool(pool.labels) == bool(placement.labels)
    )
