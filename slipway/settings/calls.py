"""Which services of a system may call which others."""

from __future__ import annotations

from collections.abc import Iterable

from slipway.settings.files import composed_references
from slipway.settings.references import EnvironmentValue, FromService, references
from slipway.settings.system import System


def calls(system: System) -> dict[str, list[str]]:
    """Return for each service those that it may call, in the order of their definition: the ones that its variables, its
    files and the system's variables refer to, and its `calls`. One that the system's variables refer to does not call itself for that."""
    shared = _referred(system.environment.values())
    own = {
        name: _referred(
            value
            for each in (service, *service.companions.values())
            for value in (*each.environment.values(), *composed_references(each.files))
        )
        for name, service in system.services.items()
    }
    return {
        name: [
            other
            for other in system.services
            if other in service.calls or other in own[name] or (other in shared and other != name)
        ]
        for name, service in system.services.items()
    }


def _referred(values: Iterable[EnvironmentValue]) -> set[str]:
    return {value.service for value in references(values) if isinstance(value, FromService)}
