"""Policy packs and their findings as plain data. The light parent process imports this module, so it must not import
pulumi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class PolicyPack:
    """A pack's directory and its configuration, shaped as the file of `pulumi preview --policy-pack-config`."""

    path: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Path | None = None
    """Folder of the pack's levels, exemptions and lists, if it is not the pack's own."""


@dataclass(frozen=True)
class Finding:
    """One report of one policy; `urn` is empty for a finding about the whole stack.

    `level` is one of "advisory", "mandatory", "remediate" and "disabled".
    """

    pack: str
    pack_version: str
    policy: str
    level: str
    urn: str
    message: str
    description: str
    severity: str

    def to_json(self) -> dict[str, str]:
        """Return the finding as plain JSON values; `Finding(**finding.to_json())` restores it."""
        return asdict(self)


@dataclass(frozen=True)
class EvaluatedPack:
    """A pack that checked, and the number of its enabled rules."""

    pack: str
    version: str
    rules: int
    in_force: int


class PolicyFailure(Exception):
    """A pack could not evaluate its policies, which must end the run: a policy that did not run has not passed. The
    cause has the reason."""
