"""What a stack asks of releases: outside production nobody waits for people."""

from __future__ import annotations

from slipway.settings.cluster_services import ClusterServices
from slipway.settings.system import System

PRODUCTION = "production"
"""The environment whose releases wait for windows, people and backups, and are announced."""


def as_released(definition: System, environment: str, services: ClusterServices) -> System:
    """Return the definition of a system as a controller of an environment releases it. Outside production that is without
    window, approvals, attestations, announcements and reviews; `releases.hold` takes the place of the steps' own holds.
    Where people release by hand, the definition is theirs as it is."""
    if services.controllers.releases != "installed":
        return definition
    release, hold = definition.release, services.releases.hold
    changes = {"steps": [each.model_copy(update={"hold": hold}) for each in release.steps]} if hold else {}
    if environment == PRODUCTION:
        return definition.model_copy(update={"release": release.model_copy(update=changes)}) if changes else definition
    changes |= {"window": None, "approvals": [], "announcements": [], "reviews": []}
    return definition.model_copy(update={"release": release.model_copy(update=changes), "attestations": []})
