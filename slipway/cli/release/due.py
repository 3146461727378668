"""`slipway release due`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from slipway.cli.release.lookup import OnCluster, Request, on_clusters
from slipway.cli.table import minute, table
from slipway.ops.cluster import release_client
from slipway.release.objects import RECOVERY
from slipway.settings.exit_statuses import OK, VIOLATED

INTERVALS = {"month": timedelta(days=31), "quarter": timedelta(days=92), "year": timedelta(days=366)}
"""Days between two drills, those of the longest month, quarter and year."""


def due(request: Request, system: str | None, *, output: str) -> int:
    """Print what people owe after releases: sign-offs, checks, reviews, drills. Return 1 if there is something. Raises
    InvalidSettings and CloudFailure."""
    now = datetime.now(UTC)
    rows = [
        (each.system.name, what)
        for each in on_clusters(request.selection().stack, system, request.target)
        if each.release is not None
        for what in _owed(each, now)
    ]
    if output == "json":
        print(json.dumps([{"system": name, "what": what} for name, what in rows], indent=2, ensure_ascii=False))
    else:
        print(table(("system", "due"), rows) if rows else "nothing is due")
    return VIOLATED if rows else OK


def _owed(each: OnCluster, now: datetime) -> Iterator[str]:
    assert each.release is not None
    yield from each.release.status.asked
    recovery = each.system.definition.recovery
    if recovery is None:
        return
    said = release_client.all_approvals(each.connection.api, each.release)
    drills = [one.at for one in said if (one.spec.kind, one.spec.name) == ("attestation", RECOVERY)]
    latest = max(drills, default=None)
    if latest is None or now - latest > INTERVALS[recovery.drill]:
        last = f"the last one is of {minute(latest)}" if latest else "there is none yet"
        attest = f"`slipway release attest --system {each.system.name} --name {RECOVERY} --link URL`"
        yield f"The drill of the {recovery.drill}: {last}; see docs/recovery.md, then {attest}"
