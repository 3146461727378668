"""`slipway release pause`, `resume`, `promote` and `abort`: a person's word, which the controller carries out."""

from __future__ import annotations

import sys

from slipway.cli.exits import OK, Interrupted
from slipway.cli.lookup import refused
from slipway.cli.progress import working
from slipway.cli.release.lookup import Request, find
from slipway.ops.cluster import releases
from slipway.ops.cluster.releases import Release
from slipway.release.observed import Verb
from slipway.release.status import Phase
from slipway.reports import release_status

POSSIBLE: dict[Verb, tuple[Phase, ...]] = {
    "pause": ("Waiting", "Admitted", "Testing", "Stepping"),
    "resume": ("Waiting", "Admitted", "Testing", "Stepping"),
    "promote": ("Testing", "Stepping"),
    "abort": ("Waiting", "Admitted", "Testing", "Stepping", "Promoted"),
}
"""Phases in which the controller can carry a command out; `abort` of a promoted release needs a watch that goes on."""


def steer(request: Request, system: str, verb: Verb, reason: str | None = None) -> int:
    """Write the command on the Release, wait until the controller has carried it out, print what happened and return
    the exit status. Raises InvalidSettings and CloudFailure."""
    found = find(request, system)
    _check(found.release, verb)
    by = releases.whoami(found.api)
    identifier = releases.command(found.api, found.release, verb, by, reason)
    try:
        with working(f"Waiting for the controller to {verb} the release of {system}"):
            after = releases.wait_until_handled(found.api, found.release, identifier)
    except KeyboardInterrupt:
        raise Interrupted(f"; the command stays on the Release, and the controller will {verb} it") from None
    _print_new(found.release, after)
    print(release_status.sentence(after.spec, after.status))
    return OK


def _check(release: Release, verb: Verb) -> None:
    """Refuse a command that cannot have an effect. Raises InvalidSettings."""
    status = release.status
    sentence = release_status.sentence(release.spec, status)
    if status.phase not in POSSIBLE[verb] or (status.phase == "Promoted" and status.watch_until is None):
        raise refused(f"there is nothing to {verb}: {sentence}")
    if verb == "pause" and status.paused:
        raise refused(f"it is paused already: {sentence}")
    if verb == "resume" and not status.paused:
        raise refused(f"it is not paused: {sentence}")
    if releases.is_pending(release):
        said = release.command
        print(
            f"the command {said.get('verb')} of {said.get('by')} was not carried out yet, and is replaced",
            file=sys.stderr,
        )


def _print_new(before: Release, after: Release) -> None:
    for entry in release_status.fresh(after.status.history, before.status.history):
        print(release_status.line(entry))
