"""`slipway release history` and `report`."""

from __future__ import annotations

import json

from slipway.cli.release.lookup import Request, find
from slipway.ops.cluster import release_client
from slipway.reports import release_report
from slipway.reports.release_report import Word
from slipway.settings.exit_statuses import OK


def history(request: Request, system: str, *, output: str) -> int:
    """Print what happened in this release and how those before ended. Raises InvalidSettings and CloudFailure."""
    release = find(request, system).release
    if output == "json":
        print(json.dumps(release_report.history_as_json(release.spec, release.status), indent=2, ensure_ascii=False))
    else:
        print("\n".join(release_report.history(release.spec, release.status)))
    return OK


def report(request: Request, system: str, *, output: str) -> int:
    """Print the report on the release that the status is about. Raises InvalidSettings and CloudFailure."""
    found = find(request, system)
    release = found.release
    said = release_client.approvals(found.api, release, release.status.id)
    words = [Word(spec=each.spec, at=each.at) for each in said]
    if output == "json":
        print(json.dumps(release_report.as_json(release.spec, release.status, words), indent=2, ensure_ascii=False))
    else:
        print(release_report.as_markdown(release.spec, release.status, words), end="")
    return OK
