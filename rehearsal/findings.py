"""What a policy pack is to a rehearsal, and what it finds. Imported by the light parent process: no pulumi here."""

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


@dataclass(frozen=True)
class Finding:
    """One report of one policy; `urn` is empty when the policy speaks of the stack as a whole.

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
        """The finding as plain JSON values; `Finding(**finding.to_json())` gives it back."""
        return asdict(self)


class PolicyFailure(Exception):
    """A pack could not judge, which must end the run: a policy that did not run has not passed. Its cause says why."""
