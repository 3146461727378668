"""The claims of a system's persistent volumes, by what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

from slipway.settings import store_names
from slipway.settings.services import SHARED
from slipway.settings.system import System
from slipway.settings.volumes import Volume

SLOTS = ("blue", "green")


@dataclass(frozen=True)
class Claim:
    """A volume of a service, in a slot or outside of both."""

    service: str
    slot: str
    volume: str
    declared: Volume
    user: int
    """User id of the program that writes it."""

    @property
    def name(self) -> str:
        return store_names.claim(self.service, self.slot, self.volume)


def claims_of(definition: System) -> list[Claim]:
    """Return the claims of a system. Those of a slot without a version stay: its data is for the next one."""
    return [
        Claim(name, slot, volume, declared, service.user)
        for name, service in definition.services.items()
        for slot in ((SHARED,) if service.is_shared else SLOTS)
        for volume, declared in service.volumes.items()
    ]
