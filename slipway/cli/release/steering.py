"""`slipway release pause`, `resume`, `promote`, `abort`, `close` and `open`: a person's word, which the controller carries out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from slipway.cli.exits import Interrupted
from slipway.cli.lookup import refused
from slipway.cli.progress import working
from slipway.cli.release.lookup import Request, find
from slipway.ops.cluster import release_client
from slipway.ops.cluster.release_client import Release
from slipway.release.observed import Verb
from slipway.release.status import Phase
from slipway.release.steering import CLOSABLE, PAUSABLE, PROMOTABLE
from slipway.reports import release_status
from slipway.settings.exit_statuses import OK, VIOLATED

POSSIBLE: Mapping[Verb, Sequence[Phase]] = {
    "pause": PAUSABLE,
    "resume": PAUSABLE,
    "promote": PROMOTABLE,
    "abort": ("Waiting", *PROMOTABLE, "Promoted"),
    "close": CLOSABLE,
    "open": CLOSABLE,
}
"""Phases in which the controller can carry a command out; `abort` of a promoted release needs a watch that goes on."""
NO_EFFECT = "`{verb}` has no effect"
"""How the controller's answer begins if a command came too late."""


def steer(request: Request, system: str, verb: Verb, reason: str | None = None) -> int:
    """Write the command on the Release, wait until the controller has carried it out, print what happened and return
    the exit status. Raises InvalidSettings and CloudFailure."""
    found = find(request, system)
    _check(found.release, verb)
    by = release_client.whoami(found.api)
    identifier = release_client.command(found.api, found.release, verb, by, reason)
    try:
        with working(f"Waiting for the controller to {verb} the release of {system}"):
            after = release_client.wait_until_handled(found.api, found.release, identifier)
    except KeyboardInterrupt:
        raise Interrupted(f"; the command stays on the Release, and the controller will {verb} it") from None
    fresh = release_status.fresh(after.status.history, found.release.status.history)
    for entry in fresh:
        print(release_status.line(entry))
    print(release_status.sentence(after.spec, after.status))
    return VIOLATED if any(each.what.startswith(NO_EFFECT.format(verb=verb)) for each in fresh) else OK


def _check(release: Release, verb: Verb) -> None:
    """Refuse a command that cannot have an effect. Raises InvalidSettings."""
    status = release.status
    sentence = release_status.sentence(release.spec, status)
    ended = status.watch_until is None or status.watch_until <= datetime.now(UTC)
    if status.phase not in POSSIBLE[verb] or (verb == "abort" and status.phase == "Promoted" and ended):
        raise refused(f"there is nothing to {verb}: {sentence}")
    if verb == "pause" and status.paused:
        raise refused(f"it is paused already: {sentence}")
    if verb == "resume" and not status.paused:
        raise refused(f"it is not paused: {sentence}")
    if verb in ("close", "open") and status.closed == (verb == "close"):
        raise refused(f"it is {'closed' if status.closed else 'open'} already: {sentence}")
    if release_client.is_pending(release):
        said = release.command
        print(
            f"the command {said.get('verb')} of {said.get('by')} was not carried out yet, and is replaced",
            file=sys.stderr,
        )
