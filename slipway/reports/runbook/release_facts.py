"""What a runbook is about: a system on a cluster of a stack, and the release that comes next or came last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from slipway.reports import clocks
from slipway.settings.databases import Backup
from slipway.settings.fields import seconds
from slipway.settings.releases import Migration, Release
from slipway.settings.stacks import DeployedSystem, Stack, StackCluster
from slipway.settings.system import System

SLOTS = ("blue", "green")


@dataclass(frozen=True)
class Facts:
    """A system, where it runs, and the time from which clock times are computed."""

    stack: Stack
    cluster: StackCluster
    deployed: DeployedSystem
    at: datetime

    @property
    def definition(self) -> System:
        return self.deployed.definition

    @property
    def release(self) -> Release:
        return self.deployed.definition.release

    @property
    def system(self) -> str:
        return self.deployed.name

    @property
    def namespace(self) -> str:
        return self.deployed.namespace

    @property
    def is_automatic(self) -> bool:
        """Return whether a controller in the cluster releases."""
        return self.cluster.settings.controllers.releases != "absent"

    @cached_property
    def start(self) -> datetime:
        """Return the earliest start: when the window is open next, or `at`."""
        return clocks.start(self.deployed, self.at)

    @property
    def candidate(self) -> str:
        """Return the slot that gets the visitors."""
        others = [slot for slot in SLOTS if slot != self.deployed.deployment.active]
        split = [slot for slot in others if self.deployed.deployment.weight(slot) > 0]
        return split[0] if split else self.deployed.deployment.active

    @property
    def former(self) -> str:
        """Return the slot that a rollback returns to."""
        return next(slot for slot in SLOTS if slot != self.candidate)

    @property
    def version(self) -> str:
        """Return the version that is released."""
        return self.deployed.deployment.slot(self.candidate).version or "(none yet)"

    @property
    def former_version(self) -> str | None:
        """Return the version that a rollback returns to; none before the second release."""
        return self.deployed.deployment.slot(self.former).version

    @property
    def is_first(self) -> bool:
        """Return whether there is no version before, with which the released one could share visitors."""
        return self.former_version is None

    @property
    def is_closed(self) -> bool:
        """Return whether visitors see the maintenance page during the release."""
        return self.release.maintenance or self.deployed.deployment.maintenance

    @property
    def migrations(self) -> Sequence[Migration]:
        """Return the migrations that the released version needs and the former one does not, in order."""
        version, former = self.deployed.deployment.slot(self.candidate).version, self.former_version
        return [
            each
            for each in self.definition.migrations
            if version is None or (each.is_needed_by(version) and not (former and each.is_needed_by(former)))
        ]

    @property
    def dumped(self) -> Sequence[str]:
        """Return the databases of which a dump is made before their migrations."""
        names = dict.fromkeys(each.database for each in self.migrations)
        return [name for name in names if name in self.restorable]

    @property
    def restorable(self) -> Sequence[str]:
        """Return the databases that have dumps, which `slipway restore` restores."""
        return [
            name
            for name, each in self.definition.databases.items()
            if each.engine == "postgres" and each.hosting == "managed" and isinstance(each.backup, Backup)
        ]

    @property
    def promoted(self) -> float:
        """Return the seconds from the start until all visitors have the candidate, as far as durations are declared."""
        migrated = sum(seconds(each.expected_duration) for each in self.migrations if each.expected_duration)
        held = 0.0 if self.is_closed or self.is_first else clocks.held(self.release)
        declared = self.release.expected_duration if self.is_closed else None
        return max(migrated + held, seconds(declared) if declared else 0.0)
