"""What makes a release: a change of any of it is another release, with gates of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from slipway.release.objects import ReleasedMigration
from slipway.settings.stacks import DeployedSystem

DIGITS = 10
"""Hexadecimal digits. Chosen: 40 bits, which people can compare and no system's releases use up."""


def of(deployed: DeployedSystem, migrations: Sequence[ReleasedMigration]) -> str:
    """Returns the identifier of the release: a digest of target, migrations, artefacts, attempt and the versions of
    single services."""
    deployment = deployed.deployment
    slot = deployment.slot(deployment.active)
    content = [
        deployment.active,
        slot.version,
        [[each.job, each.backup] for each in migrations],
        {name: artefact.model_dump(mode="json") for name, artefact in slot.artefacts.items()},
        deployment.attempt,
        *([slot.versions] if slot.versions else []),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:DIGITS]
