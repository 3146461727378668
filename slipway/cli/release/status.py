"""`slipway release status`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from slipway.cli.exits import Interrupted
from slipway.cli.lookup import refused
from slipway.cli.release.lookup import OnCluster, Request, on_clusters
from slipway.cli.screen import Screen
from slipway.cli.table import table
from slipway.ops.cluster import release_client
from slipway.ops.cluster.release_client import PAUSE, Release
from slipway.release.status import Entry
from slipway.reports import release_status
from slipway.settings.exit_statuses import OK, VIOLATED
from slipway.settings.stacks import Stack

OUTAGE = 300.0
"""Seconds for which `--follow` waits for an API server that is down. Chosen: a control plane is replaced in minutes."""
NOTHING = "no releases on {contexts}: `controllers.releases` installs them, and `pulumi up` creates them"


def status(request: Request, system: str | None, *, output: str, follow: bool) -> int:
    """Print where releases are, or follow one to its end, and return the exit status. Raises InvalidSettings and
    CloudFailure."""
    stack = request.selection().stack
    found = list(on_clusters(stack, system, request.target, outage_timeout=OUTAGE if follow else 0))
    if follow:
        return _follow(_chosen(found, stack))
    present = [each for each in found if each.release is not None]
    if output == "json":
        print(json.dumps([_document(each) for each in present], indent=2, ensure_ascii=False))
        return OK
    rows = [_row(each) for each in found]
    if present:
        print(table(release_status.HEADS, rows))
    else:
        print(NOTHING.format(contexts=", ".join(dict.fromkeys(each.connection.context for each in found))))
    return OK


def _row(each: OnCluster) -> tuple[str, ...]:
    if each.release is None:
        return (each.system.name, "none", *("",) * (len(release_status.HEADS) - 3), "no Release: run `pulumi up` first")
    return release_status.row(each.release.spec, each.release.status, is_seen=_is_seen(each.release))


def _is_seen(release: Release) -> bool:
    return release.status.observed_generation in (None, release.generation)


def _document(each: OnCluster) -> object:
    assert each.release is not None
    return release_status.as_json(each.release.spec, each.release.status, each.release.namespace, each.cluster)


def _chosen(found: list[OnCluster], stack: Stack) -> OnCluster:
    """Return the one release to follow: that of --system, or the only one that did not end."""
    present = [each for each in found if each.release is not None]
    if len(found) == 1:
        (only,) = found
        if only.release is None:
            # Raises NoRelease with the reason.
            release_client.get(only.connection.api, only.system.namespace, only.system.name, only.connection.context)
        return only
    going = [
        each for each in present if each.release and not release_status.is_over(each.release.spec, each.release.status)
    ]
    if len(going) == 1:
        return going[0]
    names = ", ".join(each.system.name for each in going or present)
    if not going:
        raise refused(
            f"no release of stack {stack.name} is in progress: name one with --system{f' ({names})' * bool(names)}"
        )
    raise refused(f"several releases of stack {stack.name} are in progress: name one with --system ({names})")


def _follow(chosen: OnCluster) -> int:
    """Print the timeline until the release ended."""
    release = chosen.release
    assert release is not None
    try:
        with _present(release) as show:
            shown: list[Entry] = []
            while True:
                shown += _print_new(release, shown)
                if release_status.is_over(release.spec, release.status):
                    break
                show(release)
                chosen.connection.api.pause(PAUSE)
                release = release_client.again(chosen.connection.api, release)
    except KeyboardInterrupt:
        raise Interrupted(f"while watching; the release of {release.spec.system} goes on") from None
    print(release_status.sentence(release.spec, release.status), flush=True)
    return OK if release.status.phase in release_status.SUCCESSES else VIOLATED


def _print_new(release: Release, shown: list[Entry]) -> list[Entry]:
    found = release_status.fresh(release.status.history, shown)
    for entry in found:
        print(release_status.line(entry), flush=True)
    return found


@contextmanager
def _present(release: Release) -> Iterator[Callable[[Release], None]]:
    """Yield a function that shows the present: on a line of its own that moves on a terminal, else each change once."""
    console = Screen(stderr=True, highlight=False)
    if console.is_terminal:
        with console.status("") as spinner:
            yield lambda now: spinner.update(release_status.live(now.spec, now.status, datetime.now(UTC)))
        return
    last: object = None

    def report(now: Release) -> None:
        nonlocal last
        moment = release_status.moment(now.spec, now.status)
        if moment != last:
            console.print(release_status.sentence(now.spec, now.status), soft_wrap=True, markup=False)
        last = moment

    yield report
