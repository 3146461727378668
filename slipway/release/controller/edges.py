"""Static sites at a cloud's edge: their state in key-value stores, in the same step as the routes."""

from __future__ import annotations

import time
from collections.abc import Callable

from slipway.ops import clouds
from slipway.ops.clouds import EdgeStores
from slipway.ops.site_weights import EdgeState
from slipway.release.controller.desired_routes import CLOSED, Position
from slipway.release.controller.log import log
from slipway.release.controller.visit import Visitor
from slipway.release.objects import SLOTS, EdgeSite, ReleaseSpec, SlotName
from slipway.release.status import Status

AGE = 300.0
"""Seconds for which a state that was read is trusted. Chosen: each read costs a tenth of a cent, and nobody else writes."""


class Edges:
    """Reads and writes the states of sites."""

    def __init__(self, kept: EdgeStores | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stores, self._clock = kept or clouds.edge_stores(), clock
        self._known: dict[str, tuple[float, EdgeState | None]] = {}
        self.visitor = Visitor(None)

    def read(self, site: EdgeSite) -> Position | None:
        """Return where a site sends visitors; None before its first state. Raises CloudFailure."""
        state = self._read(site)
        return None if state is None else _position(state)

    def write(self, site: EdgeSite, spec: ReleaseSpec, status: Status, wanted: Position) -> None:
        """Write the state of a site, unless it is as the status says. Raises CloudFailure."""
        before = self._read(site)
        if before is not None and before == _state(before, spec, status, wanted):
            return
        self._known.pop(site.store, None)
        after = self._stores.write(site.store, lambda current: _state(current, spec, status, wanted))
        self._known[site.store] = self._clock(), after
        log("site written", system=spec.system, site=site.name, closed=wanted.closed, **wanted.by_slot)

    def _read(self, site: EdgeSite) -> EdgeState | None:
        at, state = self._known.get(site.store, (0.0, None))
        if state is None or self._clock() - at >= AGE:
            state = self._stores.read(site.store)
            self._known[site.store] = self._clock(), state
        return state


def _position(state: EdgeState) -> Position:
    return (
        CLOSED if state.maintenance else Position(False, (state.weights.get("blue", 0), state.weights.get("green", 0)))
    )


def _state(current: EdgeState | None, spec: ReleaseSpec, status: Status, wanted: Position) -> EdgeState:
    """Return the state for a position. While a site is closed, its weights are those that it returns to."""
    active: SlotName = status.active or spec.target.slot
    held = status.weights or {active: 100}
    return EdgeState(
        active=active,
        weights={slot: held.get(slot, 0) for slot in SLOTS},
        epoch=current.epoch if current else spec.attempt,
        maintenance=wanted.closed,
    )
